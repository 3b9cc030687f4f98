"""The declaration of Facebook's twin."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from imiconnect.sandbox.twins import Twin, switches

SLUG = "facebook"
APP_ID = "100000000000777"
#: Of no real app: the twin and the platform's own settings agree on them.
APP_SECRET = "sandbox-app-secret-of-no-real-app"  # noqa: S105
VERIFY_TOKEN = "sandbox-verify-token"  # noqa: S105


def values() -> dict[str, str]:
    """Return the settings of the client."""
    base = f"{settings.PUBLIC_URL}/sandbox/{SLUG}"
    return {
        "app_id": APP_ID,
        "app_secret": APP_SECRET,
        "verify_token": VERIFY_TOKEN,
        "config_id": "",
        "profile_fields": "locale,gender,timezone",
        "dialog_url": base,
        "graph_url": base,
        "sdk_url": f"{base}/sdk",
        "link_url": f"{base}/m.me",
    }


TWIN = Twin(
    slug=SLUG,
    name=_("Facebook"),
    text=_("A person's pages on Facebook, and customers who write to them in Messenger."),
    icon="brand-facebook",
    urls="imiconnect.sandbox.facebook.urls",
    page="imiconnect.sandbox.facebook.page.FacebookPage",
    values=values,
    switches=switches("expired_token", "rate_limit", "closed_window", "slow", "down"),
)

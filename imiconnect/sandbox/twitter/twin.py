"""The declaration of X's twin."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from imiconnect.sandbox.twins import Twin, switches

SLUG = "twitter"
#: Of no real app: the twin and the platform's own settings agree on them.
CONSUMER_KEY = "sandbox-consumer-key"
CONSUMER_SECRET = "sandbox-consumer-secret-of-no-app"  # noqa: S105


def values() -> dict[str, str]:
    """Return the settings of the client."""
    base = f"{settings.PUBLIC_URL}/sandbox/{SLUG}"
    return {
        "consumer_key": CONSUMER_KEY,
        "consumer_secret": CONSUMER_SECRET,
        "base_url": base,
        "web_url": base,
        "widgets_url": f"{base}/widgets.js",
    }


TWIN = Twin(
    slug=SLUG,
    name=_("Twitter"),
    text=_("Accounts at Twitter, and customers who write direct messages to them."),
    icon="brand-x",
    urls="imiconnect.sandbox.twitter.urls",
    page="imiconnect.sandbox.twitter.page.TwitterPage",
    values=values,
    switches=switches("expired_token", "rate_limit", "closed_window", "slow", "down"),
)

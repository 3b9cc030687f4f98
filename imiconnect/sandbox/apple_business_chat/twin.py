"""The declaration of Apple's double."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from imiconnect.sandbox.twins import Twin, switches

SLUG = "apple_business_chat"
#: Of no real platform: the double and the platform's own settings agree on them.
CSP_ID = "sandbox-csp"
CSP_SECRET = "c2FuZGJveC1zZWNyZXQtb2Ytbm8tcmVhbC1wbGF0Zm9ybSE="  # noqa: S105


def values() -> dict[str, str]:
    """Return the settings of the client."""
    return {
        "csp_id": CSP_ID,
        "csp_secret": CSP_SECRET,
        "base_url": f"{settings.PUBLIC_URL}/sandbox/{SLUG}/v1",
    }


TWIN = Twin(
    slug=SLUG,
    name=_("Apple Business Chat"),
    text=_("Register a business, choose its platform, and write to it from a phone."),
    icon="message-2",
    urls=f"imiconnect.sandbox.{SLUG}.urls",
    page=f"imiconnect.sandbox.{SLUG}.page.ApplePage",
    values=values,
    switches=switches("expired_token", "rate_limit", "slow", "down"),
)

"""The declaration of APNs' double."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from imiconnect.sandbox.apns.authority import trusted_file
from imiconnect.sandbox.apns.server import HOST, serving
from imiconnect.sandbox.twins import Twin, switches


def values() -> dict[str, str]:
    """Return where the client finds the gateways, and what it trusts there."""
    base = f"https://{HOST}:{settings.SANDBOX_APNS_PORT}"
    return {
        "production_url": f"{base}/production",
        "sandbox_url": f"{base}/sandbox",
        "trusted": str(trusted_file()),
    }


TWIN = Twin(
    slug="apns",
    name=_("Apple push (APNs)"),
    text=_("Make keys and certificates of a team, and play the iPhone that is notified."),
    icon="device-mobile",
    urls="imiconnect.sandbox.apns.urls",
    page="imiconnect.sandbox.apns.page.ApnsPage",
    values=values,
    switches=switches("expired_token", "rate_limit", "dead_token", "too_large", "slow", "down"),
    beside=serving,
)

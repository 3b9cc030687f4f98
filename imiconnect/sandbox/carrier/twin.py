"""What the sandbox knows of this twin."""

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from imiconnect.sandbox.twins import SWITCH_WORDS, Twin, switches


def key() -> str:
    """Return the key of the platform's account here; it also signs the webhooks."""
    return salted_hmac("imiconnect.sandbox.carrier", "key", algorithm="sha256").hexdigest()


def values() -> dict[str, str]:
    """Return what the client is set to."""
    return {
        "base_url": f"{settings.PUBLIC_URL}/sandbox/carrier",
        "account": "sandbox",
        "secret": key(),
    }


TWIN = Twin(
    slug="carrier",
    name=_("Carrier"),
    text=_("A mobile operator. Play the handset: read and answer texts, take and make calls."),
    icon="device-mobile",
    urls="imiconnect.sandbox.carrier.urls",
    page="imiconnect.sandbox.carrier.views.Handset",
    values=values,
    switches={
        "by_hand": _("Send no receipts; I say on this page what becomes of each text"),
        "unknown_number": _("Answer that the number does not exist"),
        "blocked": _("Answer that the customer blocks messages"),
        "rate_limit": SWITCH_WORDS["rate_limit"],
        **switches("slow", "down"),
    },
)

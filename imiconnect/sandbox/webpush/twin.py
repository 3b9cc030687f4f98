"""The declaration of the double of a browser maker's push service."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from imiconnect.sandbox.twins import SWITCH_WORDS, Twin, switches


def base_url() -> str:
    """Return the address below which the double takes pushes."""
    return f"{settings.PUBLIC_URL}/sandbox/webpush"


TWIN = Twin(
    slug="webpush",
    name=_("Web push"),
    text=_("Play a browser whose person lets a site notify; it decrypts what arrives."),
    icon="world",
    urls="imiconnect.sandbox.webpush.urls",
    page="imiconnect.sandbox.webpush.page.WebPushPage",
    values=lambda: {"base_url": base_url()},
    switches={
        "dead_token": _("Answer that the subscription has ended (410)"),
        "unknown": _("Answer that the subscription is unknown (404)"),
        "bad_request": _("Answer that the request is malformed (400)"),
        "expired_token": SWITCH_WORDS["expired_token"],
        **switches("rate_limit", "too_large", "slow", "down"),
    },
)

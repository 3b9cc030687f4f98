"""The declaration of the double of Firebase Cloud Messaging."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from imiconnect.sandbox.twins import Twin, switches


def base_url() -> str:
    """Return where the double is."""
    return f"{settings.PUBLIC_URL}/sandbox/fcm"


TWIN = Twin(
    slug="fcm",
    name=_("Firebase (FCM)"),
    text=_("Make service accounts of a project, and play the phone that is notified."),
    icon="device-mobile",
    urls="imiconnect.sandbox.fcm.urls",
    page="imiconnect.sandbox.fcm.page.FcmPage",
    values=lambda: {"base_url": base_url(), "token_url": f"{base_url()}/token"},
    switches=switches("expired_token", "rate_limit", "dead_token", "too_large", "slow", "down"),
)

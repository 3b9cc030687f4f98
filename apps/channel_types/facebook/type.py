"""The declaration of the FACEBOOK channel type."""

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.base import (
    AdvancedPage,
    Capability,
    ChannelType,
    Prerequisite,
    Request,
)
from imiconnect.apps.channel_types.facebook.client import PERMISSIONS
from imiconnect.apps.channel_types.facebook.config import (
    checked_config,
    checked_secrets,
    page_of,
)
from imiconnect.apps.channel_types.facebook.provider import is_configured

_HERE = "imiconnect.apps.channel_types.facebook"

TYPE = ChannelType(
    slug="facebook",
    name=_("Facebook"),
    menu_label=_("FACEBOOK"),
    icon="brand-facebook",
    channel="fb",
    capabilities=frozenset({Capability.SEND, Capability.RECEIVE}),
    wizard=f"{_HERE}.wizard.FacebookWizard",
    #: Submitted, delivered and failed are the documented ones; Messenger tells of reading too.
    receipts={"fb": ("submitted", "delivered", "read", "failed", "expired")},
    checked_config=checked_config,
    checked_secrets=checked_secrets,
    account=page_of,
    config_labels={
        "page_name": _("PAGE Name"),
        "authorized_by": _("AUTHORIZED BY"),
        "page_id": _("Page ID"),
    },
    secret_labels={"page_token": _("Page access token")},
    ending_labels={"page_token": _("Page access token")},
    handlers={"fb": f"{_HERE}.handler.FacebookHandler"},
    linking=f"{_HERE}.linking.FacebookLinking",
    request=Request(
        names=("fb", "facebook", "messenger"),
        id_types=("psid", "fbid"),
        profile_fields=tuple(PERMISSIONS),
        profile_permissions=tuple(PERMISSIONS.values()),
    ),
    urls=f"{_HERE}.urls.urlpatterns",
    api_urls=f"{_HERE}.api.urlpatterns",
    prerequisites=(
        Prerequisite(
            _("A Facebook account."), "https://www.facebook.com/r.php", _("Create an account")
        ),
        Prerequisite(
            _("A Facebook page, created with the same account."),
            "https://www.facebook.com/pages/create",
            _("Create a page on Facebook"),
        ),
        Prerequisite(
            _(
                "The operator's Meta app, with FACEBOOK_APP_ID, FACEBOOK_APP_SECRET and "
                "FACEBOOK_VERIFY_TOKEN set on this platform."
            ),
            "https://developers.facebook.com/apps/",
            _("Meta for Developers"),
            is_met=is_configured,
        ),
    ),
    advanced=(
        AdvancedPage(
            "apps:facebook_plugins",
            _("Messenger plugins"),
            _("Send to Messenger, Message Us and Checkbox, to paste into your pages."),
            _("GET CODE"),
        ),
        AdvancedPage(
            "apps:facebook_welcome",
            _("Welcome screen"),
            _("What a person sees before the first message, and the Get Started button."),
            _("CONFIGURE"),
        ),
        AdvancedPage(
            "apps:facebook_menu",
            _("Persistent menu"),
            _("Up to 5 items beside the composer: open a URL, or send a payload."),
            _("CONFIGURE"),
        ),
        AdvancedPage(
            "apps:facebook_code",
            _("Messenger code"),
            _("A QR code that opens a conversation with the page."),
            _("GET CODE"),
        ),
    ),
    # Messenger takes far more for the Send API; this keeps one page within its fair share.
    rate_per_second=40,
    window_seconds=86_400,
    credentials_template="apps/channel_types/facebook/credentials.html",
    manage_context=f"{_HERE}.told.manage_context",
    manage_template="apps/channel_types/facebook/manage.html",
    order=20,
)

"""The declaration of the APPLE BUSINESS CHAT channel type."""

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.apple_business_chat.config import (
    account_of,
    checked_config,
)
from imiconnect.apps.channel_types.apple_business_chat.provider import SLUG, is_configured
from imiconnect.apps.channel_types.base import Capability, ChannelType, Prerequisite, Request

_HERE = "imiconnect.apps.channel_types.apple_business_chat"
_GUIDES = "https://register.apple.com/resources/messages/messaging-documentation"

TYPE = ChannelType(
    slug=SLUG,
    name=_("Apple Business Chat"),
    menu_label=_("APPLE BUSINESS CHAT"),
    icon="message-2",
    channel="apple",
    capabilities=frozenset({Capability.SEND, Capability.RECEIVE}),
    # Apple's landing page makes the app.
    wizard="",
    instructions_template="apps/channel_types/apple_business_chat/instructions.html",
    receipts={"apple": ("submitted", "delivered", "failed", "expired")},
    confirms_delivery=False,
    checked_config=checked_config,
    account=account_of,
    config_labels={
        "business_id": _("Business ID"),
        "brand": _("Brand"),
    },
    handlers={"apple": f"{_HERE}.handler.AppleHandler"},
    request=Request(names=("apple", "applebusinesschat"), id_types=("opaqueid",)),
    site_urls=f"{_HERE}.urls.urlpatterns",
    prerequisites=(
        Prerequisite(
            _("A business account at Apple:"),
            f"{_GUIDES}/",
            _("Getting started with Business Chat"),
        ),
        Prerequisite(
            _("Apple's review of the account:"),
            f"{_GUIDES}/register-your-acct",
            _("On-boarding your account"),
        ),
        Prerequisite(
            _(
                "The operator's approval by Apple as a CSP, with APPLE_BUSINESS_CHAT_CSP_ID "
                "and APPLE_BUSINESS_CHAT_CSP_SECRET set on this platform."
            ),
            "https://register.apple.com/resources/messages/msp-onboarding/mspRegistration",
            _("How a platform registers"),
            is_met=is_configured,
        ),
    ),
    credentials_template="apps/provider_credentials.html",
    order=25,
)

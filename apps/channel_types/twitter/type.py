"""The declaration of the TWITTER channel type."""

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.base import (
    AdvancedPage,
    Capability,
    ChannelType,
    Prerequisite,
    Request,
)
from imiconnect.apps.channel_types.twitter.config import (
    checked_config,
    checked_secrets,
    user_of,
)
from imiconnect.apps.channel_types.twitter.provider import is_configured

_HERE = "imiconnect.apps.channel_types.twitter"

TYPE = ChannelType(
    slug="twitter",
    name=_("Twitter"),
    menu_label=_("TWITTER"),
    icon="brand-x",
    channel="twitter",
    capabilities=frozenset({Capability.SEND, Capability.RECEIVE}),
    wizard=f"{_HERE}.wizard.TwitterWizard",
    receipts={"twitter": ("submitted", "delivered", "read", "failed", "expired")},
    confirms_delivery=False,
    checked_config=checked_config,
    checked_secrets=checked_secrets,
    account=user_of,
    config_labels={
        "account_name": _("Account Name"),
        "handle": _("Twitter Handle"),
        "user_id": _("Account ID"),
    },
    secret_labels={
        "access_token": _("Access token"),
        "access_secret": _("Access token secret"),
    },
    handlers={"twitter": f"{_HERE}.handler.TwitterHandler"},
    linking=f"{_HERE}.linking.TwitterLinking",
    request=Request(names=("twitter",), id_types=("twitterid",)),
    urls=f"{_HERE}.urls.urlpatterns",
    api_urls=f"{_HERE}.api.urlpatterns",
    prerequisites=(
        Prerequisite(
            _("A Twitter account."), "https://x.com/i/flow/signup", _("Sign up at Twitter")
        ),
        Prerequisite(
            _(
                "Its setting “Receive Direct Messages from anyone”, under Settings and "
                "privacy, Privacy and safety."
            ),
            "https://x.com/settings/direct_messages",
            _("Open the settings"),
        ),
        Prerequisite(
            _(
                "The operator's app at X, with the permission for direct messages, and "
                "TWITTER_CONSUMER_KEY and TWITTER_CONSUMER_SECRET set on this platform."
            ),
            "https://developer.x.com/",
            _("X for developers"),
            is_met=is_configured,
        ),
        Prerequisite(
            _("Paid access: X charges for each direct message that is read or created."),
            "https://docs.x.com/x-api/getting-started/pricing",
            _("Prices"),
        ),
    ),
    advanced=(
        AdvancedPage(
            "apps:twitter_code",
            _("Message button"),
            _("A button for your pages that opens a conversation with the account."),
            _("GET CODE"),
        ),
        AdvancedPage(
            "apps:twitter_welcome",
            _("Welcome Screen"),
            _("What a person sees who opens the conversation for the very first time."),
            _("CONFIGURE"),
        ),
    ),
    # 1,440 messages in 24 hours and 15 in 15 minutes: X answers 429 and says when to go on.
    rate_per_second=5,
    credentials_template="apps/channel_types/twitter/credentials.html",
    order=30,
)

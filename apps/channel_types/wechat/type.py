"""The declaration of the WECHAT channel type."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.base import Capability, ChannelType, Prerequisite, Request
from imiconnect.apps.channel_types.wechat.config import (
    ACCOUNT_LABELS,
    ONBOARDING_LABELS,
    SECRET_LABELS,
    WORDS,
    account_of,
    checked_config,
    checked_secrets,
    onboarding_of,
)
from imiconnect.apps.config_rows import rows_of
from imiconnect.apps.senders import check_sender

#: Hours and messages after each message of a customer (facts/wechat.md, section 5).
WINDOW_SECONDS = 48 * 3600
WINDOW_MESSAGES = 5
#: After a menu item was tapped, the account followed or a code scanned (same section).
BRIEF_SECONDS, BRIEF_MESSAGES = 60, 3

_PACKAGE = "imiconnect.apps.channel_types.wechat"


def manage_context(page: Any) -> Mapping[str, Any]:
    """Return what the MANAGE page shows besides: where WeChat has to call, the on-boarding."""
    from imiconnect.apps.connection import hook_url
    from imiconnect.apps.ports import answers

    return {
        "onboarding_obstacle": answers.onboarding_obstacle(page.object),
        "callback_url": hook_url("wechat", page.object.app_id),
        "onboarding_rows": rows_of(page.object.config, ONBOARDING_LABELS, WORDS),
    }


TYPE = ChannelType(
    slug="wechat",
    name=_("WeChat"),
    menu_label=_("WECHAT"),
    icon="brand-wechat",
    channel="wechat",
    capabilities=frozenset({Capability.SEND, Capability.RECEIVE}),
    wizard=f"{_PACKAGE}.wizard.WeChatWizard",
    receipts={"wechat": ("submitted", "delivered", "failed", "expired")},
    confirms_delivery=False,
    checked_config=checked_config,
    checked_secrets=checked_secrets,
    config_labels=ACCOUNT_LABELS,
    config_words=WORDS,
    secret_labels=SECRET_LABELS,
    account=account_of,
    handlers={"wechat": f"{_PACKAGE}.handler.WeChatHandler"},
    request=Request(
        names=("wechat",), id_types=("wechatid", "openid"), profile_id="wechat_user_id"
    ),
    cards=f"{_PACKAGE}.cards.CARDS",
    manage_context=f"{_PACKAGE}.type.manage_context",
    manage_template="apps/channel_types/wechat/manage.html",
    credentials_template="apps/provider_credentials.html",
    prerequisites=(
        Prerequisite(
            _("An official account at WeChat, verified, for messages to customers."),
            "https://mp.weixin.qq.com/",
            _("Go to WeChat and create an account"),
        ),
        Prerequisite(
            _(
                "Its AppID and AppSecret: in the developer center of WeChat. Make a note of "
                "both, and put this server's address on the list of allowed addresses."
            ),
            "https://developers.weixin.qq.com/platform",
            _("Open the developer center"),
        ),
        Prerequisite(
            _(
                "WeChat lets an account write only to customers who have written first: up to "
                "five messages within 48 hours of their last one."
            )
        ),
    ),
    window_seconds=WINDOW_SECONDS,
    window_messages=WINDOW_MESSAGES,
    brief_seconds=BRIEF_SECONDS,
    brief_messages=BRIEF_MESSAGES,
    check_for=check_sender,
    onboarding=onboarding_of,
    rate_per_second=20,
    order=60,
)

"""The declaration of WeChat's double."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from imiconnect.sandbox.twins import Twin, switches

TWIN = Twin(
    slug="wechat",
    name=_("WeChat"),
    text=_("Make an official account, set its server, follow it, and write to it."),
    icon="brand-wechat",
    urls="imiconnect.sandbox.wechat.urls",
    page="imiconnect.sandbox.wechat.page.WeChatPage",
    values=lambda: {"base_url": f"{settings.PUBLIC_URL}/sandbox/wechat"},
    switches=switches("expired_token", "rate_limit", "closed_window", "slow", "down"),
)

"""Where the WeChat API is."""

from pydantic_settings import SettingsConfigDict

from imiconnect.apps.channel_types.provider import ProviderSettings, provider_settings


class WeChatSettings(ProviderSettings):
    """``WECHAT_BASE_URL``: the API; China's own by default."""

    model_config = SettingsConfigDict(env_prefix="WECHAT_", extra="ignore")

    base_url: str = "https://api.weixin.qq.com"


def wechat() -> WeChatSettings:
    """Return the settings in force."""
    return provider_settings(WeChatSettings, "wechat")

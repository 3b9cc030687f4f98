"""What the operator sets for X's platform, in the environment as ``TWITTER_…``."""

from pydantic_settings import SettingsConfigDict

from imiconnect.apps.channel_types.provider import ProviderSettings, provider_settings

SLUG = "twitter"


class TwitterSettings(ProviderSettings):
    """The operator's app at X, and X's addresses."""

    model_config = SettingsConfigDict(env_prefix="TWITTER_", extra="ignore")

    consumer_key: str = ""
    consumer_secret: str = ""
    base_url: str = "https://api.x.com"
    #: Where pages of X are: the compose window that the message button opens.
    web_url: str = "https://x.com"
    widgets_url: str = "https://platform.x.com/widgets.js"


def twitter() -> TwitterSettings:
    """Return the settings in force."""
    return provider_settings(TwitterSettings, SLUG)


def is_configured() -> bool:
    """Tell whether the operator has named an app at X."""
    found = twitter()
    return bool(found.consumer_key and found.consumer_secret)

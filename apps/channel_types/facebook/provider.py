"""What the operator sets for Meta's platform, in the environment as ``FACEBOOK_…``."""

from pydantic_settings import SettingsConfigDict

from imiconnect.apps.channel_types.provider import ProviderSettings, provider_settings

SLUG = "facebook"


class FacebookSettings(ProviderSettings):
    """The operator's Meta app, and Meta's addresses.

    ``config_id`` is a configuration of Facebook Login for Business; without one the login
    asks for the permissions by name.
    """

    model_config = SettingsConfigDict(env_prefix="FACEBOOK_", extra="ignore")

    app_id: str = ""
    app_secret: str = ""
    verify_token: str = ""
    config_id: str = ""
    version: str = "v25.0"
    dialog_url: str = "https://www.facebook.com"
    graph_url: str = "https://graph.facebook.com"
    sdk_url: str = "https://connect.facebook.net"
    link_url: str = "https://m.me"


def facebook() -> FacebookSettings:
    """Return the settings in force."""
    return provider_settings(FacebookSettings, SLUG)


def is_configured() -> bool:
    """Tell whether the operator has named a Meta app."""
    found = facebook()
    return bool(found.app_id and found.app_secret and found.verify_token)

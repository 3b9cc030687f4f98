"""What the operator sets for Meta's platform, in the environment as ``FACEBOOK_…``."""

from pydantic_settings import SettingsConfigDict

from imiconnect.apps.channel_types.provider import ProviderSettings, provider_settings

SLUG = "facebook"


class FacebookSettings(ProviderSettings):
    """The operator's Meta app, and Meta's addresses.

    ``config_id`` is a configuration of Facebook Login for Business; without one the login
    asks for the permissions by name. ``profile_fields`` are those of ``locale``, ``gender``
    and ``timezone`` that Meta has approved the app to know of customers: the login asks for
    their permissions, which without the approval it would refuse as a whole.
    """

    model_config = SettingsConfigDict(env_prefix="FACEBOOK_", extra="ignore")

    app_id: str = ""
    app_secret: str = ""
    verify_token: str = ""
    config_id: str = ""
    profile_fields: str = ""
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

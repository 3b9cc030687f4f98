"""What the operator sets for Apple, in the environment as ``APPLE_BUSINESS_CHAT_…``."""

import binascii
from base64 import b64decode

from pydantic_settings import SettingsConfigDict

from imiconnect.apps.channel_types.provider import ProviderSettings, provider_settings

SLUG = "apple_business_chat"


class AppleSettings(ProviderSettings):
    """The platform's account as a customer service platform (CSP, now MSP) at Apple."""

    model_config = SettingsConfigDict(env_prefix="APPLE_BUSINESS_CHAT_", extra="ignore")

    csp_id: str = ""
    #: The "Messaging API secret key", in base64 as Apple shows it.
    csp_secret: str = ""
    base_url: str = "https://mspgw.push.apple.com/v1"


def apple() -> AppleSettings:
    """Return the settings in force."""
    return provider_settings(AppleSettings, SLUG)


def secret_key() -> bytes:
    """Return the key that signs calls in both directions; empty where there is no good one."""
    try:
        return b64decode(apple().csp_secret, validate=True)
    except (binascii.Error, ValueError):
        return b""


def is_configured() -> bool:
    """Tell whether the operator has named the account and a secret that can be read."""
    return bool(apple().csp_id and secret_key())

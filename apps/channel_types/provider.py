"""What the operator sets for a provider: its addresses, and the platform's account there.

A channel declares a subclass of ``ProviderSettings`` with the real provider's addresses as
defaults and reads it with ``provider_settings``. While the sandbox is on, what the twin
names takes their place, whatever the environment says: nothing leaves the machine.
"""

from functools import cache
from typing import Any, TypeVar

from django.conf import settings
from pydantic_settings import BaseSettings, SettingsConfigDict

from imiconnect.sandbox.twins import values_of


class ProviderSettings(BaseSettings):
    """The base: a subclass sets ``env_prefix`` in its ``model_config``."""

    model_config = SettingsConfigDict(extra="ignore")


S = TypeVar("S", bound=ProviderSettings)


def provider_settings(cls: type[S], slug: str) -> S:
    """Return the settings of a provider; ``slug`` is the name of its twin."""
    found = _read(cls, slug, settings.SANDBOX, settings.PUBLIC_URL)
    assert isinstance(found, cls)  # noqa: S101 - for the type checker
    return found


@cache
def _read(
    cls: type[ProviderSettings], slug: str, sandbox: bool, _public_url: str
) -> ProviderSettings:
    values: dict[str, Any] = values_of(slug) if sandbox else {}
    return cls(**values)

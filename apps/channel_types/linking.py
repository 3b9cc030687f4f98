"""How a person lets the platform act for an account at a provider, on the provider's page.

One interface for OAuth 1.0a and OAuth 2: ``begin`` gives the address of the login page,
``finish`` turns what the browser brings back into accounts to choose from. Both call the
provider outside of any transaction and may raise ``ChannelError``.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from imiconnect.console.words import Words

if TYPE_CHECKING:
    from imiconnect.apps.models import App


@dataclass(frozen=True)
class Begun:
    """Where the browser goes, and what ``finish`` needs to know (kept encrypted)."""

    url: str
    kept: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """An account that was granted. ``config`` and ``secrets`` are what the app then has.

    ``obstacle`` says why it cannot be used, if so: a missing role, for one.
    """

    account: str
    name: str
    config: dict[str, Any]
    secrets: dict[str, str]
    obstacle: Words = ""
    picture: str = ""


@dataclass(frozen=True)
class Granted:
    """What a person has allowed; ``person`` is their name at the provider."""

    person: str
    choices: tuple[Choice, ...]
    expires_at: dt.datetime | None = None


class Refused(Exception):
    """The person said no, or the provider did; ``words`` are for the page."""

    def __init__(self, words: Words) -> None:
        """Keep what to say."""
        super().__init__(str(words))
        self.words = words


class Linking(Protocol):
    """The login of one channel type."""

    #: The words on the button that leads to the provider, and of the list of accounts.
    button: Words
    account_label: Words

    def origins(self) -> tuple[str, ...]:
        """Return where the button's form may lead (for the content security policy)."""

    def begin(self, *, callback_url: str, state: str) -> Begun:
        """Return the login page's address, with ``state`` in what comes back."""

    def state_of(self, query: Mapping[str, str]) -> str:
        """Return the ``state`` that came back, empty without one."""

    def finish(
        self, *, callback_url: str, query: Mapping[str, str], kept: Mapping[str, str]
    ) -> Granted:
        """Return what was granted; raises ``Refused`` when it was not."""


@runtime_checkable
class ChangesAccount(Protocol):
    """What a ``Linking`` has besides when a login for an app may bring another account."""

    def account_changed(self, app: "App") -> None:
        """Tell the new account what the old one was told of the app's settings.

        Called after the change is kept, outside of any transaction. Raises
        ``ValidationError`` with what the provider said when it does not take them.
        """

"""What a channel of a provider can do: one class per channel behind one interface.

A handler speaks the provider's protocol and nothing else: no model, no database, no decision
about retries. What it needs of an app is in ``Account``; what it returns is in ``events`` and
``errors``. Every method may raise ``ChannelError``; those that call the provider are called
outside of any transaction, from several threads at once.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from imiconnect.apps.channel_types.events import Event, Incoming
from imiconnect.apps.channel_types.files import Takes
from imiconnect.console.words import Words

Config = TypeVar("Config")
Secrets = TypeVar("Secrets")


@dataclass(frozen=True)
class Account(Generic[Config, Secrets]):
    """An app as its handler sees it; ``config`` and ``secrets`` are of the handler's classes.

    ``hook_url`` is where the provider calls for this app alone, ``shared_hook_url`` for all
    apps of the channel type.
    """

    app_id: str
    name: str
    account: str
    config: Config
    secrets: Secrets
    hook_url: str
    shared_hook_url: str
    #: What the last check has found to be granted; only there where profiles are read.
    granted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class HookRequest:
    """A call of a webhook as it came; names of headers are in small letters."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class HookAnswer:
    """What the provider wants to hear at once."""

    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200


@dataclass(frozen=True)
class OutMessage:
    """A message to send: the normalized content, as the medium's intake has checked it.

    ``address_type`` is the word of the request's ``destination[]``; ``last_heard_at`` is when
    the customer last wrote, where the platform knows, and ``capabilities`` what their device
    can show, as it was told with that.
    """

    tid: uuid.UUID
    address: str
    address_type: str
    payload: Mapping[str, Any]
    last_heard_at: dt.datetime | None = None
    capabilities: frozenset[str] | None = None


@dataclass(frozen=True)
class Sent:
    """The provider has it. ``provider_id`` is what its receipts name; ``detail`` is for the
    journey of the message, without secrets. ``is_final`` says that no receipt of delivery will
    come for this one, although the channel has them: it counts as delivered. ``asked_at`` is
    when the provider was asked to take it, for channels whose receipts name a moment.
    """

    provider_id: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    is_final: bool = False
    asked_at: dt.datetime | None = None


@dataclass(frozen=True)
class Ending:
    """Something of an app that ends by itself; ``name`` is a key of the type's labels."""

    name: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class Checked:
    """An app was found in order; ``endings`` are all things that end, anew at each check.

    ``granted`` is what the provider lets the app do, in its words; None where it does not say.
    """

    endings: tuple[Ending, ...] = ()
    granted: tuple[str, ...] | None = None


class Handler(Generic[Config, Secrets]):
    """The base of all handlers; a subclass names its classes and overrides what it can do."""

    config_class: type[Config]
    secrets_class: type[Secrets]
    #: Whether what customers send is fetched from the provider by ``fetch``.
    fetches: ClassVar[bool] = False
    #: Names of the headers of a webhook call that ``parse`` reads.
    headers: ClassVar[tuple[str, ...]] = ()
    #: Whether ``profile_of`` has an answer.
    tells_profiles: ClassVar[bool] = False
    #: Which files agents may send; of those that the channel takes as files, not as links.
    takes: ClassVar[Takes] = Takes()

    def greet(
        self, account: Account[Config, Secrets] | None, request: HookRequest
    ) -> HookAnswer | None:
        """Answer the provider's handshake (a GET, mostly); None refuses it with 403.

        ``account`` is None at the webhook that serves all apps of the type; here and below.
        """
        return None

    def verify(self, account: Account[Config, Secrets] | None, request: HookRequest) -> bool:
        """Tell whether the provider signed this call, on its raw bytes, in constant time."""
        return False

    def nonce_of(self, request: HookRequest) -> str:
        """Return what a verified call may use for one content alone, empty for nothing.

        It is for a provider whose signature does not cover the body: one call that somebody
        has seen would sign any other.
        """
        return ""

    def parse(
        self, account: Account[Config, Secrets] | None, request: HookRequest
    ) -> list[Event]:
        """Return the events of a verified call, in order; raises ``ValueError`` for none such.

        An event that is not understood is left out.
        """
        return []

    def answer(
        self, account: Account[Config, Secrets] | None, request: HookRequest
    ) -> HookAnswer:
        """Return what the provider hears once a call is stored."""
        return HookAnswer()

    def fetch(self, account: Account[Config, Secrets], at_provider: Mapping[str, str]) -> bytes:
        """Return a file that a customer has sent, by what ``parse`` has put beside it."""
        raise NotImplementedError

    def completed(self, event: Incoming, content: str) -> Incoming:
        """Return a message that is kept at the provider with its content, as fetched."""
        return event

    def send(self, account: Account[Config, Secrets], message: OutMessage) -> Sent:
        """Hand one message to the provider; raises ``ChannelError``, above all ``CONTENT``."""
        raise NotImplementedError

    def profile_of(self, account: Account[Config, Secrets], address: str) -> dict[str, Any]:
        """Return who a customer is, as the provider tells it: ``name``, ``first_name``…"""
        return {}

    def problem_of(self, payload: Mapping[str, Any]) -> Words:
        """Return why the provider would not take this content, in a sentence, or nothing."""
        return ""

    def window_of(self, payload: Mapping[str, Any]) -> dt.timedelta | None:
        """Return how long after the customer's last act this may be sent; None for always."""
        return None

    def activate(self, account: Account[Config, Secrets]) -> None:
        """Make the provider call us (subscribe the webhook); doing it twice does no harm."""

    def deactivate(self, account: Account[Config, Secrets]) -> None:
        """Undo ``activate`` and what else was set, for an app that leaves the account."""

    def check(self, account: Account[Config, Secrets]) -> Checked:
        """Ask the provider whether the app still works; raises ``ChannelError`` if not."""
        return Checked()

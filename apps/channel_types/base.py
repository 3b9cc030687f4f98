"""What a channel type declares; each one is a folder beside this file.

A folder ``<slug>/`` has ``type.py`` with ``TYPE``, a ``ChannelType``; ``registry.py`` finds it
by itself. Nothing outside that folder names the type: pages, API and gateway ask the
registry (a test greps for it). ``handler.py`` is the interface of what talks to a provider.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imiconnect.console.words import Words


class Capability(StrEnum):
    """What a channel can do, as far as the rest of the platform asks."""

    SEND = "send"
    RECEIVE = "receive"
    #: Devices register with the gateway and connect to the broker.
    DEVICES = "devices"
    CLIENT_KEY = "client_key"


def no_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Check the configuration of a type that has none."""
    return {}


def no_secrets(secrets: Mapping[str, Any]) -> dict[str, str]:
    """Check the credentials of a type that has none."""
    return {}


@dataclass(frozen=True)
class Prerequisite:
    """What must be there before the first step: a sentence, and where to do it.

    ``is_met`` answers for what the platform itself can tell (its own settings).
    """

    text: "Words"
    url: str = ""
    link_label: "Words" = ""
    is_met: Callable[[], bool] | None = None


@dataclass(frozen=True)
class Request:
    """How the messaging API names a channel: the words of ``deliverychannel`` and of the key in
    ``channels``, and the keys of ``destination[]``, in each the preferred one first.
    ``profile_id`` is what the Profile API calls the address, where that is another word.
    ``profile_fields`` of who has written are in the notification of each incoming message;
    the provider tells one of them only to apps that have one of ``profile_permissions``.
    """

    names: tuple[str, ...]
    id_types: tuple[str, ...]
    profile_id: str = ""
    profile_fields: tuple[str, ...] = ()
    profile_permissions: tuple[str, ...] = ()

    @property
    def profile_ids(self) -> tuple[str, ...]:
        """The words for the address in an app profile, the preferred one first."""
        return (self.profile_id, *self.id_types) if self.profile_id else self.id_types


@dataclass(frozen=True)
class Onboarding:
    """By which words customers link themselves with their master profile, and end that.

    An identifier is ``msisdn``, ``customerid`` or ``email``: by what the profile is found.
    ``sender_id`` sends the one-time password; without one nobody is linked.
    """

    start_keyword: str
    start_identifier: str
    stop_keyword: str
    stop_identifier: str
    sender_id: str = ""


def no_onboarding(config: Mapping[str, Any]) -> Onboarding | None:
    """Return nothing, for a type whose customers do not link themselves."""
    return None


@dataclass(frozen=True)
class AdvancedPage:
    """A page of a type's own below MANAGE, one of its ``urls``; ``url_name`` finds it."""

    url_name: str
    label: "Words"
    text: "Words"
    button: "Words"


@dataclass(frozen=True)
class ChannelType:
    """One kind of app.

    ``channel`` is the medium of the message log that it serves. ``receipts`` names, for
    each medium that its messages may take, the kinds of receipt there are (the documented
    words). ``checked_config`` returns a configuration normalized, or raises
    ``ValidationError`` with sentences by field; ``checked_secrets`` does so for credentials.
    ``systems`` reads from a configuration the operating systems and browsers whose devices
    re-read the policy when it changes. ``wizard`` is the dotted name of the type's wizard
    view, ``menu_label`` its entry in CONFIGURE APPS. Where the provider makes the app,
    ``wizard`` is empty and the page of prerequisites, drawn by ``instructions_template``, is
    all there is.

    A type of a provider also has ``handlers``, the dotted name of a ``Handler`` for each
    medium that goes through it.
    """

    slug: str
    name: "Words"
    menu_label: "Words"
    icon: str
    channel: str
    capabilities: frozenset[Capability]
    wizard: str
    receipts: Mapping[str, tuple[str, ...]]
    checked_config: Callable[[Mapping[str, Any]], dict[str, Any]] = no_config
    systems: Callable[[Mapping[str, Any]], list[str]] = field(default=lambda config: [])
    #: The fields of the configuration and how the MANAGE page names them.
    config_labels: Mapping[str, "Words"] = field(default_factory=dict)
    #: How it tells values of a field that are no words of their own.
    config_words: Mapping[str, Mapping[str, "Words"]] = field(default_factory=dict)
    #: Dotted names of what the type adds: addresses below an app's page and below its REST
    #: resource (lists of ``path``), cards of the MANAGE page, and a function that takes that
    #: page and returns what ``manage_template`` draws.
    urls: str = ""
    api_urls: str = ""
    #: The dotted name of addresses of the type as a whole, from the root.
    site_urls: str = ""
    cards: str = ""
    manage_context: str = ""
    manage_template: str = ""
    #: A static file, the module that the MANAGE page loads.
    manage_script: str = ""
    handlers: Mapping[str, str] = field(default_factory=dict)
    #: The dotted name of the health check of a type without handlers: it takes the app and
    #: returns ``Checked`` or raises ``ChannelError``.
    check: str = ""
    #: Set for a channel whose messages the gateway sends through the handler of ``channel``.
    request: Request | None = None
    #: The credentials and how the MANAGE page names them: each is encrypted and redacted.
    secret_labels: Mapping[str, "Words"] = field(default_factory=dict)
    checked_secrets: Callable[[Mapping[str, Any]], dict[str, str]] = no_secrets
    #: The account at the provider that a configuration names; no two apps have the same.
    account: Callable[[Mapping[str, Any]], str] = field(default=lambda config: "")
    #: What of an app ends by itself (``Ending.name``), and how it is called.
    ending_labels: Mapping[str, "Words"] = field(default_factory=dict)
    prerequisites: tuple[Prerequisite, ...] = ()
    instructions_template: str = "apps/prerequisites.html"
    #: The dotted name of a ``Linking``: how a person lets the platform act for the account.
    linking: str = ""
    advanced: tuple[AdvancedPage, ...] = ()
    #: Whether the provider tells that a message has arrived. Where it does not, one that it
    #: has taken counts as delivered: no receipt would ever come.
    confirms_delivery: bool = True
    #: Messages that an app may hand to the provider in a second.
    rate_per_second: int = 50
    #: Seconds after a customer's last message in which they may be written to; 0: always.
    window_seconds: int = 0
    #: Messages that they may be sent until they write again; 0: any number.
    window_messages: int = 0
    #: The same after an act that ``Opens.BRIEFLY``, such as following the account.
    brief_seconds: int = 0
    brief_messages: int = 0
    #: Raises ``ValidationError`` for a configuration that an organization may not have, since
    #: it names something that is not its own.
    check_for: Callable[[uuid.UUID, Mapping[str, Any]], None] = lambda organization, config: (
        None
    )
    #: Reads from a configuration how customers of an app link themselves.
    onboarding: Callable[[Mapping[str, Any]], Onboarding | None] = no_onboarding
    #: Templates of its own, for the done page and the card of credentials.
    done_template: str = "apps/done.html"
    credentials_template: str = "apps/credentials.html"
    order: int = 50

    def can(self, capability: Capability) -> bool:
        """Tell whether apps of this type have ``capability``."""
        return capability in self.capabilities

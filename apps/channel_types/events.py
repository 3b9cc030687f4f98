"""What providers tell, in the words of the platform: the only vocabulary of inbound events.

``account`` names the account at the provider (``App.account``), empty where the webhook is of
one app alone. ``provider_id`` is the provider's own name of the event, by which a repeated
one is known; a channel without such names makes one that a repetition has too.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

#: The storage of the app was full when a file came; the word devices read, too.
NO_ROOM = "storage_full"


class Opens(StrEnum):
    """What an act of a customer allows to be sent: as much as a message does, or less."""

    WINDOW = "window"
    BRIEFLY = "briefly"
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Event:
    """What every event has; ``at`` is aware, ``address`` the customer's on the channel."""

    account: str = ""
    provider_id: str
    address: str
    at: dt.datetime
    opens: Opens = Opens.WINDOW


@dataclass(frozen=True)
class Attachment:
    """A file or place that came with a message; ``kind`` is image, audio, video, file, …"""

    kind: str
    url: str = ""
    content_type: str = ""
    latitude: float | None = None
    longitude: float | None = None
    name: str = ""
    #: What the handler needs to fetch a file that the provider keeps; ``id`` names it there.
    #: It is fetched before the event is handed on, and ``url`` is the platform's then. One that
    #: does not come keeps the ``url`` that the provider has told, if any.
    at_provider: Mapping[str, str] = field(default_factory=dict)
    #: Why the platform has not kept it: ``NO_ROOM``, or empty.
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Incoming(Event):
    """A message from a customer (MO); ``payload`` is that of a quick reply that was pressed."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    payload: str = ""
    #: The provider's name of the message that this one answers.
    reply_to: str = ""
    extras: dict[str, Any] = field(default_factory=dict)
    #: What the customer's device can show, in the provider's words; None where it is not told.
    capabilities: frozenset[str] | None = None
    #: What the handler needs to fetch a content that the provider keeps; ``id`` names it there.
    #: The event is handed on once the handler has completed it, or without it.
    at_provider: Mapping[str, str] = field(default_factory=dict)


class StatusKind(StrEnum):
    """What became of a message to a customer."""

    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Status(Event):
    """A receipt (DR): of the messages in ``sent_ids``, and of all sent until ``watermark``."""

    kind: StatusKind
    sent_ids: tuple[str, ...] = ()
    watermark: dt.datetime | None = None
    code: int = 0
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Postback(Event):
    """A button, menu item or Get Started that was pressed; rules act on its ``payload``."""

    payload: str
    title: str = ""
    #: What the link or plugin carried that led here.
    ref: str = ""


@dataclass(frozen=True, kw_only=True)
class OptIn(Event):
    """A customer agreed to be written to, by a plugin where ``plugin`` names one."""

    ref: str = ""
    plugin: str = ""


@dataclass(frozen=True, kw_only=True)
class Referral(Event):
    """A customer followed a link or code into a conversation; ``ref`` is what it carried."""

    ref: str = ""
    source: str = ""
    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class OptOut(Event):
    """A customer does not want to be written to any more."""

    ref: str = ""

"""What providers tell, in the words of the platform: the only vocabulary of inbound events.

``account`` names the account at the provider (``App.account``), empty where the webhook is of
one app alone. ``provider_id`` is the provider's own name of the event, by which a repeated
one is known; a channel without such names makes one that a repetition has too.
"""

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Event:
    """What every event has; ``at`` is aware, ``address`` the customer's on the channel."""

    account: str = ""
    provider_id: str
    address: str
    at: dt.datetime


@dataclass(frozen=True)
class Attachment:
    """A file or place that came with a message; ``kind`` is image, audio, video, file, …"""

    kind: str
    url: str = ""
    content_type: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, kw_only=True)
class Incoming(Event):
    """A message from a customer (MO); ``payload`` is that of a quick reply that was pressed."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    payload: str = ""
    #: The provider's name of the message that this one answers.
    reply_to: str = ""
    extras: dict[str, Any] = field(default_factory=dict)


class StatusKind(StrEnum):
    """What became of a message to a customer."""

    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Status(Event):
    """A receipt (DR): of the messages in ``sent_ids``, or of all sent until ``watermark``."""

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
    """A customer agreed to be written to; ``token`` addresses one whose address is not known
    yet, once.
    """

    ref: str = ""
    token: str = ""


@dataclass(frozen=True, kw_only=True)
class OptOut(Event):
    """A customer does not want to be written to any more."""

    ref: str = ""

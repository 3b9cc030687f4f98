"""Messages as the app sees them, from what the wire carries."""

import datetime as dt
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

MESSAGE = "message"
#: The event by which a device hears that another registration has ended its own.
REGISTRATION_ENDED = "registrationEnded"
#: Messages that one receipt may name (docs/rtm-protocol.md, "Uplink").
MAX_TIDS = 500


class MessageStatus(IntEnum):
    """The numbers of the documented ``MessageStatus``."""

    NONE = 0
    FAILED = 1
    SENT = 2
    DELIVERED = 3
    READ = 4
    CLICKED = 5


#: The words of the platform's lists; ``submited`` is the documented spelling.
_STATUSES = {
    "queued": MessageStatus.NONE,
    "submited": MessageStatus.SENT,
    "received": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "failed": MessageStatus.FAILED,
    "expired": MessageStatus.FAILED,
}


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the downlink, of a thread's list, or one that this device has sent.

    ``type`` is ``message``, or the ``payload_type`` of an event such as ``messageRead``;
    ``device_id`` that of the device that sent it, where one did. ``ref`` is the name by which
    this device knows a message of its own before it has a ``tid``. ``status`` is ``NONE`` while
    it waits here, and of events. ``raw`` is the JSON.
    """

    tid: str
    type: str = MESSAGE
    text: str = ""
    thread: dict[str, Any] | None = None
    outgoing: bool = False
    user_id: str = ""
    device_id: str = ""
    attachments: list[Any] = field(default_factory=list)
    extras: dict[str, Any] = field(default_factory=dict)
    interactive_data: dict[str, Any] | None = None
    quick_replies: dict[str, Any] | None = None
    topic: str | None = None
    related_tid: str | None = None
    category: str = ""
    status: MessageStatus = MessageStatus.NONE
    delivered_at: dt.datetime | None = None
    read_at: dt.datetime | None = None
    at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    ref: str = ""
    raw: dict[str, Any] = field(default_factory=dict, repr=False)


def parse_message(payload: bytes) -> Message | None:
    """Return the message of a downlink payload, None for what is none."""
    try:
        raw = json.loads(payload)
    except ValueError:
        return None
    return message_from(raw) if isinstance(raw, dict) and raw.get("tid") else None


def message_from(raw: dict[str, Any], ref: str = "") -> Message:
    """Return a message from its JSON."""
    thread, media = raw.get("thread"), raw.get("media")
    return Message(
        tid=str(raw.get("tid") or ""),
        type=raw.get("payload_type") or MESSAGE,
        text=raw.get("message") or "",
        thread=thread if isinstance(thread, dict) and thread.get("id") else None,
        outgoing=raw.get("outgoing") in (True, "true"),
        user_id=raw.get("userId") or "",
        device_id=raw.get("deviceId") or "",
        attachments=media if isinstance(media, list) else [],
        extras=raw.get("extras") or {},
        interactive_data=raw.get("interactiveData"),
        quick_replies=raw.get("quickReplies"),
        topic=raw.get("topic"),
        related_tid=raw.get("relatedTid"),
        category=raw.get("category") or "",
        status=_status_of(raw),
        delivered_at=_moment(raw["delivered_at"]) if raw.get("delivered_at") else None,
        read_at=_moment(raw["read_at"]) if raw.get("read_at") else None,
        at=_moment(raw.get("created_on") or raw.get("ts")),
        ref=ref,
        raw=raw,
    )


def _status_of(raw: dict[str, Any]) -> MessageStatus:
    if raw.get("payload_type") or not raw.get("tid"):
        return MessageStatus.NONE
    return _STATUSES.get(str(raw.get("status")), MessageStatus.SENT)


def _moment(value: Any) -> dt.datetime:
    """Read ISO 8601, or milliseconds since 1970; what is neither is now."""
    try:
        if isinstance(value, str) and not value.isdigit():
            return dt.datetime.fromisoformat(value)
        return dt.datetime.fromtimestamp(int(value) / 1000, dt.UTC)
    except (TypeError, ValueError, OverflowError):
        return dt.datetime.now(dt.UTC)


def new_ref() -> str:
    """Return a name for something that has no tid yet, in the order of their making."""
    return f"{int(time.time() * 1000):012x}{secrets.token_hex(8)}"


def in_receipts(tids: Sequence[str]) -> list[list[str]]:
    """Return tids in lists as long as one receipt may name."""
    return [list(tids[at : at + MAX_TIDS]) for at in range(0, len(tids), MAX_TIDS)]

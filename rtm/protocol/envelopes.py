"""JSON that leaves the gateway: downlink to devices, notifications to customers' servers.

Shapes as in facts/imiconnect.md: downlink section 18.3, receipts 14, incoming messages 15.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from imiconnect.rtm.protocol.clock import iso

_encode = msgspec.json.Encoder().encode
#: Receipts write this channel in capitals, ``rt`` and ``push`` not.
_CHANNEL_WORDS = {"sms": "SMS"}
#: In the payload of a message that its user has deleted; the log keeps the rest.
DELETED = "deleted"
#: Parts of a message's content that a device reads under the same name.
CONTENT = (
    "message", "media", "extras", "category", "topic", "replyTo", "relatedTid",
    "interactiveData", "quickReplies", "notification", "senderId", "groupTid",
)  # fmt: skip

#: A call that is answered is delivered; its failures have codes and words of their own.
CALL_WORDS = {7221: "Rejected", 7222: "Busy", 7223: "No Answer"}

RECEIPT_WORDS = {
    "submitted": ("Submitted", 7501, "Submitted"),
    "delivered": ("Delivered", 7500, "Delivered"),
    "read": ("Read", 7502, "Read"),
    # No documented code: a click says more than "read" does, under the code of "read".
    "clicked": ("Clicked", 7502, "Clicked"),
}


class ThreadFacts(msgspec.Struct, frozen=True):
    """What a device is told of the thread of a message."""

    id: UUID
    title: str
    type: str
    status: str
    category: str
    external_id: str
    extras: dict[str, Any]
    stream: str
    created_at: dt.datetime
    updated_at: dt.datetime

    def as_json(self) -> dict[str, Any]:
        """Return the ``thread`` object of the downlink."""
        return {
            "id": str(self.id),
            "title": self.title,
            "type": self.type,
            "status": self.status,
            "category": self.category,
            "externalid": self.external_id,
            "extras": self.extras,
            "stream_name": self.stream,
            "created_on": iso(self.created_at),
            "updated_on": iso(self.updated_at),
        }


class Downlink(msgspec.Struct, frozen=True):
    """A message as it is published; ``device_id`` is empty for all devices of the user."""

    tid: UUID
    app_id: str
    user_id: str
    device_id: str
    payload: dict[str, Any]
    thread: ThreadFacts | None
    created_at: dt.datetime


class Told(msgspec.Struct, frozen=True):
    """The parts of a message that its receipts repeat."""

    id: UUID
    organization_id: UUID
    service_id: UUID | None
    app_id: UUID | None
    transid: UUID
    channel: str
    address: str
    address_type: str
    named: str | None
    correlation_id: str
    callback_data: str
    notify_url: str

    @property
    def destination(self) -> tuple[str, str]:
        """What the request named, and of which type."""
        return self.named or self.address, self.address_type


class News(msgspec.Struct, frozen=True):
    """One thing to tell of a message: ``failed``, or a key of ``RECEIPT_WORDS``."""

    message: Told
    kind: str
    at: dt.datetime
    code: int = 0
    reason: str = ""
    device_id: str = ""


@dataclass(frozen=True)
class Incoming:
    """A message from a customer; ``user_id`` is the customer id where the user has one.

    ``address`` is the customer's on the channel; for RTM the user ID. ``profile`` is what is
    known of them there, for channels whose notifications have some of it.
    """

    tid: UUID
    app_id: str
    user_id: str
    payload: dict[str, Any]
    thread_id: UUID | None
    stream: str
    at: dt.datetime
    address: str = ""
    profile: Mapping[str, Any] = field(default_factory=dict)


def downlink(message: Downlink) -> bytes:
    """Return a message as devices read it."""
    created = iso(message.created_at)
    body: dict[str, Any] = {
        "tid": message.tid,
        "appId": message.app_id,
        "userId": message.user_id,
        "channel": "rt",
        "created_on": created,
        "ts": created,
        "outgoing": False,
    }
    if message.device_id:
        body["deviceId"] = message.device_id
    body.update({name: message.payload[name] for name in CONTENT if name in message.payload})
    if message.thread:
        body["thread"] = message.thread.as_json()
    return _encode(body)


def receipt(news: News) -> str:
    """Return the ``deliveryInfoNotification`` of a receipt.

    An expired message is "Un-Delivered" in the JSON, though the documentation's tables write
    "Undelivered".
    """
    told = news.message
    if news.kind == "failed":
        status = "Un-Delivered" if news.code == 7208 else "Failed"
        if told.channel == "voice":
            status = CALL_WORDS.get(news.code, status)
        words: tuple[str, int, str] = (status, news.code, news.reason)
    elif told.channel == "voice" and news.kind == "delivered":
        words = ("Answered", 7500, "Answered")
    else:
        words = RECEIPT_WORDS[news.kind]
    info: dict[str, Any] = {
        "deliveryChannel": _CHANNEL_WORDS.get(told.channel, told.channel),
        "deliveryStatus": words[0],
        "code": str(words[1]),
        "Description": words[2],
        "destination": told.destination[0],
        "destinationType": told.destination[1],
        "timeStamp": iso(news.at),
    }
    if news.device_id:
        info["deviceid"] = news.device_id
    info["additionalInfo"] = {"tid": str(told.id)}
    if told.address and told.address_type in ("topic", "segment"):
        info["additionalInfo"]["userId"] = told.address
    envelope = {
        "deliveryInfo": info,
        "transid": str(told.transid),
        "subtid": "",
        "correlationid": told.correlation_id,
        "callbackData": told.callback_data,
    }
    return _encode({"deliveryInfoNotification": envelope}).decode()


def incoming(message: Incoming) -> str:
    """Return an incoming message as a service's inbound URL gets it.

    ``attachments`` is an empty string or JSON inside of a string, as documented.
    """
    media = message.payload.get("media") or []
    at = iso(message.at)
    body: dict[str, Any] = {
        "userId": message.user_id,
        "channel": "Rtm",
        "appId": message.app_id,
        "event": "MO",
        "message": message.payload.get("message", ""),
        "attachments": _encode(media).decode() if media else "",
        "ts": at,
        "timeStamp": at,
        "datetime": f"{message.at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}",
        "tid": str(message.tid),
        "replyTo": message.stream,
    }
    if message.thread_id:
        body["threadId"] = str(message.thread_id)
    if message.payload.get("interactiveData"):
        body["interactiveData"] = message.payload["interactiveData"]
    return _encode(body).decode()

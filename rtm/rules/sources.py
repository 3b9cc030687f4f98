"""What of the gateway's own work is an event for rules: messages, receipts, device profiles."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from imiconnect.identity import uuid7
from imiconnect.rtm.models import Device
from imiconnect.rtm.protocol.envelopes import News
from imiconnect.rtm.rules.intake import note_events
from imiconnect.sharing.rules.events import Event
from imiconnect.sharing.rules.vocabulary import Listens

#: What an incoming message is, beside a message; a customer who opts out is no event.
_KINDS = {
    "postback": Listens.POSTBACK,
    "optin": Listens.OPTIN,
    "referral": Listens.REFERRAL,
    "optout": None,
}
#: What the payload of a text tells, under the names that rules know.
_ALSO = {"keyword": "keyword", "customer": "customer_id"}
#: The code of a message past its time, whose receipt is "failed" to servers.
_EXPIRED = 7208


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A message that was logged; ``to`` is the app or number as people know it."""

    id: uuid.UUID
    organization_id: uuid.UUID
    service_id: uuid.UUID | None
    app_id: uuid.UUID | None
    thread_id: uuid.UUID | None
    channel: str
    address: str
    to: str
    payload: Mapping[str, Any]
    at: dt.datetime


def note_messages(heard: Iterable[Heard]) -> None:
    """Note messages, buttons that were pressed, and opt-ins; all come in as messages."""
    note_events(event for item in heard if item.service_id for event in _events(item))


def _events(item: Heard) -> Iterator[Event]:
    facts: dict[str, Any] = {
        "organization_id": item.organization_id,
        "service_id": item.service_id,
        "app_id": item.app_id,
        "thread_id": item.thread_id,
        "channel": item.channel,
        "address": item.address,
        "message_id": item.id,
        "at": item.at,
    }
    payload = item.payload
    text = payload.get("message")
    told = {
        "to": str(item.to or payload.get("da", "")),
        "text": text if isinstance(text, str) else "",
        **{ours: payload[name] for name, ours in _ALSO.items() if payload.get(name)},
    }
    kind = _KINDS.get(str(payload.get("event", "")), Listens.MESSAGE)
    pressed = _pressed(payload, told["text"])
    if kind in (Listens.MESSAGE, Listens.OPTIN, Listens.REFERRAL):
        values = told if kind == Listens.MESSAGE else _extras(payload) | told
        yield Event(id=item.id, kind=str(kind), values=values, **facts)
    if pressed:
        yield Event(
            id=uuid.uuid5(item.id, Listens.POSTBACK),
            kind=Listens.POSTBACK.value,
            values={**_extras(payload), "to": told["to"], **pressed},
            **facts,
        )


def _pressed(payload: Mapping[str, Any], text: str) -> dict[str, str]:
    """Return payload and label of the button that was pressed, nothing where none was."""
    data = payload.get("interactiveData")
    if not isinstance(data, dict) or not isinstance(data.get("payload"), str):
        return {}
    return {"payload": data["payload"], "title": str(data.get("title") or text)}


def _extras(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a plugin or link carried, such as its reference."""
    extras = payload.get("extras")
    return _claims(extras) if isinstance(extras, dict) else {}


def note_receipts(news: Iterable[News]) -> None:
    """Note receipts; the same kind of the same message is one event."""
    note_events(
        Event(
            id=uuid.uuid5(item.message.id, item.kind),
            kind=Listens.RECEIPT.value,
            organization_id=item.message.organization_id,
            service_id=item.message.service_id,
            app_id=item.message.app_id,
            channel=item.message.channel,
            address=item.message.address,
            message_id=item.message.id,
            transid=item.message.transid,
            at=item.at,
            values={
                "status": "expired" if item.code == _EXPIRED else item.kind,
                "code": item.code,
                "reason": item.reason,
                "correlation_id": item.message.correlation_id,
            },
        )
        for item in news
        if item.message.service_id
    )


@dataclass(frozen=True, kw_only=True)
class DeviceNews:
    """Something that a device told or that happened to it; ``app_id`` is the App ID.

    ``before`` are its attributes as they were.
    """

    organization_id: uuid.UUID
    app: uuid.UUID
    app_id: str
    user_id: str
    device_id: str
    told: Mapping[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict)
    id: uuid.UUID = field(default_factory=uuid7)


def news_of(device: Device, told: Mapping[str, Any], **more: Any) -> DeviceNews:
    """Return news of a device whose app is loaded."""
    return DeviceNews(
        organization_id=device.app.organization_id,
        app=device.app_id,
        app_id=device.app.app_id,
        user_id=device.user_id,
        device_id=device.device_id,
        told=told,
        **more,
    )


def note_devices(news: Iterable[DeviceNews]) -> None:
    """Note what devices told; of values only those that a condition can compare."""
    note_events(_of_device(item) for item in news)


def _of_device(item: DeviceNews) -> Event:
    values = _claims(item.told)
    earlier = {name: item.before[name] for name in values if _is_plain(item.before.get(name))}
    return Event(
        id=item.id,
        kind=Listens.DEVICE.value,
        organization_id=item.organization_id,
        app_id=item.app,
        channel="rt",
        address=item.user_id,
        values={**values, "to": item.app_id, "device_id": item.device_id},
        before=earlier,
    )


def _claims(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a device or a text claims, of values those that a condition can compare.

    Who the customer is and what their profile has, the platform knows: a claim of it would put
    another customer's profile into a rule's conditions and texts.
    """
    return {
        name: value
        for name, value in told.items()
        if _is_plain(value) and name != "customer_id" and not name.startswith("profile.")
    }


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)

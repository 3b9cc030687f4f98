"""Everything that is known of a customer as one JSON document, written piece by piece."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import timezone

from imiconnect.audit.services import record
from imiconnect.rtm.customers.places import contacts_of, places_of
from imiconnect.rtm.models import Contact, Customer, Device, DeviceEvent, Message, Thread
from imiconnect.rtm.protocol.clock import iso
from imiconnect.rtm.protocol.states import State

_CHUNK = 1000


def export_customer(*, customer: Customer) -> Iterator[str]:
    """Record that a customer's data is taken out and return the document in pieces."""
    record("customer.exported", customer)
    return _document(customer)


def _document(customer: Customer) -> Iterator[str]:
    places = places_of(customer)
    yield "{"
    yield _part("exported_at", iso(timezone.now()))
    yield "," + _part("profile", _profile(customer))
    devices = Device.objects.filter(customer=customer).select_related("app").order_by("id")
    yield from _list("devices", map(_device, devices.iterator(_CHUNK)))
    contacts = contacts_of(customer).select_related("app").order_by("id")
    yield from _list("contacts", map(_contact, contacts.iterator(_CHUNK)))
    events = DeviceEvent.objects.filter(customer=customer).select_related("app")
    yield from _list("events", map(_event, events.order_by("id").iterator(_CHUNK)))
    threads = Thread.objects.filter(pk__in=places.threads).select_related("app")
    yield from _list("threads", map(_thread, threads.order_by("id").iterator(_CHUNK)))
    messages = places.messages().select_related("app").order_by("id")
    yield from _list("messages", map(_message, messages.iterator(_CHUNK)))
    yield "}"


def _part(name: str, value: Any) -> str:
    return f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False, default=str)}"


def _list(name: str, rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield f",\n{json.dumps(name)}: ["
    for number, row in enumerate(rows):
        yield ("," if number else "") + "\n" + json.dumps(row, ensure_ascii=False, default=str)
    yield "]"


def _profile(customer: Customer) -> dict[str, Any]:
    return {
        "customer_id": customer.customer_id,
        "attributes": customer.attributes,
        "created_at": iso(customer.created_at),
        "updated_at": iso(customer.updated_at),
    }


def _device(device: Device) -> dict[str, Any]:
    return {
        "app_id": device.app.app_id,
        "user_id": device.user_id,
        "device_id": device.device_id,
        "platform": device.platform,
        "attributes": device.attributes,
        "is_connected": device.is_connected,
        "created_at": iso(device.created_at),
        "last_seen_at": iso(device.last_seen_at),
        "unregistered_at": iso(device.unregistered_at),
    }


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "app_id": contact.app.app_id,
        "address": contact.address,
        "profile": contact.profile,
        "created_at": iso(contact.created_at),
        "last_in_at": iso(contact.last_in_at),
    }


def _event(event: DeviceEvent) -> dict[str, Any]:
    return {
        "at": iso(event.created_at),
        "kind": event.kind,
        "name": event.name,
        "data": event.data,
        "app_id": event.app.app_id,
        "user_id": event.user_id,
        "device_id": event.device_name,
    }


def _thread(thread: Thread) -> dict[str, Any]:
    return {
        "id": str(thread.pk),
        "app_id": thread.app.app_id,
        "user_id": thread.user_id,
        "type": thread.type,
        "status": thread.status,
        "title": thread.title,
        "category": thread.category,
        "external_id": thread.external_id,
        "extras": thread.extras,
        "created_at": iso(thread.created_at),
    }


def _message(message: Message) -> dict[str, Any]:
    moments = ("created_at", "submitted_at", "delivered_at", "read_at", "clicked_at")
    return {
        "tid": str(message.pk),
        "channel": message.channel,
        "direction": Message.Direction(message.direction).name,
        "app_id": message.app.app_id if message.app else "",
        "thread": str(message.thread_id) if message.thread_id else None,
        "address": message.address,
        "state": State(message.state).name.lower(),
        "content": message.payload,
        **{name: iso(getattr(message, name)) for name in moments},
    }

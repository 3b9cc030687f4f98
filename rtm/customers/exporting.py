"""What a person may see of a customer as one JSON document, written piece by piece.

An Admin of the organization gets everything that is known. For others ``withheld`` counts what
is left out: messages of other levels, and conversations of other agents (``desk.separation``).
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.audit.services import record
from imiconnect.rtm.customers.places import User, places_of, push_addresses_of
from imiconnect.rtm.media import addresses
from imiconnect.rtm.models import (
    Attempt,
    Channel,
    Companion,
    Contact,
    Customer,
    Device,
    DeviceEvent,
    MediaFile,
    Message,
    PushAddress,
    Recording,
    Subscription,
    Thread,
    Topic,
)
from imiconnect.rtm.protocol.clock import iso
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.push import companion

_CHUNK = 1000


def export_customer(*, customer: Customer, member: Member) -> Iterator[str]:
    """Record that a customer's data is taken out and return the document in pieces."""
    record("customer.exported", customer)
    return _document(customer, member)


def _document(customer: Customer, member: Member) -> Iterator[str]:
    places = places_of(customer, whole=True)
    threads = Thread.objects.filter(pk__in=places.threads)
    messages = places.messages().order_by("id")
    seen_threads, seen_messages = threads.visible_to(member), messages.visible_to(member)
    files = _files(places.users)
    # In which conversation one was sent is not known: who does not see all sees none.
    seen_files = files.visible_to(member) if member.role == Role.ADMIN else files.none()
    withheld = {
        "threads": threads.count() - seen_threads.count(),
        "messages": messages.count() - seen_messages.count(),
        "files": files.count() - seen_files.count(),
    }
    yield "{"
    yield _part("exported_at", iso(timezone.now()))
    yield "," + _part("profile", _profile(customer))
    yield "," + _part("withheld", withheld)
    devices = (
        Device.objects.visible_to(member)
        .filter(customer=customer)
        .select_related("app")
        .order_by("id")
    )
    yield from _list("devices", map(_device, devices.iterator(_CHUNK)))
    contacts = Contact.objects.visible_to(member).filter(customer=customer)
    contacts = contacts.select_related("app").order_by("id")
    yield from _list("contacts", map(_contact, contacts.iterator(_CHUNK)))
    events = (
        DeviceEvent.objects.visible_to(member).filter(customer=customer).select_related("app")
    )
    yield from _list("events", map(_event, events.order_by("id").iterator(_CHUNK)))
    seen_threads = seen_threads.select_related("app").order_by("id")
    yield from _list("threads", map(_thread, seen_threads.iterator(_CHUNK)))
    seen_messages = seen_messages.select_related("app")
    yield from _list("messages", map(_message, seen_messages.iterator(_CHUNK)))
    spoken = Recording.objects.visible_to(member).filter(
        address__in=[address.removeprefix("+") for address in places.addresses]
    )
    yield from _list("recordings", map(_recording, spoken.order_by("id").iterator(_CHUNK)))
    theirs = push_addresses_of(customer).values("pk")
    pushed = PushAddress.objects.visible_to(member).filter(pk__in=theirs)
    pushed = pushed.select_related("app").order_by("id")
    subscribed = _subscriptions(member, places.users).select_related("topic__app")
    yield from _list("topics", map(_subscription, subscribed.order_by("id").iterator(_CHUNK)))
    seen_files = seen_files.select_related("app").order_by("id")
    yield from _list("files", map(_file, seen_files.iterator(_CHUNK)))
    yield from _list("push_addresses", map(_push_address, pushed.iterator(_CHUNK)))
    keys = seen_messages.filter(channel=Channel.RT).order_by().values("pk")
    tried = Attempt.objects.filter(message_id__in=keys, route=companion.ROUTE).order_by("id")
    yield from _list("notifications", map(_notification, tried.iterator(_CHUNK)))
    waiting = Companion.objects.filter(pk__in=keys).order_by("pk")
    yield from _list("notifications_waiting", map(_waiting, waiting.iterator(_CHUNK)))
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


def _recording(recording: Recording) -> dict[str, Any]:
    """Return a recording with the address that its sound is read at."""
    return {
        "id": str(recording.pk),
        "recorded_at": iso(recording.recorded_at or recording.created_at),
        "line": recording.line,
        "seconds": recording.seconds,
        "state": recording.state,
        "file": f"{settings.PUBLIC_URL}/api/v1/recordings/{recording.pk}/audio/",
    }


def _files(users: Sequence[User]) -> Any:
    condition = Q(pk__in=[])
    for app, user in users:
        condition |= Q(app=app, user_id=user)
    return MediaFile.objects.filter(condition)


def _subscriptions(member: Member, users: Sequence[User]) -> "QuerySet[Subscription]":
    condition = Q(pk__in=[])
    for app, user in users:
        condition |= Q(topic__app=app, user_id=user)
    seen = Topic.objects.visible_to(member).values("pk")
    rows: QuerySet[Subscription] = Subscription.objects.filter(condition, topic__in=seen)
    return rows


def _subscription(row: Subscription) -> dict[str, Any]:
    return {
        "app_id": row.topic.app.app_id,
        "topic": row.topic.name,
        "user_id": row.user_id,
        "subscribed_at": iso(row.created_at),
    }


def _file(row: MediaFile) -> dict[str, Any]:
    """Return a file with an address that is good for a while."""
    return {
        "app_id": row.app.app_id,
        "user_id": row.user_id,
        "content_type": row.content_type,
        "size": row.size,
        "created_at": iso(row.created_at),
        "file": f"{settings.PUBLIC_URL}{addresses.address(row.app.app_id, row.pk)}",
    }


def _push_address(address: PushAddress) -> dict[str, Any]:
    """Return a push address without its token, with which anybody could push."""
    return {
        "app_id": address.app.app_id,
        "platform": address.platform,
        "registered_at": iso(address.registered_at),
        "quarantined_at": iso(address.quarantined_at),
        "reason": address.reason,
    }


def _notification(attempt: Attempt) -> dict[str, Any]:
    return {
        "tid": str(attempt.message_id),
        "at": iso(attempt.finished_at or attempt.started_at),
        "succeeded": attempt.succeeded,
        "reason": attempt.reason,
    }


def _waiting(row: Companion) -> dict[str, Any]:
    return {
        "tid": str(row.pk),
        "due_at": iso(row.due_at),
        "content": row.payload,
    }

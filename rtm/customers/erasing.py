"""Erasing a customer: the profile at once, the messages batch by batch, whatever happens.

``request_erasure`` deletes the profile, devices, events and what waits, and leaves a row that
says where messages are. ``erase_due`` works on such rows until nothing is left; it may be
killed at any time and is called again.
"""

import uuid
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from imiconnect.audit.services import record
from imiconnect.rtm.connect.registration import forget_device
from imiconnect.rtm.customers.places import Places, places_of
from imiconnect.rtm.media import services as media
from imiconnect.rtm.models import (
    Attempt,
    Callback,
    ClientRef,
    Companion,
    Contact,
    Customer,
    Device,
    DeviceEvent,
    Erasure,
    FanOut,
    Inbound,
    Message,
    OnboardingStep,
    OpenMessage,
    Receipt,
    RuleEvent,
    SegmentUser,
    Subscription,
    Thread,
    UserEvent,
    UserPin,
    Watermark,
)
from imiconnect.rtm.nudge import say
from imiconnect.rtm.outcomes import NO_PROFILE
from imiconnect.rtm.processors.closing import close_failed
from imiconnect.rtm.protocol.ids import ids_of_transid
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.sql import NIL
from imiconnect.rtm.telecom import recordings
from imiconnect.sharing.rules.models import RuleRun

_encode = msgspec.json.encode
#: What is left of the content of a message.
ERASED = {"erased": True}
_AT_ONCE = 500
# The copies of what was said to a topic have the id of what was said as their request.
_COPIES = """
SELECT m.id FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) k (id, first, last)
JOIN rtm_message m ON m.id BETWEEN k.first AND k.last AND m.transid = k.id AND m.id <> k.id
WHERE NOT m.payload ? 'erased' LIMIT %s
"""


@transaction.atomic
def request_erasure(*, customer: Customer) -> Erasure:
    """Erase a customer: what names them is gone when this commits, messages follow.

    Messages that are under way fail with 7105, without a receipt.
    """
    places = places_of(customer)
    erasure: Erasure = Erasure.objects.create(
        organization_id=customer.organization_id,
        places={
            "users": [[str(app), user] for app, user in places.users],
            "addresses": list(places.addresses),
            "customer_id": customer.customer_id,
            "pushed": list(places.pushed),
        },
    )
    record("customer.erased", customer)
    for device in Device.objects.filter(customer=customer).select_related("app"):
        # Also of before the device was linked with the customer.
        DeviceEvent.objects.filter(device=device, user_id=device.user_id).delete()
        forget_device(device=device)
    _forget_what_waits(places)
    customer.delete()
    transaction.on_commit(_start)
    return erasure


def erase_due() -> int:
    """Empty the messages of every customer to be erased; return how many were emptied."""
    total = 0
    for key in list(Erasure.objects.filter(done_at=None).values_list("pk", flat=True)):
        total += _erase(key)
    return total


def _erase(key: uuid.UUID) -> int:
    total = 0
    while True:
        with transaction.atomic():
            rows = Erasure.objects.select_for_update(skip_locked=True)
            erasure = rows.filter(pk=key, done_at=None).first()
            if erasure is None:
                return total
            emptied, finished = _step(erasure)
            total += emptied
            erasure.emptied += emptied
            if finished:
                erasure.places, erasure.done_at = {}, timezone.now()
            erasure.save()


def _step(erasure: Erasure) -> tuple[int, bool]:
    """Empty one batch of messages; return how many, and whether nothing is left."""
    users = [(uuid.UUID(app), user) for app, user in erasure.places["users"]]
    threads = list(_threads(users).values_list("pk", flat=True)[:_AT_ONCE])
    messages = _messages(erasure, users, threads).exclude(payload__has_key="erased")
    keys = list(messages.values_list("pk", flat=True)[:_AT_ONCE])
    said = messages.filter(direction=Message.Direction.MO).values_list("pk", flat=True)
    if copies := _copies(list(said[:_AT_ONCE])):
        _empty_copies(copies)
        return len(copies), False
    if keys:
        _empty(keys)
        return len(keys), False
    Thread.objects.filter(pk__in=threads).delete()
    for app, user in users:
        media.delete_of(app_id=app, user_id=user)
        # Of devices that were forgotten before.
        DeviceEvent.objects.filter(app=app, user_id=user, customer=None).delete()
    recordings.delete_of(
        organization_id=erasure.organization_id, addresses=erasure.places["addresses"]
    )
    return 0, not threads


def _threads(users: list[tuple[uuid.UUID, str]]) -> "QuerySet[Thread]":
    condition = Q(pk__in=[])
    for app, user in users:
        condition |= Q(app=app, user_id=user)
    threads: QuerySet[Thread] = Thread.objects.filter(condition).order_by("pk")
    return threads


def _messages(
    erasure: Erasure, users: list[tuple[uuid.UUID, str]], threads: list[uuid.UUID]
) -> "QuerySet[Message]":
    """Return the messages of these threads, and those that a customer has without a thread."""
    apps = {app for app, _user in users}
    shared = Thread.objects.filter(app__in=apps, user_id="").values_list("pk", flat=True)
    where = Places(
        organization=erasure.organization_id,
        users=tuple(users),
        threads=tuple(threads),
        shared=tuple(shared),
        addresses=tuple(erasure.places["addresses"]),
        customer_id=erasure.places["customer_id"],
        pushed=tuple(erasure.places.get("pushed", ())),
    )
    named = Message.objects.filter(
        organization=erasure.organization_id,
        thread=None,
        address="",
        payload__to=erasure.places["customer_id"],
    )
    return where.messages().order_by() | named.order_by()


def _empty(keys: list[uuid.UUID]) -> None:
    """Take everything from messages that tells of a person; their outcome stays counted."""
    Callback.objects.filter(message_id__in=keys).delete()
    Attempt.objects.filter(message_id__in=keys).update(detail={})
    Message.objects.filter(pk__in=keys).update(
        address="",
        device_id="",
        correlation_id="",
        callback_data="",
        notify_url="",
        payload=ERASED,
    )


def _copies(keys: list[uuid.UUID]) -> list[uuid.UUID]:
    """Return some of what went to the other subscribers of a topic of these messages."""
    ranges = [ids_of_transid(key) for key in keys]
    with connection.cursor() as cursor:
        firsts, lasts = ([pair[place] for pair in ranges] for place in (0, 1))
        cursor.execute(_COPIES, [keys, firsts, lasts, _AT_ONCE])
        return [row[0] for row in cursor.fetchall()]


def _empty_copies(keys: list[uuid.UUID]) -> None:
    """Take what a customer has said from the messages of others; who got them stays known."""
    code, text = NO_PROFILE.code, str(NO_PROFILE.text)
    waiting = OpenMessage.objects.filter(pk__in=keys).values_list("pk", flat=True)
    close_failed([(key, State.FAILED, code, text) for key in waiting], timezone.now())
    Attempt.objects.filter(message_id__in=keys).update(detail={})
    Message.objects.filter(pk__in=keys).update(payload=ERASED)


def _forget_what_waits(places: Places) -> None:
    condition = Q(app_id=NIL, address__in=places.addresses)
    for app, user in places.users:
        condition |= Q(app_id=app, address=user)
    for model in (Inbound, Receipt, ClientRef, Companion):
        rows: Any = model._default_manager
        rows.filter(condition).delete()
    for app, user in places.users:
        Subscription.objects.filter(topic__app=app, user_id=user).delete()
        SegmentUser.objects.filter(segment__app=app, user_id=user).delete()
        UserEvent.objects.filter(app=app, address=user).delete()
        OnboardingStep.objects.filter(app=app, address=user).delete()
        UserPin.objects.filter(app=app, user_id=user).delete()
        RuleEvent.objects.filter(app_id=app, address=user).delete()
        Contact.objects.filter(app=app, address=user).delete()
        Watermark.objects.filter(app_id=app, address=user).delete()
        # What they have said to a topic goes to nobody else; those who have it are asked later.
        said = FanOut.objects.filter(app=app, but_not=user)
        ended = Coalesce("finished_at", Now())
        said.update(payload=ERASED, but_not="", finished_at=ended)
    own = UserPin.objects.filter(app__organization=places.organization)
    own.filter(user_id=places.customer_id).delete()
    _forget_typing(places)
    names = {user for _app, user in places.users} | set(places.addresses)
    texts = RuleEvent.objects.filter(organization_id=places.organization, app_id=None)
    texts.filter(address__in=places.addresses).delete()
    runs = RuleRun.objects.filter(rule__organization=places.organization, address__in=names)
    # What a rule notified of has the id of its run.
    Callback.objects.filter(kind=Callback.Kind.RULE, pk__in=runs.values("pk")).delete()
    runs.delete()
    code, text = NO_PROFILE.code, str(NO_PROFILE.text)
    waiting = OpenMessage.objects.filter(condition).values_list("pk", flat=True)
    close_failed([(key, State.FAILED, code, text) for key in waiting], timezone.now())


def _forget_typing(places: Places) -> None:
    """Delete what tells services that the customer types; it names no message."""
    told = Callback.objects.filter(organization=places.organization, kind=Callback.Kind.TYPING)
    for name in {places.customer_id, *(user for _app, user in places.users)}:
        told.filter(body__contains=f'"userId":{_encode(name).decode()}').delete()


def _start() -> None:
    say("rtm.erase", queue="default")

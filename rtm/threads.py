"""Writes of threads by devices and by customers' servers (facts/imiconnect.md, 18.5)."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect import locks
from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.rtm.events import tell_of_thread, tell_users
from imiconnect.rtm.models import (
    Message,
    ServiceStream,
    Stream,
    Subscription,
    Thread,
    Topic,
)
from imiconnect.rtm.protocol.envelopes import DELETED, ThreadFacts
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing.models import Allocation, Service

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: What a caller may set, and change later.
EDITABLE = frozenset({"title", "status", "category", "external_id", "extras"})
#: Says of a message that is there whether it was seen until now.
_HIDE = """
WITH found AS (
  SELECT id, NOT payload ? 'deleted' AS is_new FROM rtm_message
  WHERE id = %s AND app_id = %s AND address = %s FOR UPDATE),
hidden AS (
  UPDATE rtm_message m SET payload = payload || '{"deleted": true}'
  FROM found WHERE m.id = found.id AND is_new)
SELECT is_new FROM found
"""
_TURN = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_WORDS = {True: "closeThread", False: "reopenThread"}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Who a thread is with, and who answers there: with anybody, without user and topic.

    Raises ``ValidationError`` when made for a user and a topic, or across apps.
    """

    app: App
    user_id: str = ""
    topic: Topic | None = None
    stream: Stream | None = None
    service: Service | None = None

    def __post_init__(self) -> None:
        """Check that the parts belong together."""
        if self.topic is not None and (self.user_id or self.topic.app_id != self.app.pk):
            raise ValidationError({"topic": [_("A thread is with one user or with a topic.")]})


class TooMany(Exception):
    """The user has as many threads as devices may open."""


@transaction.atomic
def create_thread(
    *, place: Place, type: str, at_most: int | None = None, **fields: Any
) -> Thread:
    """Open a thread; ``fields`` are those of ``EDITABLE`` but the status.

    Raises ``TooMany`` where the user has ``at_most`` threads already, whoever opened them.
    """
    if at_most is not None:
        _check_room(place, at_most)
    thread: Thread = Thread.objects.create(
        app=place.app,
        user_id=place.user_id,
        topic=place.topic,
        stream=place.stream,
        service=place.service,
        type=type,
        **fields,
    )
    return thread


def _check_room(place: Place, at_most: int) -> None:
    """Count the threads of a user while nobody else opens one for them."""
    with connection.cursor() as cursor:
        cursor.execute(_TURN, [f"threads/{place.app.pk}/{place.user_id}"])
    rows = Thread.objects.filter(app=place.app, user_id=place.user_id)
    if rows.order_by()[:at_most].count() >= at_most:
        raise TooMany


def threads_of(app: App, user_id: str) -> "QuerySet[Thread]":
    """Return the threads that a user takes part in: own, of their topics, of anybody."""
    topics = Subscription.objects.filter(user_id=user_id).values("topic")
    # A thread of many has no user: without that said, every thread of the app would be read.
    threads: QuerySet[Thread] = Thread.objects.filter(
        Q(user_id=user_id) | Q(topic=None) | Q(topic__in=topics),
        app=app,
        user_id__in=["", user_id],
    )
    return threads


def unread_of(user_id: str) -> "QuerySet[Message]":
    """Return the messages to a user that are unread; the caller says in which threads."""
    rows: QuerySet[Message] = Message.objects.filter(
        address=user_id,
        direction=Message.Direction.MT,
        read_at__isnull=True,
        state__in=[State.QUEUED, State.SUBMITTED, State.DELIVERED],
    )
    return rows.exclude(payload__has_key=DELETED)


def services_of(thread: Thread) -> list[Service]:
    """Return the services that may use the thread's app, in the order of their claim to it.

    As the MO processor has it: the thread's own, one of its stream, then by turn.
    """
    rows = Allocation.objects.usable().filter(app=thread.app_id).by_turn()
    found = {row.service_id: row.service for row in rows.select_related("service")}
    uses = ServiceStream.objects.filter(stream=thread.stream_id, stream__isnull=False)
    in_stream = set(uses.values_list("service_id", flat=True))

    def claim(service: Service) -> tuple[bool, bool]:
        return service.pk != thread.service_id, service.pk not in in_stream

    return sorted(found.values(), key=claim)


@transaction.atomic
def update_thread(*, thread: Thread, **changes: Any) -> Thread:
    """Change fields of ``EDITABLE``; the others keep their values."""
    unknown = changes.keys() - EDITABLE
    if unknown:
        raise TypeError(f"unknown fields {sorted(unknown)}")
    locked = locks.locked(thread, "stream", "topic")
    before = locked.status
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.updated_at = timezone.now()
    locked.save(update_fields=[*changes, "updated_at"])
    closed = locked.status == Thread.Status.CLOSED
    word = "updateThread" if locked.status == before else _WORDS[closed]
    tell_of_thread(locked, word, facts_of(locked).as_json())
    return locked


def facts_of(thread: Thread) -> ThreadFacts:
    """Return what devices are told of a thread."""
    return ThreadFacts(
        id=thread.pk,
        title=thread.title,
        type=thread.type,
        status=thread.status,
        category=thread.category,
        external_id=thread.external_id,
        extras=thread.extras,
        stream=thread.stream.name if thread.stream else "",
        created_at=thread.created_at,
        updated_at=thread.updated_at,
    )


@transaction.atomic
def delete_message(*, app: App, user_id: str, tid: uuid.UUID, device_id: str = "") -> bool:
    """Hide a message of a user from the lists of their devices; False when there is none.

    The log keeps it: what was sent, was sent. Where the app syncs devices the others hear of
    it, once; ``device_id`` is the one that knows already.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HIDE, [tid, app.pk, user_id])
        found = cursor.fetchone()
    if found is None:
        return False
    if found[0] and policy_of(app).device_sync:
        body = {"payload_type": "messageDeleted", "tid": str(tid), "deviceId": device_id}
        tell_users([(app.pk, user_id, body)])
    return True

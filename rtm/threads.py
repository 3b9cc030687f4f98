"""Writes of threads by devices and by customers' servers (facts/imiconnect.md, 18.5)."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.models import App
from imiconnect.rtm.models import Stream, Subscription, Thread, Topic
from imiconnect.sharing.models import Service

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: What a caller may set, and change later.
EDITABLE = frozenset({"title", "status", "category", "external_id", "extras"})


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


@transaction.atomic
def create_thread(*, place: Place, type: str, **fields: Any) -> Thread:
    """Open a thread; ``fields`` are those of ``EDITABLE`` but the status."""
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


def threads_of(app: App, user_id: str) -> "QuerySet[Thread]":
    """Return the threads that a user takes part in: own, of their topics, of anybody."""
    topics = Subscription.objects.filter(user_id=user_id).values("topic")
    threads: QuerySet[Thread] = Thread.objects.filter(
        Q(user_id=user_id) | Q(user_id="", topic=None) | Q(topic__in=topics), app=app
    )
    return threads


@transaction.atomic
def update_thread(*, thread: Thread, **changes: Any) -> Thread:
    """Change fields of ``EDITABLE``; the others keep their values."""
    unknown = changes.keys() - EDITABLE
    if unknown:
        raise TypeError(f"unknown fields {sorted(unknown)}")
    locked: Thread = Thread.objects.select_for_update().get(pk=thread.pk)
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.updated_at = timezone.now()
    locked.save(update_fields=[*changes, "updated_at"])
    return locked


def delete_message(*, app: App, user_id: str, tid: uuid.UUID) -> bool:
    """Hide a message of a user from the lists of their devices; False when there is none.

    The log keeps it: what was sent, was sent.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE rtm_message SET payload = payload || '{"deleted": true}'
            WHERE id = %s AND app_id = %s AND address = %s""",
            [tid, app.pk, user_id],
        )
        return bool(cursor.rowcount)

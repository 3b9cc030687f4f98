"""Writes of threads by devices and by customers' servers (facts/imiconnect.md, 18.5)."""

import uuid
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.rtm.models import Stream, Thread

#: What a caller may set, and change later.
EDITABLE = frozenset({"title", "status", "category", "external_id", "extras"})


@transaction.atomic
def create_thread(
    *, app: App, user_id: str = "", type: str, stream: Stream | None = None, **fields: Any
) -> Thread:
    """Open a thread with a user, or with any user when ``user_id`` is empty.

    ``fields`` are those of ``EDITABLE`` but the status.
    """
    thread: Thread = Thread.objects.create(
        app=app, user_id=user_id, type=type, stream=stream, **fields
    )
    return thread


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

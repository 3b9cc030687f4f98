"""What a user's devices are told besides messages: read, deleted, sent elsewhere, threads.

The words are those of ``payload_type`` (facts/imiconnect.md, 18.3). An event is a row until it
is a day old, so that a device which comes online later hears of it too; clients drop repeats.
"""

import datetime as dt
import time
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

from django.db import transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from imiconnect.rtm.models import Thread
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.sql import cursor

#: How long an event is kept for devices that are away.
KEEP = dt.timedelta(days=1)
#: Receipts are told to the others of a topic of at most this many; the cost is their square.
MOST_SUBSCRIBERS = 100
_KNOWN_SECONDS = 5.0

#: Columns: apps, users, bodies.
_TELL: LiteralString = """
INSERT INTO rtm_userevent (app_id, address, body, created_at, due_at)
SELECT u.app, u.address, u.body, %b, %b
FROM unnest(%b::uuid[], %b::text[], %b::jsonb[]) u (app, address, body)
"""
#: Columns: threads, users who are the cause, bodies. Each other subscriber hears of it.
_TELL_SUBSCRIBERS: LiteralString = """
INSERT INTO rtm_userevent (app_id, address, body, created_at, due_at)
SELECT t.app_id, s.user_id, u.body, %b, %b
FROM unnest(%b::uuid[], %b::text[], %b::jsonb[]) u (thread, address, body)
JOIN rtm_thread t ON t.id = u.thread AND t.type = 'Conversation'
JOIN rtm_subscription s ON s.topic_id = t.topic_id AND s.user_id <> u.address
WHERE (SELECT count(*) FROM (
  SELECT 1 FROM rtm_subscription x WHERE x.topic_id = t.topic_id LIMIT %b) c) <= %b
"""
_SYNCED: LiteralString = """
SELECT id FROM apps_app WHERE (policy ->> 'device_sync')::boolean AND state = 'active'
"""

Told = tuple[uuid.UUID, str, dict[str, Any]]


class _Synced:
    """The apps whose users' devices are synced, asked for every few seconds."""

    def __init__(self) -> None:
        """Know none yet."""
        self._apps: frozenset[uuid.UUID] = frozenset()
        self._until = 0.0

    def apps(self) -> frozenset[uuid.UUID]:
        """Return their keys."""
        if time.monotonic() > self._until:
            with cursor() as own:
                own.execute(_SYNCED)
                self._apps = frozenset(row[0] for row in own.fetchall())
            self._until = time.monotonic() + _KNOWN_SECONDS
        return self._apps

    def forget(self) -> None:
        """Ask again at the next time."""
        self._until = 0.0


synced = _Synced()


def tell_users(events: Iterable[Told], *, now: dt.datetime | None = None) -> None:
    """Write events of users, ``(app, user, body)`` each, in the caller's transaction."""
    rows = list(events)
    if not rows:
        return
    at = now or timezone.now()
    with cursor() as own:
        own.execute(
            _TELL,
            [at, at, [r[0] for r in rows], [r[1] for r in rows], [Jsonb(r[2]) for r in rows]],
        )
    transaction.on_commit(lambda: nudge("events"))


def tell_subscribers(
    events: Sequence[tuple[uuid.UUID, str, dict[str, Any]]], *, now: dt.datetime | None = None
) -> None:
    """Write events of topics' threads, ``(thread, user who is the cause, body)`` each."""
    if not events:
        return
    at = now or timezone.now()
    columns = [[e[0] for e in events], [e[1] for e in events], [Jsonb(e[2]) for e in events]]
    with cursor() as own:
        most = MOST_SUBSCRIBERS
        own.execute(_TELL_SUBSCRIBERS, [at, at, *columns, most + 1, most])
    transaction.on_commit(lambda: nudge("events"))


def tell_of_thread(thread: Thread, word: str, facts: dict[str, Any]) -> None:
    """Tell the users of a thread of its change: ``closeThread``, ``reopenThread``, ..."""
    body = {"payload_type": word, "tid": str(uuid.uuid4()), "thread": facts}
    if thread.user_id:
        tell_users([(thread.app_id, thread.user_id, body)])
    elif thread.topic_id:
        tell_subscribers([(thread.pk, "", body)])

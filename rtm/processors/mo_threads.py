"""Which thread an incoming message belongs to, which service has it, and if it may be there."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, LiteralString, NamedTuple

from imiconnect.rtm.audience import TOPICS
from imiconnect.rtm.default_threads import Place, default_threads
from imiconnect.rtm.models import Thread, Topic
from imiconnect.rtm.outcomes import NO_REPLY, NO_TOPIC, NOT_SUBSCRIBED, READ_ONLY, Reason
from imiconnect.rtm.permission import ALLOCATED, USABLE
from imiconnect.rtm.sql import NIL, cursor

# Publishing to a closed conversation opens it again; one of nobody in particular is anybody's.
# Only who may write there does so: a device may name any thread, also another tenant's.
# Who has waited for an agent does not lose the place in the queue by writing again.
# A thread without a service, or whose service may not use the app any more, goes to the one
# whose stream it is in, of those that may: asked once for all threads of an app and service.
_THREADS: LiteralString = f"""
WITH t AS (UPDATE rtm_thread t SET
  status = CASE WHEN o.is_open THEN 'Active' ELSE t.status END,
  updated_at = CASE WHEN o.is_open THEN o.at ELSE t.updated_at END,
  waits_since = CASE WHEN NOT o.is_open OR t.user_id = '' THEN t.waits_since
    WHEN t.status = 'Active' THEN coalesce(t.waits_since, o.at) ELSE o.at END
FROM (SELECT x.id, %b::timestamptz AS at, w.may_write AND x.type = 'Conversation' AS is_open
  FROM (SELECT y.id, bool_or(y.topic_id IS NULL OR p.access <> 'Read' AND EXISTS (
      SELECT 1 FROM rtm_subscription s
      WHERE s.topic_id = y.topic_id AND s.user_id = u.user_id)) AS may_write
    FROM unnest(%b::uuid[], %b::uuid[], %b::text[]) u (id, app_id, user_id)
    JOIN rtm_thread y ON y.id = u.id AND y.app_id = u.app_id AND y.user_id IN ('', u.user_id)
    LEFT JOIN rtm_topic p ON p.id = y.topic_id
    GROUP BY y.id) w
  JOIN rtm_thread x ON x.id = w.id ORDER BY x.id FOR UPDATE OF x) o
WHERE t.id = o.id
RETURNING t.id, t.app_id, t.user_id, t.service_id, t.stream_id, t.type, t.topic_id),
places AS (SELECT DISTINCT t.app_id, t.service_id, t.stream_id FROM t),
p AS MATERIALIZED (
  SELECT p.app_id, p.service_id, p.stream_id, coalesce(
    (SELECT s.id FROM sharing_service s WHERE s.id = p.service_id AND {ALLOCATED} AND {USABLE}),
    (SELECT v.service_id FROM rtm_servicestream v
      JOIN sharing_allocation l ON l.service_id = v.service_id AND l.app_id = a.id
      JOIN sharing_service s ON s.id = v.service_id
      WHERE v.stream_id = p.stream_id AND {USABLE}
      ORDER BY l.is_inbound DESC, l.id LIMIT 1)) AS heard_by,
    coalesce((SELECT x.name FROM rtm_stream x WHERE x.id = p.stream_id), '') AS stream
  FROM places p
  JOIN apps_app a ON a.id = p.app_id
  JOIN accounts_organization o ON o.id = a.organization_id)
SELECT t.id, t.app_id, t.user_id, p.heard_by, p.stream, t.type, t.topic_id
FROM t JOIN p ON p.app_id = t.app_id AND p.service_id IS NOT DISTINCT FROM t.service_id
  AND p.stream_id IS NOT DISTINCT FROM t.stream_id
"""  # noqa: S608 - constants of this package
_MEMBERS: LiteralString = """
SELECT p.id, u.user_id, p.name, p.access, s.id IS NOT NULL
FROM unnest(%b::uuid[], %b::text[]) u (topic_id, user_id)
JOIN rtm_topic p ON p.id = u.topic_id AND p.deleted_at IS NULL
LEFT JOIN rtm_subscription s ON s.topic_id = p.id AND s.user_id = u.user_id
"""


class Said(NamedTuple):
    """What of an incoming message decides where it belongs."""

    tid: uuid.UUID
    app_id: uuid.UUID
    user_id: str
    thread: uuid.UUID | None
    topic: str
    #: The app's inbound service and its stream.
    service_id: uuid.UUID | None
    stream_id: uuid.UUID | None


@dataclass(frozen=True)
class Belonging:
    """The thread of a message, and the topic; ``refusal`` is why nobody hears of it."""

    thread_id: uuid.UUID | None
    service_id: uuid.UUID | None
    stream: str = ""
    topic_id: uuid.UUID | None = None
    topic: str = ""
    is_spread: bool = False
    refusal: Reason | None = None


class _Known(NamedTuple):
    app_id: uuid.UUID
    user_id: str
    service_id: uuid.UUID | None
    stream: str
    type: str
    topic_id: uuid.UUID | None


def belongings(rows: list[Said], now: dt.datetime) -> dict[uuid.UUID, Belonging]:
    """Return what each message belongs to; what came over a number is in no thread.

    A message that names no thread, or none of its user's, goes to a default one: of the
    topic that it names, else of the user and the inbound service's stream.
    """
    found = {row.tid: Belonging(None, row.service_id) for row in rows if row.app_id == NIL}
    rows = [row for row in rows if row.app_id != NIL]
    known = _open(now, ((row.thread, row) for row in rows if row.thread))
    own = {row.tid: row.thread for row in rows if row.thread and _fits(row, known)}
    topics = _topics([row for row in rows if row.topic and row.tid not in own])
    places = {
        row.tid: _place(row, topics.get(row.tid))
        for row in rows
        if row.tid not in own and not (row.topic and row.tid not in topics)
    }
    services = {places[row.tid]: row.service_id for row in rows if row.tid in places}
    defaults = default_threads(services, now) if services else {}
    known |= _open(now, ((defaults[places[r.tid]], r) for r in rows if r.tid in places))
    for row in rows:
        place = places.get(row.tid)
        thread = own.get(row.tid) or (defaults[place] if place else None)
        if thread is None:
            found[row.tid] = Belonging(None, row.service_id, refusal=NO_TOPIC)
            continue
        facts = known[thread]
        found[row.tid] = Belonging(
            thread,
            facts.service_id or row.service_id,
            facts.stream,
            facts.topic_id,
            refusal=NO_REPLY if facts.type == Thread.Type.ANNOUNCEMENT else None,
        )
    return _with_members(rows, found)


def _fits(row: Said, known: dict[uuid.UUID, _Known]) -> bool:
    facts = known.get(row.thread) if row.thread else None
    return (
        facts is not None and facts.app_id == row.app_id and facts.user_id in ("", row.user_id)
    )


def _place(row: Said, topic: uuid.UUID | None) -> Place:
    return (row.app_id, "" if topic else row.user_id, row.stream_id, topic)


def _open(now: dt.datetime, asked: Iterable[tuple[uuid.UUID, Said]]) -> dict[uuid.UUID, _Known]:
    """Open threads again for who writes there; return those that are the writers' own."""
    wanted = {(thread, row.app_id, row.user_id) for thread, row in asked}
    if not wanted:
        return {}
    rows = _query(_THREADS, now, *(list(column) for column in zip(*wanted, strict=True)))
    return {row[0]: _Known(*row[1:]) for row in rows}


def _topics(rows: list[Said]) -> dict[uuid.UUID, uuid.UUID]:
    """Return the topics that messages name, by message."""
    if not rows:
        return {}
    names = list({(row.app_id, row.topic.lower()) for row in rows})
    listed = _query(TOPICS, [name[0] for name in names], [name[1] for name in names])
    known = {(app, name): key for app, name, key in listed}
    found = ((row.tid, known.get((row.app_id, row.topic.lower()))) for row in rows)
    return {tid: key for tid, key in found if key}


def _with_members(
    rows: list[Said], found: dict[uuid.UUID, Belonging]
) -> dict[uuid.UUID, Belonging]:
    """Add the topics' names, and refuse who is not subscribed or may not write."""
    places = {(found[row.tid].topic_id, row.user_id) for row in rows if found[row.tid].topic_id}
    if not places:
        return found
    listed = _query(_MEMBERS, *(list(column) for column in zip(*places, strict=True)))
    members = {row[:2]: row[2:] for row in listed}
    changed = dict(found)
    for row in rows:
        item = found[row.tid]
        facts = members.get((item.topic_id, row.user_id))
        if item.topic_id and facts:
            name, access, is_subscribed = facts
            refusal = item.refusal or _refusal(access, is_subscribed=is_subscribed)
            spread = refusal is None and access != Topic.Access.WRITE
            changed[row.tid] = replace(item, topic=name, refusal=refusal, is_spread=spread)
        elif item.topic_id:
            # It has been deleted since its default thread was looked up.
            changed[row.tid] = replace(item, refusal=item.refusal or NO_TOPIC)
    return changed


def _refusal(access: str, *, is_subscribed: bool) -> Reason | None:
    if not is_subscribed:
        return NOT_SUBSCRIBED
    return READ_ONLY if access == Topic.Access.READ else None


def _query(statement: LiteralString, *parameters: Any) -> list[tuple[Any, ...]]:
    with cursor() as own:
        own.execute(statement, parameters)
        return own.fetchall()

"""Fan-out: from one accepted message to one for each user of a topic, segment or expression.

A batch of users is one INSERT .. SELECT, and the place reached is written with it; so a crash
loses nothing and sends nothing twice. Who subscribes during a fan-out gets the message when
their turn is still to come. One that ends before everybody has it leaves a message in the log
that says why (``unreached.py``).
"""

import datetime as dt
import uuid
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from imiconnect.identity import uuid7
from imiconnect.rtm import audience, live
from imiconnect.rtm.lanes import MT
from imiconnect.rtm.models import MessageBatch
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.outcomes import NOBODY, PAST_EXPIRY, SET_GONE, Reason
from imiconnect.rtm.processors.unreached import log_unreached
from imiconnect.rtm.protocol.expressions import Plan
from imiconnect.rtm.protocol.ids import request_ids
from imiconnect.rtm.sql import again_after_deadlock, cursor

#: Users in one transaction.
BATCH = 2000

# Within a priority organizations take turns, and the fan-outs of each take turns: a batch each.
# Which organizations have some is read by jumps over the index, one for each of them, however
# many fan-outs wait; the first of the organization whose turn it is that nobody is at is taken.
_TAKE = """
WITH RECURSIVE heads AS (
  (SELECT priority, organization_id, turned_at FROM rtm_fanout WHERE finished_at IS NULL
    ORDER BY priority, organization_id, turned_at LIMIT 1)
  UNION ALL
  SELECT n.priority, n.organization_id, n.turned_at FROM heads h CROSS JOIN LATERAL (
    SELECT f.priority, f.organization_id, f.turned_at FROM rtm_fanout f
    WHERE f.finished_at IS NULL
      AND (f.priority, f.organization_id) > (h.priority, h.organization_id)
    ORDER BY f.priority, f.organization_id, f.turned_at LIMIT 1) n),
queue AS MATERIALIZED (
  SELECT h.priority, h.organization_id
  FROM heads h LEFT JOIN rtm_fanoutturn t ON t.organization_id = h.organization_id
  ORDER BY h.priority DESC, t.taken_at NULLS FIRST, h.turned_at, h.organization_id)
SELECT f.id, f.organization_id, f.app_id, f.plan, f.thread_id, f.stream_id, f.but_not,
  f.transid, f.priority, f.accepted_at, f.expires_at, f.after, f.sent
FROM queue q CROSS JOIN LATERAL (
  SELECT * FROM rtm_fanout x
  WHERE x.finished_at IS NULL AND x.priority = q.priority
    AND x.organization_id = q.organization_id
  ORDER BY x.turned_at, x.id LIMIT 1
  FOR UPDATE SKIP LOCKED) f
LIMIT 1
"""
_USERS = """users AS (
  SELECT s.user_id, row_number() OVER (ORDER BY s.user_id) AS n
  FROM (SELECT x.user_id FROM ({0}) x WHERE x.user_id <> %b ORDER BY x.user_id LIMIT %b) s),
lines AS (
  SELECT i.id, u.user_id, u.n FROM users u
  JOIN unnest(%b::uuid[]) WITH ORDINALITY i (id, n) ON i.n = u.n)"""
# Each user's own default thread, where the fan-out has no thread for all.
_THREADS = f"""
WITH {_USERS}
INSERT INTO rtm_thread (id, created_at, app_id, service_id, stream_id, user_id, type, status,
  title, category, external_id, extras, is_default, updated_at)
SELECT l.id, f.accepted_at, f.app_id, f.service_id, f.stream_id, l.user_id, 'Conversation',
  'Active', '', '', '', '{{{{}}}}', true, f.accepted_at
FROM lines l CROSS JOIN rtm_fanout f
WHERE f.id = %b AND NOT EXISTS (
  SELECT 1 FROM rtm_thread t WHERE t.is_default AND t.app_id = f.app_id
  AND t.user_id = l.user_id AND t.stream_id IS NOT DISTINCT FROM f.stream_id
  AND t.topic_id IS NULL)
ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants of this module
_MESSAGES = f"""
WITH {_USERS},
working AS (
  INSERT INTO rtm_openmessage (id, app_id, address, lane, priority, expires_at)
  SELECT l.id, f.app_id, l.user_id, '{MT}', f.priority, f.expires_at
  FROM lines l CROSS JOIN rtm_fanout f WHERE f.id = %b),
batches AS (
  INSERT INTO rtm_messagebatch (priority, due_at, size, messages)
  SELECT f.priority, now(), count(*), array_agg(l.id)
  FROM lines l CROSS JOIN rtm_fanout f WHERE f.id = %b
  GROUP BY f.priority, (l.n - 1) / {MessageBatch.MOST}),
logged AS (
  INSERT INTO rtm_message (id, transid, organization_id, service_id, app_id, thread_id,
    channel, address, address_type, correlation_id, callback_data, notify_url, priority,
    payload, expires_at, created_at)
  SELECT l.id, f.transid, f.organization_id, f.service_id, f.app_id,
    coalesce(f.thread_id, t.id), 'rt', l.user_id, f.kind, f.correlation_id, f.callback_data,
    f.notify_url, f.priority, f.payload, f.expires_at, f.accepted_at
  FROM lines l CROSS JOIN rtm_fanout f
  LEFT JOIN rtm_thread t ON f.thread_id IS NULL AND t.is_default AND t.app_id = f.app_id
    AND t.user_id = l.user_id AND t.stream_id IS NOT DISTINCT FROM f.stream_id
    AND t.topic_id IS NULL
  WHERE f.id = %b
  RETURNING address)
SELECT count(*), max(address) FROM logged
"""  # noqa: S608 - constants of this module
_ADVANCE = """
WITH own AS (
  UPDATE rtm_fanout SET after = %b, sent = sent + %b, missed = %b, code = %b,
    finished_at = %b, turned_at = clock_timestamp() WHERE id = %b
  RETURNING organization_id, turned_at)
INSERT INTO rtm_fanoutturn AS t (organization_id, taken_at)
SELECT organization_id, turned_at FROM own
ON CONFLICT (organization_id) DO UPDATE SET taken_at = excluded.taken_at
"""


class Taken(NamedTuple):
    """A fan-out at hand, locked until its batch is committed."""

    id: uuid.UUID
    organization_id: uuid.UUID
    app_id: uuid.UUID
    plan: Plan
    thread_id: uuid.UUID | None
    stream_id: uuid.UUID | None
    but_not: str
    transid: uuid.UUID
    priority: int
    accepted_at: dt.datetime
    expires_at: dt.datetime
    after: str
    sent: int


class Step(NamedTuple):
    """What a batch came to: its messages, the last user who has one, and why it was the last.

    ``missed`` is how many users are left without one.
    """

    written: int = 0
    last: str = ""
    is_last: bool = True
    missed: int = 0
    reason: Reason | None = None


@again_after_deadlock
def process_due(*, limit: int = BATCH, now: dt.datetime | None = None) -> int:
    """Write the messages of the next users of one fan-out; return how many, at least 1.

    Returns 0 when no fan-out is open that nobody else is at.
    """
    moment = now or timezone.now()
    with transaction.atomic():
        with cursor() as own:
            own.execute(_TAKE)
            row = own.fetchone()
        if row is None:
            return 0
        taken = Taken(*row)
        step = _step(taken, limit, moment)
        _advance(taken, step, moment)
        transaction.on_commit(lambda: nudge(MT))
    if step.written or step.reason:
        live.tell(created=[taken.organization_id])
    return max(step.written, 1)


def _step(taken: Taken, limit: int, now: dt.datetime) -> Step:
    """Write the next messages of a fan-out, until it has expired or a set of it is deleted."""
    if not audience.holds(taken.plan):
        return Step(reason=SET_GONE)
    if taken.expires_at <= now:
        missed = audience.count(taken.plan, taken.app_id, taken.after, taken.but_not)
        return Step(missed=missed, reason=PAST_EXPIRY if missed else _of_nobody(taken))
    count, last = _write(taken, limit)
    is_last = count < limit
    return Step(count, last, is_last, 0, _of_nobody(taken) if is_last and not count else None)


def _of_nobody(taken: Taken) -> Reason | None:
    """Return why a fan-out fails that has met its end: nobody was there to get a request.

    What a user says to a topic without other users has its outcome in the log already.
    """
    return None if taken.sent or taken.but_not else NOBODY


def _advance(taken: Taken, step: Step, now: dt.datetime) -> None:
    if step.reason:
        log_unreached(taken.id, taken.transid, step.reason, now)
    after, code = step.last or taken.after, step.reason.code if step.reason else 0
    finished = now if step.is_last else None
    with cursor() as own:
        own.execute(_ADVANCE, [after, step.written, step.missed, code, finished, taken.id])


def _write(taken: Taken, limit: int) -> tuple[int, str]:
    """Write a batch; return how many messages and the last user who has one."""
    sql, parameters = audience.users_sql(taken.plan, taken.app_id, taken.after)
    users: list[Any] = [*parameters, taken.but_not, limit]
    ids = request_ids(limit, now_ms=taken.transid.int >> 80)[1]
    with cursor() as own:
        if taken.thread_id is None:
            threads = [uuid7() for _ in range(limit)]
            own.execute(_THREADS.format(sql).encode(), [*users, threads, taken.id])
        own.execute(_MESSAGES.format(sql).encode(), [*users, ids, taken.id, taken.id, taken.id])
        count, last = own.fetchone() or (0, None)
    return int(count), last or ""

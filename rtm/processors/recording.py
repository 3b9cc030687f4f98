"""Writing down what came of a batch of tries: attempts, moves and receipts, in one commit."""

import datetime as dt
import uuid
from collections.abc import Sequence

import msgspec
from django.db import transaction
from psycopg.types.json import Jsonb

from imiconnect.identity import uuid7
from imiconnect.rtm.models import Attempt, Receipt
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.outcomes import Dispatched, Move
from imiconnect.rtm.processors import watermarks
from imiconnect.rtm.processors.claims import Claim
from imiconnect.rtm.processors.closing import (
    close_failed,
    forget_open,
    write_callbacks,
)
from imiconnect.rtm.protocol.envelopes import News, Told
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.sql import again_after_deadlock, bounds, copy, cursor, joining_by_hash

_encode = msgspec.json.Encoder().encode
_ATTEMPTS = """COPY rtm_attempt (id, message_id, organization_id, number, route, started_at,
  finished_at, succeeded, code, reason, detail) FROM STDIN (FORMAT BINARY)"""
_ATTEMPT_TYPES = (
    "uuid", "uuid", "uuid", "int2", "varchar", "timestamptz",
    "timestamptz", "bool", "int2", "text", "jsonb",
)  # fmt: skip
# A receipt may have come before this: then the state stays, the facts are still written. Of a
# first try that the broker took they are all that is written.
_SUBMITTED = """
UPDATE rtm_message SET attempts = attempts + 1, submitted_at = coalesce(submitted_at, %b),
  tried_at = CASE WHEN attempts = 0 THEN %b ELSE tried_at END,
  state = CASE WHEN state = 0 THEN 1 ELSE state END,
  code = CASE WHEN state <= 1 THEN 7501 ELSE code END,
  reason = CASE WHEN state <= 1 THEN '' ELSE reason END
WHERE id = ANY(%b::uuid[]) AND id >= %b AND id <= %b
RETURNING id, organization_id, state, attempts
"""
# Of those that were due by themselves; one of a batch has no due time to be taken from it. A
# wake-up during the publish has set another due time, and keeps it.
_WAITING = """
UPDATE rtm_openmessage o SET claimed_until = NULL, failures = 0,
  due_at = CASE WHEN o.due_at = u.due_at THEN NULL ELSE o.due_at END
FROM unnest(%b::uuid[], %b::timestamptz[]) u (id, due_at) WHERE o.id = u.id
"""
_DONE = "DELETE FROM rtm_messagebatch WHERE id = ANY(%b::bigint[])"
_TRIED = """
UPDATE rtm_message m SET attempts = attempts + 1,
  state = CASE WHEN m.state <= 1 THEN 0 ELSE m.state END,
  code = CASE WHEN m.state <= 1 THEN u.code ELSE m.code END,
  reason = CASE WHEN m.state <= 1 THEN u.reason ELSE m.reason END
FROM unnest(%b::uuid[], %b::int2[], %b::text[]) u (id, code, reason)
WHERE m.id = u.id AND m.id = ANY(%b::uuid[])
RETURNING m.id, m.organization_id, m.state
"""
_AGAIN = """
UPDATE rtm_openmessage o SET claimed_until = NULL, failures = failures + 1, due_at = u.due_at
FROM unnest(%b::uuid[], %b::timestamptz[]) u (id, due_at) WHERE o.id = u.id
"""
_LATER = """
UPDATE rtm_openmessage o SET claimed_until = NULL, due_at = u.due_at
FROM unnest(%b::uuid[], %b::timestamptz[]) u (id, due_at) WHERE o.id = u.id
"""
# What it says of being held stays in the payload, so that the journey has it afterwards.
_HELD = """
WITH u AS (
  SELECT * FROM unnest(%b::uuid[], %b::timestamptz[], %b::timestamptz[], %b::text[])
    u (id, due_at, expires_at, why)
), longer AS (
  UPDATE rtm_openmessage o SET expires_at = u.expires_at FROM u
  WHERE o.id = u.id AND o.expires_at < u.expires_at
)
UPDATE rtm_message m SET expires_at = greatest(m.expires_at, u.expires_at),
  payload = m.payload || jsonb_build_object('held', jsonb_build_object(
    'since', coalesce(m.payload -> 'held' ->> 'since', %b), 'until', u.due_at, 'why', u.why))
FROM u WHERE m.id = u.id AND m.state = 0 AND m.id >= %b AND m.id <= %b
RETURNING m.id, m.organization_id, m.state
"""
_REFS = """
INSERT INTO rtm_providerref
  (channel, account, provider_id, tid, app_id, address, parts, is_delivered, created_at)
SELECT DISTINCT ON (u.channel, u.account, u.id) u.channel, u.account, u.id, u.tid, u.app,
  u.address, u.parts, false, u.at
FROM unnest(%b::text[], %b::text[], %b::text[], %b::uuid[], %b::uuid[], %b::text[], %b::int2[],
  %b::timestamptz[]) u (channel, account, id, tid, app, address, parts, at)
ORDER BY u.channel, u.account, u.id, u.tid DESC
ON CONFLICT (channel, account, provider_id) DO UPDATE SET tid = excluded.tid,
  app_id = excluded.app_id, address = excluded.address, parts = excluded.parts,
  is_delivered = false, created_at = excluded.created_at
"""

# The DR processor applies it as it does every other receipt.
_DELIVERED = """
INSERT INTO rtm_receipt (tid, app_id, address, device_id, kind, code, reason, detail,
  received_at, due_at, attempts)
SELECT u.tid, u.app, u.address, '', %b, 0, '', '{}', %b, %b, 0
FROM unnest(%b::uuid[], %b::uuid[], %b::text[]) u (tid, app, address)
"""

Changed = tuple[uuid.UUID, uuid.UUID, State]


class Try(msgspec.Struct, frozen=True):
    """What came of one message of a batch; ``route`` is empty when nothing was tried."""

    claim: Claim
    told: Told
    number: int
    is_first_success: bool
    route: str
    move: Move
    sent: Dispatched | None


@again_after_deadlock
@transaction.atomic
def record(
    tries: Sequence[Try],
    closed: Sequence[uuid.UUID],
    batches: Sequence[int],
    *,
    started: dt.datetime,
    finished: dt.datetime,
) -> list[Changed]:
    """Write down what came of a step; ``closed`` are messages that had their outcome already.

    The ``batches`` that were claimed have no message left that nobody has sent, and go in the
    same commit: while one is there, its messages are sent again after its lease.

    Returns organization, message and state of those that changed.
    """
    held = _postpone([item for item in tries if not item.move.was_tried], finished)
    tries = [item for item in tries if item.move.was_tried]
    _write_refs([item for item in tries if item.sent and item.sent.provider_ids], finished)
    by_state: dict[State, list[Try]] = {state: [] for state in State}
    for item in tries:
        by_state[item.move.state].append(item)
    news = [
        News(item.told, "submitted", finished)
        for item in by_state[State.SUBMITTED]
        if item.is_first_success
    ]
    submitted, noted = _submit(by_state[State.SUBMITTED], started, finished)
    changed = held + submitted
    _write_attempts(
        [t for t in tries if t.route and t.claim.id not in noted], started, finished
    )
    _confirm([t for t in by_state[State.SUBMITTED] if t.sent and t.sent.is_delivery], finished)
    changed += _requeue(by_state[State.QUEUED])
    ended = by_state[State.FAILED] + by_state[State.EXPIRED]
    _count_last_tries([item for item in ended if item.route])
    closing = [(t.claim.id, t.move.state, t.move.code, t.move.reason) for t in ended]
    failed = close_failed(closing, finished)
    states = {item.claim.id: item.move.state for item in ended}
    changed += [(n.message.organization_id, n.message.id, states[n.message.id]) for n in failed]
    forget_open(sorted(closed))
    write_callbacks(news + failed, finished)
    if batches:
        with cursor() as own:
            own.execute(_DONE, [list(batches)])
    return changed


def _postpone(waiting: list[Try], now: dt.datetime) -> list[Changed]:
    """Set due times, and write down why some are held; return those that say something new."""
    if not waiting:
        return []
    held = [item for item in waiting if item.move.reason]
    with cursor() as own:
        ids = [item.claim.id for item in waiting]
        if held:
            ids_held, moves = [t.claim.id for t in held], [t.move for t in held]
            until, expires = [m.due_at for m in moves], [m.expires_at for m in moves]
            columns = [ids_held, until, expires, [m.reason for m in moves]]
            own.execute(_HELD, [*columns, now.isoformat(), *bounds(ids_held)])
            changed = [(org, tid, State(state)) for tid, org, state in own.fetchall()]
        own.execute(_LATER, [ids, [item.move.due_at for item in waiting]])
    return changed if held else []


def _write_attempts(tries: list[Try], started: dt.datetime, finished: dt.datetime) -> None:
    rows = (
        (
            uuid7(), t.claim.id, t.told.organization_id, t.number, t.route, started,
            finished, t.move.state == State.SUBMITTED, t.move.code, t.move.reason,
            Jsonb(t.sent.detail if t.sent else {}, dumps=_encode),
        )
        for t in tries
    )  # fmt: skip
    if tries:
        with cursor() as own:
            copy(own, _ATTEMPTS, _ATTEMPT_TYPES, rows)


def _write_refs(tries: list[Try], finished: dt.datetime) -> None:
    """Keep the provider's ids; one that comes twice belongs to the newer message."""
    rows = [(t, t.sent, name) for t in tries if t.sent for name in t.sent.provider_ids]
    if rows:
        with cursor() as own:
            own.execute(
                _REFS,
                [
                    [t.told.channel for t, _, _ in rows],
                    [sent.account for _, sent, _ in rows],
                    [name for _, _, name in rows],
                    [t.claim.id for t, _, _ in rows],
                    [t.claim.app_id for t, _, _ in rows],
                    [t.claim.address for t, _, _ in rows],
                    [len(sent.provider_ids) for _, sent, _ in rows],
                    [sent.asked_at or finished for _, sent, _ in rows],
                ],
            )
    watermarks.meet(
        [
            watermarks.Reference(
                t.told.channel,
                sent.account,
                name,
                t.claim.app_id,
                t.claim.address,
                sent.asked_at,
            )
            for t, sent, name in rows
            if sent.asked_at
        ]
    )


def _submit(
    tries: list[Try], started: dt.datetime, finished: dt.datetime
) -> tuple[list[Changed], set[uuid.UUID]]:
    """Note what has been handed over; return what changed, and whose try needs no row."""
    changed: list[Changed] = []
    noted: set[uuid.UUID] = set()
    by_broker = [item for item in tries if item.route == Attempt.BROKER]
    others = [item for item in tries if item.route != Attempt.BROKER]
    with cursor() as own:
        for part, tried_at in ((by_broker, started), (others, None)):
            if part:
                ids = [item.claim.id for item in part]
                own.execute(_SUBMITTED, [finished, tried_at, ids, *bounds(ids)])
                rows = own.fetchall()
                changed += [(org, tid, State(state)) for tid, org, state, _ in rows]
                noted |= {tid for tid, _, _, number in rows if tried_at and number == 1}
        alone = [item.claim for item in tries if item.claim.due_at]
        if alone:
            own.execute(_WAITING, [[c.id for c in alone], [c.due_at for c in alone]])
    return changed, noted


def _confirm(tries: list[Try], finished: dt.datetime) -> None:
    """Write the receipt of messages whose provider sends none."""
    if not tries:
        return
    claims = [item.claim for item in tries]
    columns = [[c.id for c in claims], [c.app_id for c in claims], [c.address for c in claims]]
    with cursor() as own:
        own.execute(_DELIVERED, [int(Receipt.Kind.DELIVERED), finished, finished, *columns])
    transaction.on_commit(lambda: nudge("dr"))


def _requeue(tries: list[Try]) -> list[Changed]:
    if not tries:
        return []
    ids = [item.claim.id for item in tries]
    codes, reasons = [t.move.code for t in tries], [t.move.reason for t in tries]
    with joining_by_hash() as own:
        own.execute(_TRIED, [ids, codes, reasons, ids])
        changed = [(org, tid, State(state)) for tid, org, state in own.fetchall()]
    with cursor() as own:
        own.execute(_AGAIN, [ids, [item.move.due_at for item in tries]])
    return changed


def _count_last_tries(tries: list[Try]) -> None:
    if tries:
        ids = [item.claim.id for item in tries]
        with cursor() as own:
            own.execute(
                "UPDATE rtm_message SET attempts = attempts + 1 WHERE id = ANY(%b::uuid[]) "
                "AND id >= %b AND id <= %b",
                [ids, *bounds(ids)],
            )

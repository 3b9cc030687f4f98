"""Providers' receipts: find the message that each one is about and hand it to the DR processor.

A provider may confirm a message before its id is written down; such a receipt waits, with
growing pauses, for a day. A message in several parts is delivered with its last part. A
receipt that names a moment is one for each message sent before it (``watermarks.py``).
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from imiconnect.rtm.models import Receipt
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.processors import watermarks
from imiconnect.rtm.processors.dr import KEEP, pause_after
from imiconnect.rtm.sql import again_after_deadlock, cursor

BATCH = 500

_NOTE = """
INSERT INTO rtm_providerreceipt
  (channel, account, provider_id, kind, code, reason, detail, received_at, due_at, attempts)
SELECT %b, %b, u.id, u.kind, u.code, u.reason, u.detail, u.at, u.at, 0
FROM unnest(%b::text[], %b::int2[], %b::int2[], %b::text[], %b::jsonb[], %b::timestamptz[])
  u (id, kind, code, reason, detail, at)
"""
_TAKE = """
WITH due AS (SELECT id FROM rtm_providerreceipt WHERE due_at <= %b ORDER BY due_at LIMIT %b
  FOR UPDATE SKIP LOCKED),
taken AS (DELETE FROM rtm_providerreceipt p USING due WHERE p.id = due.id RETURNING p.*)
SELECT t.channel, t.account, t.provider_id, t.kind, t.code, t.reason, t.detail, t.received_at,
  t.attempts, r.id, r.tid, r.parts, t.app_id, t.address
FROM taken t LEFT JOIN rtm_providerref r ON r.channel = t.channel AND r.account = t.account
  AND r.provider_id = t.provider_id
"""
_MARK = "UPDATE rtm_providerref SET is_delivered = true WHERE id = ANY(%b::int8[])"
_WHOLE = """
SELECT tid FROM rtm_providerref WHERE tid = ANY(%b::uuid[]) GROUP BY tid
HAVING bool_and(is_delivered) AND count(*) >= max(parts)
"""
_HAND_OVER = """
INSERT INTO rtm_receipt (tid, app_id, address, device_id, kind, code, reason, detail,
  received_at, due_at, attempts)
SELECT u.tid, r.app_id, r.address, '', u.kind, u.code, u.reason, u.detail, u.at, %b, 0
FROM unnest(%b::int8[], %b::uuid[], %b::int2[], %b::int2[], %b::text[], %b::jsonb[],
  %b::timestamptz[]) u (ref, tid, kind, code, reason, detail, at)
JOIN rtm_providerref r ON r.id = u.ref
"""
_PUT_BACK = """
INSERT INTO rtm_providerreceipt
  (channel, account, provider_id, kind, code, reason, detail, received_at, due_at, attempts)
SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::int2[], %b::int2[], %b::text[],
  %b::jsonb[], %b::timestamptz[], %b::timestamptz[], %b::int2[])
"""


@dataclass(frozen=True)
class ProviderNews:
    """What a provider says of a message by its own id; code and reason only of failures."""

    provider_id: str
    kind: Receipt.Kind
    code: int = 0
    reason: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    at: dt.datetime = field(default_factory=timezone.now)


def note(channel: str, account: str, news: Sequence[ProviderNews]) -> None:
    """Write receipts of one account into the inbox; part of the caller's transaction."""
    if not news:
        return
    with cursor() as own:
        own.execute(
            _NOTE,
            [
                channel,
                account,
                [item.provider_id for item in news],
                [int(item.kind) for item in news],
                [item.code for item in news],
                [item.reason for item in news],
                [Jsonb(item.detail) for item in news],
                [item.at for item in news],
            ],
        )
    transaction.on_commit(lambda: nudge("provider"))


@again_after_deadlock
@transaction.atomic
def process_due(*, limit: int = BATCH, now: dt.datetime | None = None) -> int:
    """Find the messages of a batch of receipts; return how many were taken."""
    moment = now or timezone.now()
    with cursor() as own:
        own.execute(_TAKE, [moment, limit])
        rows = own.fetchall()
        moments = [(*row[:2], *row[12:], row[3], row[7]) for row in rows if not row[2]]
        found = [row[:12] for row in rows if row[9] is not None]
        found += watermarks.below(own, moments, moment)
        whole = _whole(own, found)
        ready = [
            row
            for row in found
            if row[3] != Receipt.Kind.DELIVERED or row[11] == 1 or row[10] in whole
        ]
        if ready:
            columns = [list(column) for column in zip(*map(_receipt, ready), strict=True)]
            own.execute(_HAND_OVER, [moment, *columns])
            transaction.on_commit(lambda: nudge("dr"))
        kept = [
            _later(row, moment)
            for row in rows
            if row[2] and row[9] is None and moment - row[7] < KEEP
        ]
        if kept:
            own.execute(_PUT_BACK, [list(column) for column in zip(*kept, strict=True)])
    return len(rows)


def _whole(own: Any, found: list[tuple[Any, ...]]) -> set[uuid.UUID]:
    """Note the delivered parts; return the messages of which all parts are delivered."""
    parts = [row for row in found if row[3] == Receipt.Kind.DELIVERED and row[11] > 1]
    if not parts:
        return set()
    own.execute(_MARK, [sorted(row[9] for row in parts)])
    own.execute(_WHOLE, [[row[10] for row in parts]])
    return {row[0] for row in own.fetchall()}


def _receipt(row: tuple[Any, ...]) -> tuple[Any, ...]:
    _channel, _account, _name, kind, code, reason, detail, at, _tries, ref, tid, _parts = row
    return ref, tid, kind, code, reason, Jsonb(detail), at


def _later(row: tuple[Any, ...], now: dt.datetime) -> tuple[Any, ...]:
    tries = row[8] + 1
    return (*row[:6], Jsonb(row[6]), row[7], now + pause_after(tries), tries)

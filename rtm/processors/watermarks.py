"""Receipts by moments: all is delivered, or read, that was sent to a customer until then.

Such a receipt may come while a message is on its way to the provider, before the provider's
id of it is written down. So the newest moments are kept, and whoever comes second applies
them: the receipt to what is written, or the writing to what is told. Both hold the row of
the customer for that, in the order of apps and addresses, until they commit.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from imiconnect.rtm.models import Receipt
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.sql import NIL, cursor

#: How far the provider's clock may be behind ours.
SKEW = dt.timedelta(milliseconds=100)
#: A customer's messages below a mark: no more than these are looked through.
_MOST = 200
_DELIVERED, _READ = int(Receipt.Kind.DELIVERED), int(Receipt.Kind.READ)

_NOTE = """
INSERT INTO rtm_providerreceipt (channel, account, provider_id, app_id, address, kind, code,
  reason, detail, received_at, due_at, attempts)
SELECT %b, %b, '', %b, u.address, u.kind, 0, '', '{}', u.until, u.until, 0
FROM unnest(%b::text[], %b::int2[], %b::timestamptz[]) u (address, kind, until)
"""
_HOLD = """
INSERT INTO rtm_watermark (app_id, address, held_at)
SELECT DISTINCT u.app, u.address, %b::timestamptz
FROM unnest(%b::uuid[], %b::text[]) u (app, address) ORDER BY u.app, u.address
ON CONFLICT (app_id, address) DO UPDATE SET held_at = excluded.held_at
RETURNING app_id, address, delivered_until, read_until
"""
_RAISE = """
UPDATE rtm_watermark w SET
  delivered_until = CASE WHEN u.kind = %b THEN u.until ELSE w.delivered_until END,
  read_until = CASE WHEN u.kind = %b THEN u.until ELSE w.read_until END
FROM unnest(%b::uuid[], %b::text[], %b::int2[], %b::timestamptz[])
  u (app, address, kind, until)
WHERE w.app_id = u.app AND w.address = u.address AND u.kind = %b
"""
# As rows of the inbox that have met their message; of what was sent above the former mark.
_BELOW = f"""
SELECT u.channel, u.account, r.provider_id, u.kind, 0::int2, '', '{{}}'::jsonb, u.until,
  0::int2, r.id, r.tid, r.parts
FROM unnest(%b::text[], %b::text[], %b::uuid[], %b::text[], %b::int2[], %b::timestamptz[],
  %b::timestamptz[]) u (channel, account, app, address, kind, after, until)
CROSS JOIN LATERAL (
  SELECT * FROM rtm_providerref f WHERE f.app_id = u.app AND f.address = u.address
    AND NOT f.app_id = '{NIL}'::uuid AND f.channel = u.channel AND f.account = u.account
    AND f.created_at > u.after + %b::interval AND f.created_at <= u.until + %b::interval
  ORDER BY f.created_at DESC LIMIT {_MOST}) r
"""  # noqa: S608 - constants of this module
_MEET = f"""
INSERT INTO rtm_providerreceipt
  (channel, account, provider_id, kind, code, reason, detail, received_at, due_at, attempts)
SELECT u.channel, u.account, u.id, k.kind, 0, '', '{{}}', k.until, %b, 0
FROM unnest(%b::text[], %b::text[], %b::text[], %b::uuid[], %b::text[], %b::timestamptz[])
  u (channel, account, id, app, address, asked_at)
JOIN rtm_watermark w ON w.app_id = u.app AND w.address = u.address
CROSS JOIN LATERAL (VALUES ({_DELIVERED}, w.delivered_until), ({_READ}, w.read_until))
  k (kind, until)
WHERE u.asked_at <= k.until + %b::interval
"""  # noqa: S608 - constants of this module


@dataclass(frozen=True)
class Until:
    """What a provider says: all that was sent to ``address`` until ``at`` is so."""

    address: str
    kind: Receipt.Kind
    at: dt.datetime


@dataclass(frozen=True)
class Reference:
    """A provider's id of a message, and when the provider was asked to take it."""

    channel: str
    account: str
    provider_id: str
    app_id: uuid.UUID
    address: str
    asked_at: dt.datetime


def note(channel: str, account: str, app_id: uuid.UUID, told: Sequence[Until]) -> None:
    """Write what a provider says into its inbox; part of the caller's transaction."""
    if not told:
        return
    columns: list[list[Any]] = [
        [item.address for item in told],
        [int(item.kind) for item in told],
        [item.at for item in told],
    ]
    with cursor() as own:
        own.execute(_NOTE, [channel, account, app_id, *columns])
    transaction.on_commit(lambda: nudge("provider"))


def below(own: Any, rows: Sequence[tuple[Any, ...]], now: dt.datetime) -> list[tuple[Any, ...]]:
    """Raise the marks, and return a row of the inbox for each message that they are about.

    ``rows`` are channel, account, app, address, kind and moment. A moment that is not above
    the kept one is known already; the messages below that one are told of already.
    """
    if not rows:
        return []
    marks = _held(own, [row[2] for row in rows], [row[3] for row in rows], now)
    highest: dict[tuple[Any, ...], dt.datetime] = {}
    for *key, at in rows:
        highest[tuple(key)] = max(at, highest.get(tuple(key), at))
    raised = [
        (*key, after, at)
        for key, at in highest.items()
        if (after := marks[key[2], key[3]].get(key[4]) or _BEGINNING) < at
    ]
    if not raised:
        return []
    columns = [list(column) for column in zip(*raised, strict=True)]
    own.execute(_BELOW, [*columns, SKEW, SKEW])
    found: list[tuple[Any, ...]] = own.fetchall()
    for kind in (_DELIVERED, _READ):
        own.execute(_RAISE, [_DELIVERED, _READ, *columns[2:5], columns[6], kind])
    return found


def meet(references: Sequence[Reference]) -> None:
    """Hand messages that are just written down the receipts that came before that.

    Part of the caller's transaction, which has written the references.
    """
    if not references:
        return
    now = timezone.now()
    with cursor() as own:
        _held(own, [r.app_id for r in references], [r.address for r in references], now)
        columns: list[list[Any]] = [
            [r.channel for r in references],
            [r.account for r in references],
            [r.provider_id for r in references],
            [r.app_id for r in references],
            [r.address for r in references],
            [r.asked_at for r in references],
        ]
        own.execute(_MEET, [now, *columns, SKEW])
        if own.rowcount:
            transaction.on_commit(lambda: nudge("provider"))


#: Before everything: no mark has been told.
_BEGINNING = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _held(
    own: Any, apps: list[uuid.UUID], addresses: list[str], now: dt.datetime
) -> dict[tuple[uuid.UUID, str], dict[int, dt.datetime | None]]:
    """Hold the rows of customers until the end of the transaction; return their marks."""
    own.execute(_HOLD, [now, apps, addresses])
    return {
        (app, address): {_DELIVERED: delivered, _READ: read}
        for app, address, delivered, read in own.fetchall()
    }

"""Closing messages and telling of it: the statements that every processor shares.

Whoever's UPDATE returns the row writes its receipt, in the same transaction.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from imiconnect.identity import uuid7
from imiconnect.rtm.callbacks.nudge import nudge as nudge_callbacks
from imiconnect.rtm.processors.facts import receipt_wishes
from imiconnect.rtm.protocol.envelopes import News, Told, receipt
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.rules.sources import note_receipts
from imiconnect.rtm.sql import copy, cursor, joining_by_hash

#: What a receipt needs of its message, in the order of ``Told``.
TOLD = """m.id, m.organization_id, m.service_id, m.app_id, m.transid, m.channel, m.address,
  m.address_type, m.payload ->> 'to', m.correlation_id, m.callback_data, m.notify_url"""
_CLOSE = f"""
UPDATE rtm_message m SET state = u.state, code = u.code, reason = u.reason, is_failed = true,
  closed_at = %b
FROM unnest(%b::uuid[], %b::int2[], %b::int2[], %b::text[]) u (id, state, code, reason)
WHERE m.id = u.id AND m.id = ANY(%b::uuid[]) AND m.state IN (0, 1)
RETURNING {TOLD}, m.code, m.reason
"""  # noqa: S608 - constants of this module
_FORGET = "DELETE FROM rtm_openmessage WHERE id = ANY(%b::uuid[])"
_CALLBACKS = """COPY rtm_callback (id, created_at, organization_id, service_id, message_id,
  kind, event, url, body, state, attempts, due_at) FROM STDIN (FORMAT BINARY)"""
_CALLBACK_TYPES = (
    "uuid", "timestamptz", "uuid", "uuid", "uuid",
    "varchar", "varchar", "text", "text", "varchar", "int2", "timestamptz",
)  # fmt: skip


def close_failed(
    moves: Sequence[tuple[uuid.UUID, State, int, str]], now: dt.datetime
) -> list[News]:
    """Fail or expire the messages that are still open; call it inside a transaction.

    Returns what to tell of those that this call has closed; the others were closed before.
    """
    if not moves:
        return []
    columns = [list(column) for column in zip(*sorted(moves), strict=True)]
    with joining_by_hash() as own:
        own.execute(_CLOSE, [now, *columns, columns[0]])
        rows = own.fetchall()
    forget_open(columns[0])
    return [News(Told(*row[:12]), "failed", now, row[12], row[13]) for row in rows]


def forget_open(ids: list[uuid.UUID]) -> None:
    """Take messages that have their outcome off the working table."""
    if ids:
        with cursor() as own:
            own.execute(_FORGET, [ids])


def write_callbacks(news: Iterable[News], now: dt.datetime) -> int:
    """Write the receipts that services have asked for to the outbox; return how many.

    Rules of services hear of them too.
    """
    news = list(news)
    wishes = receipt_wishes(item.message.service_id for item in news)
    rows = [row for item in news if (row := _callback(item, wishes, now))]
    ruled = {key for key, wish in wishes.items() if wish.has_rules}
    if ruled:
        note_receipts(item for item in news if item.message.service_id in ruled)
    return _outbox(rows)


def write_inbound_callbacks(rows: Iterable[tuple[Any, ...]], now: dt.datetime) -> int:
    """Write incoming messages: ``(organization, service, message, url, body, due)`` each."""
    full = [
        (uuid7(), now, org, service, message, "mo", "incoming", url, body, "pending", 0, due)
        for org, service, message, url, body, due in rows
    ]
    return _outbox(full)


def _outbox(rows: list[tuple[Any, ...]]) -> int:
    if rows:
        with cursor() as own:
            copy(own, _CALLBACKS, _CALLBACK_TYPES, rows)
        transaction.on_commit(nudge_callbacks)
    return len(rows)


def _callback(item: News, wishes: dict[Any, Any], now: dt.datetime) -> tuple[Any, ...] | None:
    told = item.message
    wish = wishes.get(told.service_id)
    if wish is None or not wish.wants(told.channel, item.kind, told.notify_url):
        return None
    url = told.notify_url or wish.url
    return (
        uuid7(), now, told.organization_id, told.service_id, told.id,
        "dr", item.kind, url, receipt(item), "pending", 0, now,
    )  # fmt: skip

"""Accepting orders: one question to the database, one INSERT, one commit for a whole batch.

Who may send is asked freshly each time, for all keys of the batch at once, so a suspended
service stops with the next request. Accepted means committed.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from psycopg.types.json import Json

from imiconnect.apps.policy import Policy, expiry_of
from imiconnect.rtm.intake import idempotency, spreads, templates
from imiconnect.rtm.intake.addresses import Line, channels_of
from imiconnect.rtm.intake.answers import (
    APP_INVALID,
    KEY_MISSING,
    NOT_AUTHENTICATED,
    SERVICE_INACTIVE,
    Refusal,
    queued,
    wrong_source,
)
from imiconnect.rtm.intake.http import Answer
from imiconnect.rtm.intake.orders import Order
from imiconnect.rtm.intake.pool import Connection, query
from imiconnect.rtm.intake.spreads import Spread
from imiconnect.rtm.lanes import MT
from imiconnect.rtm.models import MessageBatch
from imiconnect.rtm.permission import ALLOCATED, USABLE
from imiconnect.rtm.protocol.ids import request_ids
from imiconnect.rtm.sql import NIL
from imiconnect.sources import is_allowed

_encode = msgspec.json.Encoder().encode

_RESOLVE = f"""
SELECT w.number, s.id, s.organization_id, s.state = 'live' AND o.is_active, a.id,
  a.state = 'active', a.policy, a.channel_type, {ALLOCATED}, {USABLE}, r.id, r.name,
  s.allowed_sources
FROM unnest(%b::int4[], %b::text[], %b::uuid[], %b::text[]) w (number, digest, service, app)
LEFT JOIN sharing_servicekey k ON k.digest = w.digest
  AND (k.expires_at IS NULL OR k.expires_at > now())
JOIN sharing_service s ON s.id = coalesce(k.service_id, w.service)
JOIN accounts_organization o ON o.id = s.organization_id
LEFT JOIN rtm_servicestream v ON v.service_id = s.id
LEFT JOIN rtm_stream r ON r.id = v.stream_id
LEFT JOIN apps_app a ON a.app_id = w.app AND a.organization_id = s.organization_id
"""  # noqa: S608 - constants of this package
# What all messages of a request have in common travels once, and is joined to them here. What
# goes to the broker is due as a batch; a provider's messages are due one by one. Rows travel as
# JSON: for a few of them twenty arrays took a quarter of this process's time.
_INSERT = f"""
WITH orders AS (
  SELECT * FROM json_to_recordset(%b) o (number int4, transid uuid, organization uuid,
    service uuid, app uuid, payload jsonb, callback_data text, notify_url text, priority int2,
    expires_at timestamptz, created_at timestamptz, channel text, lane text)),
lines AS (
  SELECT * FROM ROWS FROM (json_to_recordset(%b) AS (id uuid, number int4, thread uuid,
    address text, address_type text, extra jsonb, correlation_id text)) WITH ORDINALITY
    l (id, number, thread, address, address_type, extra, correlation_id, place)),
working AS (
  INSERT INTO rtm_openmessage (id, app_id, address, lane, priority, due_at, expires_at)
  SELECT l.id, o.app, l.address, o.lane, o.priority,
    CASE WHEN o.lane <> '{MT}' THEN o.created_at END, o.expires_at
  FROM lines l JOIN orders o USING (number)),
batches AS (
  INSERT INTO rtm_messagebatch (priority, due_at, size, messages)
  SELECT o.priority, min(o.created_at), count(*), array_agg(l.id)
  FROM lines l JOIN orders o USING (number) WHERE o.lane = '{MT}'
  GROUP BY o.priority, (l.place - 1) / {MessageBatch.MOST})
INSERT INTO rtm_message (id, transid, organization_id, service_id, app_id, thread_id, channel,
  address, address_type, correlation_id, callback_data, notify_url, priority, payload,
  expires_at, created_at)
SELECT l.id, o.transid, o.organization, o.service, nullif(o.app, '{NIL}'), l.thread,
  o.channel, l.address, l.address_type, l.correlation_id, o.callback_data, o.notify_url,
  o.priority, CASE WHEN l.extra IS NULL THEN o.payload ELSE o.payload || l.extra END,
  o.expires_at, o.created_at
FROM lines l JOIN orders o USING (number)
"""  # noqa: S608 - constants of this package


@dataclass
class Sender:
    """The service that sends an order and the app, ``NIL`` on a medium that needs none."""

    service_id: uuid.UUID
    organization_id: uuid.UUID
    app_id: uuid.UUID
    policy: Policy
    #: The one stream of the service, if it has one.
    stream_id: uuid.UUID | None = None
    stream: str = ""


@dataclass
class Accepted:
    """An order on its way into the log."""

    order: Order
    sender: Sender
    transid: uuid.UUID
    lines: list[Line] = field(default_factory=list)
    spreads: list[Spread] = field(default_factory=list)

    @property
    def expires_at(self) -> dt.datetime:
        """When its messages expire, as the request or the app's policy says."""
        order = self.order
        needs_inbox = order.medium.needs_inbox
        return expiry_of(
            self.sender.policy, order.received_at, order.expires_at, needs_inbox=needs_inbox
        )


async def accept(connection: Connection, orders: Sequence[Order]) -> list[Answer | Refusal]:
    """Commit a batch of orders; return for each its answer or why it was refused."""
    results: list[Answer | Refusal | None] = [None] * len(orders)
    senders = await _senders(connection, orders)
    accepted: dict[int, Accepted] = {}
    for number, (order, sender) in enumerate(zip(orders, senders, strict=True)):
        if isinstance(sender, Refusal):
            results[number] = sender
        else:
            order.transid = request_ids(0)[0]
            accepted[number] = Accepted(order, sender, order.transid)
    refused: dict[int, Accepted] = {}
    for step in (templates.fill, _fill):
        for number, refusal in (await step(connection, accepted)).items():
            results[number] = refusal
            refused[number] = accepted.pop(number)
    for number, answer in (await idempotency.answered(connection, refused)).items():
        results[number] = answer
    if any(item.order.idempotency_key or item.spreads for item in accepted.values()):
        async with connection.transaction():
            known = await idempotency.take(connection, accepted)
            new = [item for number, item in accepted.items() if number not in known]
            await _insert(connection, new)
            await spreads.insert(connection, new)
        for number, result in known.items():
            results[number] = result
    else:
        await _insert(connection, list(accepted.values()))
    return [
        result or queued(accepted[number].transid, orders[number].answers)
        for number, result in enumerate(results)
    ]


async def _fill(connection: Connection, accepted: dict[int, Accepted]) -> dict[int, Refusal]:
    """Let each medium make the lines of its orders."""
    by_medium: dict[str, dict[int, Accepted]] = {}
    for number, item in accepted.items():
        by_medium.setdefault(item.order.medium.channel, {})[number] = item
    refused: dict[int, Refusal] = {}
    for orders in by_medium.values():
        medium = next(iter(orders.values())).order.medium
        refused |= await medium.fill(connection, orders)
    return refused


async def _senders(connection: Connection, orders: Sequence[Order]) -> list[Sender | Refusal]:
    wanted = {(order.key_digest, order.service_id, order.app_id): 0 for order in orders}
    for number, key in enumerate(wanted):
        wanted[key] = number
    keys = list(wanted)
    rows = await query(
        connection,
        _RESOLVE,
        [
            list(range(len(keys))),
            [digest for digest, _, _ in keys],
            [service for _, service, _ in keys],
            [app for _, _, app in keys],
        ],
    )
    found = {row[0]: row for row in rows}
    nobody = Refusal(NOT_AUTHENTICATED, "The service key is not valid.")
    senders: list[Sender | Refusal] = []
    for order in orders:
        row = found.get(wanted[(order.key_digest, order.service_id, order.app_id)])
        senders.append(_sender(row, order) if row else nobody)
    return senders


def _sender(row: tuple[Any, ...], order: Order) -> Sender | Refusal:
    medium = order.medium
    _, service, organization, is_live, app, is_on, policy, channel_type, *rest = row
    allocated, usable, stream_id, stream, sources = rest
    if order.key_digest and not is_allowed(sources, order.source):
        return wrong_source(order.source)
    if not is_live:
        return Refusal(SERVICE_INACTIVE, "The service is not live.")
    if not medium.needs_app:
        return Sender(service, organization, NIL, Policy())
    if app is None or not allocated:
        return Refusal(APP_INVALID, "appid is not an app that this service uses.")
    if not usable:
        return Refusal(APP_INVALID, "The app is not shared with this service any more.")
    if not is_on:
        return Refusal(APP_INVALID, "The app is off.")
    if medium.channel not in channels_of(channel_type):
        return Refusal(APP_INVALID, "appid is not an app of this channel.")
    known = msgspec.convert(policy, Policy, strict=False)
    return Sender(service, organization, app, known, stream_id, stream or "")


async def _insert(connection: Connection, accepted: list[Accepted]) -> None:
    if not accepted:
        return
    ids: list[uuid.UUID] = []
    lines: list[tuple[int, Line]] = []
    for number, item in enumerate(accepted):
        now_ms = item.transid.int >> 80
        ids += request_ids(len(item.lines), now_ms=now_ms)[1]
        lines += [(number, line) for line in item.lines]
    rows = [Json(_order_rows(accepted), _encode), Json(_line_rows(ids, lines), _encode)]
    await query(connection, _INSERT, rows)


def _order_rows(accepted: list[Accepted]) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "transid": item.transid,
            "organization": item.sender.organization_id,
            "service": item.sender.service_id,
            "app": item.sender.app_id,
            "payload": item.order.payload,
            "callback_data": item.order.callback_data,
            "notify_url": item.order.notify_url,
            "priority": item.order.priority,
            "expires_at": item.expires_at,
            "created_at": item.order.received_at,
            "channel": item.order.medium.channel,
            "lane": item.order.medium.lane,
        }
        for number, item in enumerate(accepted)
    ]


def _line_rows(ids: list[uuid.UUID], lines: list[tuple[int, Line]]) -> list[dict[str, Any]]:
    return [
        {
            "id": key,
            "number": number,
            "thread": line.thread_id,
            "address": line.address,
            "address_type": line.kind,
            "extra": line.extra or None,
            "correlation_id": line.correlation_id,
        }
        for key, (number, line) in zip(ids, lines, strict=True)
    ]


def key_missing() -> Refusal:
    """Return the refusal of a request without a key."""
    return Refusal(KEY_MISSING, "The header key with the service key is missing.")

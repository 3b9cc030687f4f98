"""Orders to topics and segments: each becomes a fan-out, which the processor works off."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from psycopg.types.json import Jsonb

from imiconnect.identity import uuid7
from imiconnect.rtm.audience import (
    SEGMENTS,
    TOPICS,
    NoSuchName,
    read_criteria,
    topics_in,
    with_segments,
    with_topics,
)
from imiconnect.rtm.intake.answers import Refusal, invalid
from imiconnect.rtm.intake.pool import Connection, query
from imiconnect.rtm.protocol import expressions
from imiconnect.rtm.protocol.expressions import Plan, WrongExpression

if TYPE_CHECKING:
    from imiconnect.rtm.intake.accept import Accepted

_encode = msgspec.json.Encoder().encode
KINDS = ("topic", "segment")

_INSERT = """
INSERT INTO rtm_fanout (id, created_at, transid, organization_id, service_id, app_id, kind,
  named, plan, thread_id, stream_id, payload, correlation_id, callback_data, notify_url,
  priority, accepted_at, expires_at)
SELECT u.id, u.at, u.transid, u.organization, u.service, u.app, u.kind, u.named, u.plan,
  u.thread, u.stream, u.payload, u.correlation, u.callback_data, u.notify_url, u.priority,
  u.at, u.expires_at
FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::uuid[], %b::uuid[], %b::text[], %b::text[],
  %b::jsonb[], %b::uuid[], %b::uuid[], %b::jsonb[], %b::text[], %b::text[], %b::text[],
  %b::int2[], %b::timestamptz[], %b::timestamptz[])
  u (id, transid, organization, service, app, kind, named, plan, thread, stream, payload,
     correlation, callback_data, notify_url, priority, at, expires_at)
"""


@dataclass(slots=True)
class Spread:
    """One destination of an order that stands for many users."""

    kind: str
    named: str
    plan: Plan
    correlation_id: str
    thread_id: uuid.UUID | None = None

    @property
    def topic_id(self) -> uuid.UUID | None:
        """The topic, where the destination is one by itself."""
        return uuid.UUID(self.plan[1]) if self.plan[0] == "topic" else None


async def plan(connection: Connection, accepted: "dict[int, Accepted]") -> dict[int, Refusal]:
    """Give orders their spreads; return those that name what their app does not have."""
    asked = [
        (number, item, target)
        for number, item in accepted.items()
        for target in item.order.destinations
        if target.kind in KINDS
    ]
    if not asked:
        return {}
    parsed = {target.id: expressions.parse(target.id) for _, _, target in asked}
    of_segments = {
        (item.sender.app_id, name.lower())
        for _, item, target in asked
        if target.kind == "segment"
        for name in expressions.names_of(parsed[target.id])
    }
    segments = {
        (row[0], row[1]): (row[2], row[3])
        for row in await _named(connection, SEGMENTS, of_segments)
    }
    criteria = read_criteria(text for _key, text in segments.values())
    of_topics = {
        (item.sender.app_id, name.lower())
        for _, item, target in asked
        if target.kind == "topic"
        for name in expressions.names_of(parsed[target.id])
    } | {
        (app, name.lower())
        for (app, _), (_key, text) in segments.items()
        if text
        for name in topics_in(criteria[text])
    }
    topics = {(row[0], row[1]): row[2] for row in await _named(connection, TOPICS, of_topics)}
    refused: dict[int, Refusal] = {}
    for number, item, target in asked:
        app = item.sender.app_id
        own = {name: key for (owner, name), key in topics.items() if owner == app}
        try:
            if target.kind == "topic":
                made = with_topics(parsed[target.id], own)
            else:
                listed = {name: key for (owner, name), key in segments.items() if owner == app}
                made = with_segments(parsed[target.id], listed, criteria, own)
        except (NoSuchName, WrongExpression) as error:
            refused[number] = invalid(str(error))
        else:
            spread = Spread(target.kind, target.id, made, target.correlation_id)
            item.spreads.append(spread)
    return refused


async def _named(
    connection: Connection, statement: Any, names: Iterable[tuple[uuid.UUID, str]]
) -> list[tuple[Any, ...]]:
    wanted = list(names)
    if not wanted:
        return []
    columns = [list(column) for column in zip(*wanted, strict=True)]
    return await query(connection, statement, columns)


async def insert(connection: Connection, accepted: "Iterable[Accepted]") -> None:
    """Write the fan-outs of accepted orders; call it in the transaction of their messages."""
    rows = [_row(item, spread) for item in accepted for spread in item.spreads]
    if rows:
        await query(connection, _INSERT, [list(column) for column in zip(*rows, strict=True)])


def _row(item: "Accepted", spread: Spread) -> tuple[Any, ...]:
    order, sender = item.order, item.sender
    payload = order.payload | {"to": spread.named, "groupTid": str(item.transid)}
    if spread.kind == "topic":
        payload["topic"] = spread.named
    return (
        uuid7(), item.transid, sender.organization_id, sender.service_id, sender.app_id,
        spread.kind, spread.named, Jsonb(spread.plan, dumps=_encode), spread.thread_id,
        sender.stream_id, Jsonb(payload, dumps=_encode), spread.correlation_id,
        order.callback_data, order.notify_url, order.priority, order.received_at,
        item.expires_at,
    )  # fmt: skip


def checked(kind: str, text: str, where: str) -> str:
    """Return the expression of a destination; raises ``Refusal`` 7004 for what is none."""
    try:
        expressions.parse(text)
    except WrongExpression as error:
        raise invalid(f"{where}: {error}") from None
    return text

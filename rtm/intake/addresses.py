"""From the destinations of orders to users and threads, for a batch at a time."""

import datetime as dt
import time
import uuid
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from imiconnect.apps.channel_types import registry
from imiconnect.rtm.default_threads import FIND, MAKE, Place, find_arguments, make_arguments
from imiconnect.rtm.intake import spreads
from imiconnect.rtm.intake.answers import Refusal, invalid
from imiconnect.rtm.intake.pool import Connection, query
from imiconnect.rtm.intake.spreads import Spread

if TYPE_CHECKING:
    from imiconnect.rtm.intake.accept import Accepted

#: Default threads are never changed, so their ids may be kept for a while.
_KEEP_SECONDS, _KEEP_MOST = 60.0, 50_000
_kept: dict[Place, tuple[float, uuid.UUID]] = {}

_BY_CUSTOMER = """
SELECT DISTINCT u.app, u.id, d.user_id
FROM unnest(%b::uuid[], %b::uuid[], %b::text[]) u (organization, app, id)
JOIN rtm_customer c ON c.organization_id = u.organization AND c.customer_id = u.id
JOIN rtm_device d ON d.customer_id = c.id AND d.app_id = u.app AND d.unregistered_at IS NULL
"""
_BY_DEVICE = """
SELECT DISTINCT u.app, u.id, d.user_id
FROM unnest(%b::uuid[], %b::uuid[], %b::text[]) u (organization, app, id)
JOIN rtm_device d ON d.app_id = u.app AND d.device_id = u.id AND d.unregistered_at IS NULL
"""
_THREADS = """
SELECT id, app_id, user_id, topic_id, stream_id, service_id FROM rtm_thread
WHERE id = ANY(%b::uuid[])
"""


@dataclass(slots=True)
class Line:
    """One message of an order: where it goes and in which thread.

    ``extra`` is added to the order's payload: ``to`` is what the request named when that is
    not the address.
    """

    address: str
    kind: str
    extra: dict[str, Any] | None
    correlation_id: str
    thread_id: uuid.UUID | None = None


@cache
def channels_of(channel_type: str) -> frozenset[str]:
    """Return the media that apps of a channel type serve; none for one not installed."""
    kind = registry.by_slug().get(channel_type)
    return frozenset({kind.channel, *kind.receipts}) if kind else frozenset()


async def fill(connection: Connection, accepted: "dict[int, Accepted]") -> dict[int, Refusal]:
    """Give every order its lines and spreads; return the orders with a wrong name in them."""
    refused = await spreads.plan(connection, accepted)
    users = await _users(connection, accepted)
    for item in accepted.values():
        for target in item.order.destinations:
            if target.kind in spreads.KINDS:
                continue
            if target.kind == "userid":
                item.lines.append(Line(target.id, "userid", None, target.correlation_id))
                continue
            # One that has no user yet keeps an empty address; the processor fails it (7105).
            for user in users.get((item.sender.app_id, target.kind, target.id)) or [""]:
                named = {"to": target.id}
                item.lines.append(Line(user, target.kind, named, target.correlation_id))
    rest = {number: item for number, item in accepted.items() if number not in refused}
    return refused | await give_threads(connection, rest)


async def give_threads(
    connection: Connection, accepted: "dict[int, Accepted]"
) -> dict[int, Refusal]:
    """Give the lines of orders their threads; return the orders that name a wrong one."""
    refused = _foreign_streams(accepted)
    refused |= await _named_threads(connection, accepted)
    rest = [
        item
        for number, item in accepted.items()
        if number not in refused and not item.order.thread_id
    ]
    await _default_threads(connection, rest)
    return refused


def _foreign_streams(accepted: "dict[int, Accepted]") -> dict[int, Refusal]:
    """Return the orders that name another stream than the one of their service."""
    return {
        number: invalid("stream is not the stream of this service.")
        for number, item in accepted.items()
        if item.order.stream not in ("", item.sender.stream)
    }


async def _users(
    connection: Connection, accepted: "dict[int, Accepted]"
) -> dict[tuple[uuid.UUID, str, str], list[str]]:
    """Return the users behind customer ids and device ids, by app, kind and id."""
    found: dict[tuple[uuid.UUID, str, str], list[str]] = {}
    for kind, statement in (("customerid", _BY_CUSTOMER), ("deviceid", _BY_DEVICE)):
        wanted = {
            (item.sender.organization_id, item.sender.app_id, target.id)
            for item in accepted.values()
            for target in item.order.destinations
            if target.kind == kind
        }
        if not wanted:
            continue
        columns = [list(column) for column in zip(*wanted, strict=True)]
        for app, name, user in await query(connection, statement, columns):
            found.setdefault((app, kind, name), []).append(user)
    return found


async def _named_threads(
    connection: Connection, accepted: "dict[int, Accepted]"
) -> dict[int, Refusal]:
    named = {n: item for n, item in accepted.items() if item.order.thread_id}
    if not named:
        return {}
    ids = list({item.order.thread_id for item in named.values()})
    rows = {row[0]: row[1:] for row in await query(connection, _THREADS, [ids])}
    refused: dict[int, Refusal] = {}
    for number, item in named.items():
        thread = item.order.thread_id
        facts = rows.get(thread)
        wrong = _unfit(item, *facts) if facts else "thread is not a thread of this app."
        if wrong:
            refused[number] = invalid(wrong)
            continue
        for line in item.lines:
            line.thread_id = thread
        for spread in item.spreads:
            spread.thread_id = thread
    return refused


def _unfit(
    item: "Accepted",
    app: uuid.UUID,
    user: str,
    topic: uuid.UUID | None,
    stream: uuid.UUID | None,
    service: uuid.UUID | None,
) -> str:
    """Return why a thread cannot take an order, as a sentence; empty when it can."""
    sender = item.sender
    if app != sender.app_id:
        return "thread is not a thread of this app."
    if stream not in (None, sender.stream_id) and service != sender.service_id:
        return "thread is in a stream that this service does not use."
    if user and item.spreads:
        return "thread is one user's, so it takes nothing for a topic or segment."
    if user and any(line.address not in ("", user) for line in item.lines):
        return "thread is another user's."
    if topic and (item.lines or any(s.topic_id != topic for s in item.spreads)):
        return "thread is a topic's: name that topic as the destination."
    return ""


async def _default_threads(connection: Connection, accepted: "list[Accepted]") -> None:
    """Put lines into the default threads of their users, and spreads into their topics'."""
    now = time.monotonic()
    if len(_kept) > _KEEP_MOST:
        _kept.clear()
    places = [(part, item, _place(item, part)) for item in accepted for part in _parts(item)]
    wanted: dict[Place, uuid.UUID | None] = {}
    for _part, item, place in places:
        kept = _kept.get(place)
        if kept is None or kept[0] < now:
            wanted[place] = item.sender.service_id
    if wanted:
        await _find_or_make(connection, wanted, now)
    for part, _item, place in places:
        kept = _kept.get(place)
        part.thread_id = kept[1] if kept else None


def _parts(item: "Accepted") -> list[Line | Spread]:
    """Return what has a default thread: not an expression, whose users have their own."""
    lines = [line for line in item.lines if line.address]
    return [*lines, *(spread for spread in item.spreads if spread.topic_id)]


def _place(item: "Accepted", part: Line | Spread) -> Place:
    app, stream = item.sender.app_id, item.sender.stream_id
    if isinstance(part, Spread):
        return (app, "", stream, part.topic_id)
    return (app, part.address, stream, None)


async def _find_or_make(
    connection: Connection, wanted: dict[Place, uuid.UUID | None], now: float
) -> None:
    missing = dict(wanted)
    for step in ("find", "make"):
        if step == "make":
            moment = dt.datetime.now(dt.UTC)
            await query(connection, MAKE, make_arguments(missing, moment))
        for row in await query(connection, FIND, find_arguments(missing)):
            place: Place = row[:4]
            _kept[place] = (now + _KEEP_SECONDS, row[4])
            missing.pop(place, None)
        if not missing:
            return

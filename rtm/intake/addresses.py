"""From the destinations of orders to users and threads, for a batch at a time."""

import datetime as dt
import time
import uuid
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from imiconnect.apps.channel_types import registry
from imiconnect.rtm.default_threads import FIND, MAKE, Place, find_arguments, make_arguments
from imiconnect.rtm.intake.answers import Refusal, invalid
from imiconnect.rtm.intake.pool import Connection, query

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
_STREAMS = """
SELECT r.organization_id, r.name, r.id
FROM unnest(%b::uuid[], %b::text[]) u (organization, name)
JOIN rtm_stream r ON r.organization_id = u.organization AND r.name = u.name
"""
_THREADS = "SELECT id, app_id, user_id FROM rtm_thread WHERE id = ANY(%b::uuid[])"


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
def channel_of(channel_type: str) -> str:
    """Return the medium of a channel type, empty for one that is not installed."""
    kind = registry.by_slug().get(channel_type)
    return kind.channel if kind else ""


async def fill(connection: Connection, accepted: "dict[int, Accepted]") -> dict[int, Refusal]:
    """Give every order its lines; return the orders that name a wrong thread or stream."""
    users = await _users(connection, accepted)
    for item in accepted.values():
        for target in item.order.destinations:
            if target.kind == "userid":
                item.lines.append(Line(target.id, "userid", None, target.correlation_id))
                continue
            # One that has no user yet keeps an empty address; the processor fails it (7105).
            for user in users.get((item.sender.app_id, target.kind, target.id)) or [""]:
                named = {"to": target.id}
                item.lines.append(Line(user, target.kind, named, target.correlation_id))
    refused = await _named_threads(connection, accepted)
    rest = {
        n: item for n, item in accepted.items() if n not in refused and not item.order.thread_id
    }
    return refused | await _default_threads(connection, rest)


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
        app, user = rows.get(thread, (None, ""))
        if app != item.sender.app_id:
            refused[number] = invalid("thread is not a thread of this app.")
        elif user and any(line.address not in ("", user) for line in item.lines):
            refused[number] = invalid("thread is another user's.")
        else:
            for line in item.lines:
                line.thread_id = thread
    return refused


async def _default_threads(
    connection: Connection, accepted: "dict[int, Accepted]"
) -> dict[int, Refusal]:
    streams, refused = await _streams(connection, accepted)
    now = time.monotonic()
    if len(_kept) > _KEEP_MOST:
        _kept.clear()
    wanted: dict[Place, uuid.UUID | None] = {}
    for number, item in accepted.items():
        if number in refused:
            continue
        for line in item.lines:
            place = (item.sender.app_id, line.address, streams.get(number))
            kept = _kept.get(place)
            if line.address and (kept is None or kept[0] < now):
                wanted[place] = item.sender.service_id
    if wanted:
        await _find_or_make(connection, wanted, now)
    for number, item in accepted.items():
        if number not in refused:
            stream, app = streams.get(number), item.sender.app_id
            for line in item.lines:
                kept = _kept.get((app, line.address, stream))
                line.thread_id = kept[1] if kept else None
    return refused


async def _find_or_make(
    connection: Connection, wanted: dict[Place, uuid.UUID | None], now: float
) -> None:
    missing = dict(wanted)
    for step in ("find", "make"):
        if step == "make":
            moment = dt.datetime.now(dt.UTC)
            await query(connection, MAKE, make_arguments(missing, moment))
        for app, user, stream, thread in await query(connection, FIND, find_arguments(missing)):
            _kept[(app, user, stream)] = (now + _KEEP_SECONDS, thread)
            missing.pop((app, user, stream), None)
        if not missing:
            return


async def _streams(
    connection: Connection, accepted: "dict[int, Accepted]"
) -> tuple[dict[int, uuid.UUID], dict[int, Refusal]]:
    named = {n: item for n, item in accepted.items() if item.order.stream}
    if not named:
        return {}, {}
    wanted = list({(i.sender.organization_id, i.order.stream) for i in named.values()})
    columns = [[place[0] for place in wanted], [place[1] for place in wanted]]
    rows = {(row[0], row[1]): row[2] for row in await query(connection, _STREAMS, columns)}
    found, refused = {}, {}
    for number, item in named.items():
        stream = rows.get((item.sender.organization_id, item.order.stream))
        if stream is None:
            refused[number] = invalid("stream is not the name of a stream.")
        else:
            found[number] = stream
    return found, refused

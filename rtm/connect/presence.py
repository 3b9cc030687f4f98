"""Who is connected, told by events that may come late, twice or in the wrong order.

A session has an epoch: the clock of the database, in microseconds, when it was authorized.
The newest epoch wins. "Connected" counts when its epoch is newer than any known;
"disconnected" also when it is as new, and then ends that epoch for good::

    known epoch     event             result
    older           connected(e)      connected, e
    e or newer      connected(e)      unchanged
    older           disconnected(e)   not connected, e
    e, connected    disconnected(e)   not connected, e
    e, ended        disconnected(e)   unchanged
    newer           disconnected(e)   unchanged

A server that holds connections (``Holder``) says every few seconds that it is alive. What a
dead one held is marked as not connected by whichever server notices. A server that could not
look for a while, because the database was away, does not call the others dead: they could
say nothing either.
"""

import asyncio
import logging
import secrets
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now

from imiconnect.rtm.connect.kick import kick
from imiconnect.rtm.connect.threads import Batched, in_thread
from imiconnect.rtm.models import ConnectionHolder, Device, DeviceEvent
from imiconnect.rtm.processors.mt import wake
from imiconnect.rtm.processors.retry import schedule_wakes
from imiconnect.rtm.protocol.topics import name_problem
from imiconnect.rtm.rules.sources import DeviceNews, note_devices

log = logging.getLogger(__name__)

_BEAT_SECONDS = 15
#: A NATS server gives its sign every 30 seconds or so.
_DEAD_AFTER = "90 seconds"
#: Who has not looked for the dead for this long cannot tell them from the silenced.
_GAP_SECONDS = 45
_looked_at: float | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A session of a device began (``connected``) or ended."""

    device: uuid.UUID
    epoch: int
    connected: bool
    holder: str = ""
    #: It ended at a time that nobody has seen.
    is_found: bool = False


def newest(events: Iterable[Event]) -> dict[uuid.UUID, Event]:
    """Return the one event of each device that counts, by the table above."""
    known: dict[uuid.UUID, Event] = {}
    for event in events:
        last = known.get(event.device)
        if last is None or _counts(event, last.epoch):
            known[event.device] = event
    return known


def _counts(event: Event, known_epoch: int) -> bool:
    if event.connected:
        return event.epoch > known_epoch
    return event.epoch >= known_epoch


# A session that was long enough for its wake-ups has told the device all there was until its
# end, which for a newer one is now: whatever is older than the session before, it has had.
_WAS_TOLD = "d.is_connected AND d.session_epoch < (extract(epoch FROM now()) - 30) * 1000000"
_UPDATE = f"""
UPDATE rtm_device AS d
SET is_connected = e.connected, session_epoch = e.epoch, holder = e.holder,
  last_seen_at = now(),
  away_since = CASE WHEN {_WAS_TOLD} AND NOT e.is_found THEN now() ELSE d.away_since END
FROM unnest(%s::uuid[], %s::bigint[], %s::boolean[], %s::text[], %s::boolean[])
  AS e(device, epoch, connected, holder, is_found), apps_app a
WHERE d.id = e.device AND a.id = d.app_id
  AND (d.session_epoch < e.epoch
    OR (d.session_epoch = e.epoch AND d.is_connected AND NOT e.connected))
RETURNING a.organization_id, a.id, a.app_id, d.id, d.user_id, d.device_id, d.customer_id,
  d.is_connected
"""  # noqa: S608 - a constant of this module


def record_all(events: Sequence[Event]) -> list[None]:
    """Write what counts of the events, with one statement, and tell of it."""
    rows = sorted(newest(events).values(), key=lambda event: event.device)
    columns: list[Any] = [
        [event.device for event in rows],
        [event.epoch for event in rows],
        [event.connected for event in rows],
        [event.holder for event in rows],
        [event.is_found for event in rows],
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_UPDATE, columns)
        _tell(cursor.fetchall())
    return [None] * len(events)


def _tell(counted: Sequence[tuple[Any, ...]]) -> None:
    """Write what counted on the timeline of customers, and note it for rules."""
    written, news = [], []
    for organization, app, app_id, device, user, name, customer, connected in counted:
        kind = DeviceEvent.Kind.CONNECTED if connected else DeviceEvent.Kind.DISCONNECTED
        item = DeviceNews(
            organization_id=organization,
            app=app,
            app_id=app_id,
            user_id=user,
            device_id=name,
            told={"event": kind.value, "name": ""},
        )
        news.append(item)
        if customer:
            written.append(
                DeviceEvent(
                    id=item.id,
                    app_id=app,
                    device_id=device,
                    customer_id=customer,
                    user_id=user,
                    device_name=name,
                    kind=kind,
                )
            )
    DeviceEvent.objects.bulk_create(written)
    note_devices(news)


#: Write one event without blocking the event loop.
record: Batched[Event, None] = Batched(record_all)


def ask_for_pending(app: uuid.UUID, user_id: str) -> None:
    """Ask that a user's open messages are sent now; blocks for a query."""
    wake(app, user_id)


def connected_platforms(app_id: str) -> list[str]:
    """Return what the connected devices of an app run on, where that can be in a topic."""
    rows = Device.objects.filter(app__app_id=app_id, is_connected=True).order_by()
    platforms = rows.values_list("platform", flat=True).distinct()
    return [name for name in platforms if name_problem(name) is None]


def _ask_for_all(devices: Sequence[uuid.UUID]) -> list[None]:
    rows = Device.objects.filter(pk__in=devices).values_list(
        "app_id", "user_id", "unregistered_at", "ended_by", "app__app_id", "device_id"
    )
    listed = list(rows)
    for row in listed:
        if row[2] or row[3]:
            # Its registration has ended between the decision and the broker's acceptance.
            kick(row[4], row[1], row[5])
    schedule_wakes({row[:2] for row in listed})
    return [None] * len(devices)


#: Ask the same for the user of a device, without blocking the event loop.
ask_for_pending_of: Batched[uuid.UUID, None] = Batched(_ask_for_all)


def beat(holder: str, *, now: float | None = None) -> None:
    """Say that a server is alive, and mark what dead ones held as not connected.

    ``now`` is in seconds of this process's monotonic clock.
    """
    ConnectionHolder.objects.bulk_create(
        [ConnectionHolder(name=holder, seen_at=Now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["seen_at"],
    )
    forget_dead(now=now)


def forget_dead(*, now: float | None = None) -> int:
    """Mark the devices of dead servers as not connected and return how many there were.

    None in the first look of a process, nor in the first one after a gap, which gives all
    servers their whole time again.
    """
    global _looked_at
    moment = time.monotonic() if now is None else now
    last = _looked_at
    gone: list[tuple[Any, ...]] = []
    with transaction.atomic(), connection.cursor() as cursor:
        if last is not None and moment - last > _GAP_SECONDS:
            log.warning("Nobody was looked for in %d seconds.", moment - last)
            ConnectionHolder.objects.update(seen_at=Now())
        elif last is not None:
            cursor.execute(_FORGET, [_DEAD_AFTER])
            gone = cursor.fetchall()
            _tell(gone)
    _looked_at = moment
    return len(gone)


_FORGET = f"""
WITH dead AS (
    DELETE FROM rtm_connectionholder WHERE seen_at < now() - %s::interval
    RETURNING name, seen_at
)
UPDATE rtm_device AS d SET is_connected = false,
  away_since = CASE WHEN {_WAS_TOLD} THEN dead.seen_at ELSE d.away_since END
FROM dead, apps_app a
WHERE d.is_connected AND d.holder = dead.name AND a.id = d.app_id
RETURNING a.organization_id, a.id, a.app_id, d.id, d.user_id, d.device_id, d.customer_id,
  d.is_connected
"""  # noqa: S608 - a constant of this module


class Holder:
    """This server's sign of life, given as long as its event loop runs."""

    def __init__(self, kind: str) -> None:
        """Take a name that no other server has; ``kind`` tells people what it is."""
        self.name = f"{kind}:{secrets.token_hex(8)}"
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Give the first sign and go on; at once when it is running already."""
        if self._task is None or self._task.done() or self._task.get_loop().is_closed():
            await in_thread(beat, self.name)
            self._task = asyncio.create_task(self._go_on())

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            try:
                await in_thread(beat, self.name)
            except DatabaseError as error:
                log.warning("No sign of life could be written: %s", error)

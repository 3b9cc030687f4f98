"""What one device of a user has confirmed, until the user's other devices have it too.

A message leaves the working table with its first receipt, which is its outcome. A row for each
other registered device of that user stays, until that device's own receipt or the message's
expiry; when the device connects it gets what its rows name, addressed to it alone. Users with
one device have no rows.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, LiteralString, NamedTuple

from django.utils import timezone

from imiconnect.rtm.broker import link
from imiconnect.rtm.media.addresses import renewed
from imiconnect.rtm.models import Channel
from imiconnect.rtm.processors import facts
from imiconnect.rtm.processors.claims import LEASE_SECONDS
from imiconnect.rtm.protocol import topics
from imiconnect.rtm.protocol.envelopes import Downlink, ThreadFacts, Told, downlink
from imiconnect.rtm.protocol.sealing import Unreadable
from imiconnect.rtm.sealing import SEALED_WITH, sealed
from imiconnect.rtm.sql import again_after_deadlock, bounds, cursor

log = logging.getLogger(__name__)

BATCH = 500
#: A message waits for this many other devices of its user, those seen last. A row for each is
#: no more than the receipt that ends it; the bound is for a user id that registers without end.
MOST_DEVICES = 100
#: A device that confirms nothing gets a message so often: at two connections.
MOST_TIMES = 6
#: One whose receipt was slow may have had its wake-ups already.
_JUST_CONNECTED = dt.timedelta(seconds=60)

# Columns: messages, apps, users, who has confirmed, expiries.
_NOTE: LiteralString = """
INSERT INTO rtm_owedmessage (message_id, device_id, due_at, expires_at, sent)
SELECT u.tid, d.id, CASE WHEN d.is_connected AND d.session_epoch > %b THEN %b::timestamptz END,
  u.expires_at, 0
FROM unnest(%b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::timestamptz[])
  u (tid, app_id, address, device_id, expires_at)
CROSS JOIN LATERAL (
  SELECT x.id, x.is_connected, x.session_epoch FROM rtm_device x
  WHERE x.app_id = u.app_id AND x.user_id = u.address AND x.device_id <> u.device_id
    AND x.unregistered_at IS NULL AND x.ended_by IN ('', 'inactive')
  ORDER BY x.last_seen_at DESC NULLS LAST LIMIT %b) d
ON CONFLICT DO NOTHING
"""
# Columns: messages, apps, users, devices.
_SETTLE: LiteralString = """
DELETE FROM rtm_owedmessage w
USING unnest(%b::uuid[], %b::uuid[], %b::text[], %b::text[]) u (tid, app_id, address, device_id)
JOIN rtm_device d
  ON d.app_id = u.app_id AND d.user_id = u.address AND d.device_id = u.device_id
WHERE w.device_id = d.id AND w.message_id = u.tid
"""
# Columns: apps, users.
_WAKE: LiteralString = """
WITH waiting AS (
  SELECT w.id FROM (SELECT DISTINCT * FROM unnest(%b::uuid[], %b::text[]) x (app_id, address)) u
  JOIN rtm_device d ON d.app_id = u.app_id AND d.user_id = u.address AND d.is_connected
  JOIN rtm_owedmessage w ON w.device_id = d.id AND w.due_at IS NULL
  ORDER BY w.id FOR UPDATE OF w)
UPDATE rtm_owedmessage w SET due_at = %b FROM waiting WHERE w.id = waiting.id
"""
_CLAIM: LiteralString = """
WITH due AS (SELECT id FROM rtm_owedmessage WHERE due_at <= %b
  ORDER BY due_at, message_id LIMIT %b FOR UPDATE SKIP LOCKED)
UPDATE rtm_owedmessage w SET due_at = %b FROM due WHERE w.id = due.id
RETURNING w.id, w.message_id
"""
# A device may have been given to another user meanwhile, and a user may have deleted a message.
_LOAD: LiteralString = f"""
SELECT w.id, w.sent, d.is_connected AND a.state = 'active' AND o.is_active, d.device_id,
  a.app_id, {SEALED_WITH}, m.id, m.address, m.payload, m.thread_id, m.created_at
FROM rtm_owedmessage w
JOIN rtm_message m ON m.id = w.message_id
  AND m.id = ANY(%b::uuid[]) AND m.id >= %b AND m.id <= %b
JOIN rtm_device d ON d.id = w.device_id AND d.app_id = m.app_id AND d.user_id = m.address
  AND d.unregistered_at IS NULL
JOIN apps_app a ON a.id = m.app_id
JOIN accounts_organization o ON o.id = a.organization_id
WHERE w.id = ANY(%b::bigint[]) AND w.expires_at > %b
  AND NOT m.payload ?| ARRAY['deleted', 'erased']
ORDER BY m.id
"""  # noqa: S608 - a constant of this package
_SENT: LiteralString = """
UPDATE rtm_owedmessage SET sent = sent + 1, due_at = NULL WHERE id = ANY(%b::bigint[])
"""
_WAITS: LiteralString = """
UPDATE rtm_owedmessage SET due_at = NULL WHERE id = ANY(%b::bigint[])
"""
_FORGET: LiteralString = "DELETE FROM rtm_owedmessage WHERE id = ANY(%b::bigint[])"


class First(NamedTuple):
    """A message that a device was the first to confirm."""

    told: Told
    device_id: str
    expires_at: dt.datetime | None

    @property
    def is_for_all(self) -> bool:
        """Whether other devices of the user are meant, too."""
        told = self.told
        is_rtm = told.channel == Channel.RT.value and told.app_id is not None
        return is_rtm and bool(self.device_id) and told.address_type != "deviceid"


class _Row(NamedTuple):
    id: int
    sent: int
    is_served: bool
    device_id: str
    app_id: str
    sealed_with: str | None
    tid: uuid.UUID
    user_id: str
    payload: dict[str, Any]
    thread_id: uuid.UUID | None
    created_at: dt.datetime


#: A message, its app's key, its user, and the device that has confirmed it.
Confirmed = tuple[uuid.UUID, uuid.UUID, str, str]


def note(firsts: Iterable[First], now: dt.datetime) -> int:
    """Write down for whom messages are, besides the devices that have confirmed them first.

    Call it in the transaction that takes the messages off the working table.
    """
    rows = [
        (item.told.id, item.told.app_id, item.told.address, item.device_id, item.expires_at)
        for item in firsts
        if item.is_for_all and item.expires_at and item.expires_at > now
    ]
    if not rows:
        return 0
    recent = int((now - _JUST_CONNECTED).timestamp() * 1_000_000)
    columns = [list(column) for column in zip(*rows, strict=True)]
    with cursor() as own:
        own.execute(_NOTE, [recent, now, *columns, MOST_DEVICES])
        return int(own.rowcount)


def settle(confirmed: Sequence[Confirmed]) -> None:
    """Delete what devices have confirmed that were not the first."""
    if confirmed:
        columns = [list(column) for column in zip(*sorted(confirmed), strict=True)]
        with cursor() as own:
            own.execute(_SETTLE, columns)


def wake(users: Sequence[tuple[uuid.UUID, str]], now: dt.datetime) -> int:
    """Make due what connected devices of users have not had; return how much that is."""
    with cursor() as own:
        own.execute(_WAKE, [[u[0] for u in users], [u[1] for u in users], now])
        return int(own.rowcount)


@again_after_deadlock
def process_due(*, limit: int = BATCH, now: dt.datetime | None = None) -> int:
    """Publish a batch to the devices that it is for; return how many rows were claimed.

    What has expired, was deleted, or is for a device that is gone, is forgotten instead. What
    the broker does not take is due again after the lease.
    """
    moment = now or timezone.now()
    with cursor() as own:
        own.execute(_CLAIM, [moment, limit, moment + dt.timedelta(seconds=LEASE_SECONDS)])
        claimed = own.fetchall()
        if not claimed:
            return 0
        tids = [row[1] for row in claimed]
        keys = [row[0] for row in claimed]
        own.execute(_LOAD, [tids, *bounds(tids), keys, moment])
        rows = [_Row(*row) for row in own.fetchall()]
    served = [row for row in rows if row.is_served]
    sent, broken = _publish(served)
    over = {row.id for row in served if row.id in sent and row.sent + 1 >= MOST_TIMES}
    gone = set(keys) - {row.id for row in rows}
    with cursor() as own:
        own.execute(_SENT, [list(sent - over)])
        own.execute(_WAITS, [[row.id for row in rows if not row.is_served]])
        own.execute(_FORGET, [list(over | gone | broken)])
    return len(claimed)


def _publish(rows: list[_Row]) -> tuple[set[int], set[int]]:
    """Return which rows the broker has taken, and which can be sent to nobody."""
    threads = facts.threads_of(row.thread_id for row in rows)
    batch: list[tuple[int, str, bytes]] = []
    broken: set[int] = set()
    for row in rows:
        try:
            topic = topics.downlink(row.app_id, row.user_id)
            batch.append((row.id, topic, _body(row, threads)))
        except (TypeError, ValueError, Unreadable):
            log.error("The message %s cannot be written for another device.", row.tid)
            broken.add(row.id)
    taken = link.publish([(topic, body) for _, topic, body in batch])
    sent = {key for (key, _, _), is_taken in zip(batch, taken, strict=True) if is_taken}
    return sent, broken


def _body(row: _Row, threads: dict[uuid.UUID, ThreadFacts]) -> bytes:
    plain = downlink(
        Downlink(
            tid=row.tid,
            app_id=row.app_id,
            user_id=row.user_id,
            device_id=row.device_id,
            payload=renewed(row.app_id, row.payload),
            thread=threads.get(row.thread_id) if row.thread_id else None,
            created_at=row.created_at,
        )
    )
    return sealed(row.sealed_with, row.app_id, row.user_id, plain)

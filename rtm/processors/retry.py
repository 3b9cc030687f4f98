"""Retry: a device that connects gets what is open for its user, and for itself, at once.

A try that failed is a due time on the message itself, which the MT processor finds; this is
about the users whose device has come back.
"""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from imiconnect.rtm.processors import owed
from imiconnect.rtm.sql import again_after_deadlock, cursor

#: A device subscribes some time after its CONNACK, and a QoS 0 subscriber misses what comes
#: before. A cluster of brokers that has just lost a node takes some seconds for a session; who
#: is slower than the last of these finds the messages in its history.
WAKE_SECONDS = (0.4, 3.0, 12.0)
#: How long a drain stays for the next wake-up; what is later, the sweep finds.
LINGER = 3.5
BATCH = 200

_SCHEDULE = """
INSERT INTO rtm_wake (app_id, address, due_at)
SELECT a, u, d FROM unnest(%b::uuid[], %b::text[], %b::timestamptz[]) w (a, u, d)
"""
_SCHEDULE_CONNECTED = """
INSERT INTO rtm_wake (app_id, address, due_at)
SELECT o.app_id, o.address, now() FROM rtm_openmessage o
JOIN rtm_device d ON d.app_id = o.app_id AND d.user_id = o.address AND d.is_connected
WHERE o.lane = 'mt' AND o.due_at IS NULL
UNION
SELECT d.app_id, d.user_id, now() FROM rtm_owedmessage w
JOIN rtm_device d ON d.id = w.device_id AND d.is_connected
WHERE w.due_at IS NULL
"""
_TAKE = """
WITH due AS (SELECT id FROM rtm_wake WHERE due_at <= %b ORDER BY due_at LIMIT %b
  FOR UPDATE SKIP LOCKED)
DELETE FROM rtm_wake w USING due WHERE w.id = due.id RETURNING w.app_id, w.address, w.due_at
"""
_DUE_NOW = """
WITH open AS (
  SELECT o.id FROM rtm_openmessage o
  JOIN (SELECT DISTINCT * FROM unnest(%b::uuid[], %b::text[]) w (app_id, address)) w
    ON w.app_id = o.app_id AND w.address = o.address
  ORDER BY o.id FOR UPDATE OF o)
UPDATE rtm_openmessage o SET due_at = %b FROM open
WHERE o.id = open.id AND o.lane = 'mt'
  AND (o.due_at IS NULL OR o.failures > 0 OR o.claimed_until IS NOT NULL)
"""


# Events since the devices that have just connected went away; to a new device, all there are.
# A broker notices that a device is gone after one and a half times its keep-alive.
_EVENTS = """
WITH woken AS (
  SELECT w.app_id, w.address, coalesce((
    SELECT min(coalesce(d.away_since, '-infinity')) FROM rtm_device d
    WHERE d.app_id = w.app_id AND d.user_id = w.address AND d.unregistered_at IS NULL
      AND d.is_connected AND d.session_epoch > (extract(epoch FROM w.at) - 60) * 1000000),
    now()) AS since
  FROM (SELECT x.app_id, x.address, min(x.at) AS at
    FROM unnest(%b::uuid[], %b::text[], %b::timestamptz[]) x (app_id, address, at)
    GROUP BY 1, 2) w)
UPDATE rtm_userevent e SET due_at = %b FROM woken w
WHERE e.app_id = w.app_id AND e.address = w.address AND e.due_at IS NULL
  AND e.created_at > w.since - interval '2 minutes'
"""


def schedule_wake(app_id: uuid.UUID, user_id: str, *, now: dt.datetime | None = None) -> None:
    """Write down that a device of a user has connected; ``app_id`` is the app's key."""
    schedule_wakes([(app_id, user_id)], now=now)


def schedule_wakes(
    users: Iterable[tuple[uuid.UUID, str]], *, now: dt.datetime | None = None
) -> None:
    """Write it down for many users, ``(app_id, user_id)`` each, in one commit."""
    from imiconnect.rtm.nudge import nudge

    moment = now or timezone.now()
    rows = [
        (app_id, user_id, moment + dt.timedelta(seconds=seconds))
        for app_id, user_id in users
        for seconds in WAKE_SECONDS
    ]
    if not rows:
        return
    with cursor() as own:
        own.execute(_SCHEDULE, [list(column) for column in zip(*rows, strict=True)])
    transaction.on_commit(lambda: nudge("retry"))


def schedule_connected() -> int:
    """Wake all connected users who have an open message that is out; return how many there are.

    For brokers of several nodes: what was on its way from node to node when one went or came
    is lost to a QoS 0 subscriber, whose own connection noticed nothing.
    """
    from imiconnect.rtm.nudge import nudge

    with cursor() as own:
        own.execute(_SCHEDULE_CONNECTED)
        users = int(own.rowcount)
    if users:
        transaction.on_commit(lambda: nudge("retry"))
    return users


@again_after_deadlock
@transaction.atomic
def process_due(*, limit: int = BATCH, now: dt.datetime | None = None) -> int:
    """Make the open messages of users whose wake-up is due, due; return the wake-ups taken."""
    from imiconnect.rtm.nudge import nudge

    moment = now or timezone.now()
    with cursor() as own:
        own.execute(_TAKE, [moment, limit])
        woken = own.fetchall()
        users = [(app_id, address) for app_id, address, _at in woken]
        if users:
            own.execute(_DUE_NOW, [[u[0] for u in users], [u[1] for u in users], moment])
            if own.rowcount:
                transaction.on_commit(lambda: nudge("mt"))
            own.execute(_EVENTS, [*(list(c) for c in zip(*woken, strict=True)), moment])
            others = own.rowcount + owed.wake(users, moment)
            if others:
                transaction.on_commit(lambda: nudge("events"))
    return len(users)

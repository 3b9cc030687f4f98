"""What is waiting, for how long, and what is old enough to go."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imiconnect.identity import first_uuid7_at
from imiconnect.rtm.lanes import LANES, MT, PUSH, SMS
from imiconnect.rtm.models import Callback, DeviceEvent
from imiconnect.rtm.push.addresses import delete_dead
from imiconnect.rtm.sql import cursor

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: An idempotency key answers repeats for a day.
KEEP_KEYS = dt.timedelta(hours=24)
#: A message that a device says again within this time is known; it may be offline for days.
KEEP_REFS = dt.timedelta(days=7)
#: A receipt of a provider may be as late as a message may live.
KEEP_PROVIDER_REFS = dt.timedelta(days=30)
#: The results of the Profile API are asked for at once, or never.
KEEP_BATCHES = dt.timedelta(days=30)
#: What has happened to devices is told for this long.
KEEP_EVENTS = dt.timedelta(days=180)
#: What rules did is on their pages for a month.
KEEP_RUNS = dt.timedelta(days=30)
#: How customers linked or proved themselves; the audit log keeps that they were linked.
KEEP_ONBOARDING = dt.timedelta(days=30)
#: That somebody has typed is nobody's business for long.
KEEP_TYPING = dt.timedelta(days=1)
#: A device that is away for longer reads the lists of the inbox.
KEEP_USER_EVENTS = dt.timedelta(days=1)
#: The record of what was sent to a topic.
KEEP_FANOUTS = dt.timedelta(days=90)
#: Texts that were meant for nobody: support looks at them, and then they go.
KEEP_UNCLAIMED = dt.timedelta(days=30)
_AT_ONCE = 5000

# For each queue: rows that are due. A claimed message is somebody's, until its lease ends.
_SOURCES = {
    lane: f"rtm_openmessage WHERE lane = '{lane}' AND due_at <= %b AND (claimed_until IS NULL "
    "OR claimed_until <= now())"
    for lane in LANES
} | {
    MT: "(SELECT due_at FROM rtm_openmessage WHERE lane = 'mt' AND (claimed_until IS NULL "
    "OR claimed_until <= now()) UNION ALL SELECT due_at FROM rtm_messagebatch, "
    "generate_series(1, size) WHERE claimed_until IS NULL OR claimed_until <= now()) waiting "
    "WHERE due_at <= %b",
    PUSH: "(SELECT due_at FROM rtm_openmessage WHERE lane = 'push' AND (claimed_until IS NULL "
    "OR claimed_until <= now()) UNION ALL SELECT due_at FROM rtm_companion) waiting "
    "WHERE due_at <= %b",
    SMS: "(SELECT due_at FROM rtm_openmessage WHERE lane = 'sms' AND (claimed_until IS NULL "
    "OR claimed_until <= now()) UNION ALL SELECT due_at FROM rtm_unclaimedtext "
    "WHERE due_at IS NOT NULL) waiting WHERE due_at <= %b",
    "dr": "(SELECT due_at FROM rtm_receipt UNION ALL SELECT received_at FROM rtm_receiptbatch, "
    "generate_series(1, size)) waiting WHERE due_at <= %b",
    "provider": "rtm_providerreceipt WHERE due_at <= %b",
    "mo": "rtm_inbound WHERE due_at <= %b",
    "retry": "rtm_wake WHERE due_at <= %b",
    "expiry": "rtm_openmessage WHERE expires_at <= %b",
    "rules": "(SELECT due_at FROM rtm_ruleevent UNION ALL SELECT due_at FROM sharing_rulerun "
    "WHERE due_at IS NOT NULL UNION ALL SELECT due_at FROM rtm_onboardingstep "
    "WHERE due_at IS NOT NULL UNION ALL SELECT due_at FROM rtm_userpin "
    "WHERE due_at IS NOT NULL) waiting WHERE due_at <= %b",
    "events": "(SELECT due_at FROM rtm_userevent WHERE due_at IS NOT NULL UNION ALL "
    "SELECT due_at FROM rtm_owedmessage WHERE due_at IS NOT NULL) waiting WHERE due_at <= %b",
    "fanout": "rtm_fanout WHERE finished_at IS NULL AND accepted_at <= %b",
    "callbacks": "rtm_callback WHERE state = 'pending' AND due_at <= %b",
}
QUEUES = tuple(_SOURCES)


@dataclass(frozen=True)
class Depth:
    """How much of a queue is due, and for how many seconds the oldest has been."""

    rows: int
    oldest_seconds: float


def queues_with_work(now: dt.datetime) -> list[str]:
    """Return the queues in which something is due, and ``retry`` a little ahead of time."""
    soon = {"retry": dt.timedelta(seconds=1)}
    with cursor() as own:
        found = []
        for queue, source in _SOURCES.items():
            moment = now + soon.get(queue, dt.timedelta())
            query = f"SELECT EXISTS (SELECT 1 FROM {source})"  # noqa: S608 - constants
            own.execute(query.encode(), [moment])
            row = own.fetchone()
            if row and row[0]:
                found.append(queue)
    return found


def depth(queue: str, now: dt.datetime) -> Depth:
    """Return how much waits in a queue; counting stops at 100,000 rows."""
    source = _SOURCES[queue]
    column = {"expiry": "expires_at", "fanout": "accepted_at"}.get(queue, "due_at")
    with cursor() as own:
        own.execute(
            f"SELECT count(*), min(w.at) FROM "  # noqa: S608 - constants of this module
            f"(SELECT {column} AS at FROM {source} LIMIT 100000) w".encode(),
            [now],
        )
        count, oldest = own.fetchone() or (0, None)
    age = (now - oldest).total_seconds() if oldest else 0.0
    return Depth(count, max(0.0, age))


def delete_old(now: dt.datetime) -> int:
    """Delete keys and references that no longer count, some thousands at a time."""
    kept = (
        ("rtm_idempotencykey", KEEP_KEYS),
        ("rtm_clientref", KEEP_REFS),
        ("rtm_providerref", KEEP_PROVIDER_REFS),
        ("sharing_rulerun", KEEP_RUNS),
        ("rtm_onboardingstep", KEEP_ONBOARDING),
        ("rtm_userpin", KEEP_ONBOARDING),
        ("rtm_profilebatch", KEEP_BATCHES),
        ("rtm_fanout", KEEP_FANOUTS),
        ("rtm_userevent", KEEP_USER_EVENTS),
        ("rtm_unclaimedtext", KEEP_UNCLAIMED),
    )
    keys = sum(_delete(table, now - time) for table, time in kept)
    keys += _delete("rtm_watermark", now - KEEP_PROVIDER_REFS, column="held_at")
    keys += _delete("rtm_owedmessage", now, column="expires_at")
    typed = Callback.objects.filter(
        kind=Callback.Kind.TYPING, pk__lt=first_uuid7_at(now - KEEP_TYPING)
    )
    told = DeviceEvent.objects.filter(pk__lt=first_uuid7_at(now - KEEP_EVENTS))
    return keys + delete_dead(now) + _delete_all(typed) + _delete_all(told)


def _delete_all(rows: "QuerySet[Any]") -> int:
    """Delete rows with what hangs on them, some thousands at a time."""
    total = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]):
        total += rows.filter(pk__in=keys).delete()[0]
    return total


def _delete(table: str, before: dt.datetime, *, column: str = "created_at") -> int:
    query = (
        f"DELETE FROM {table} WHERE id IN "  # noqa: S608 - constants of this module
        f"(SELECT id FROM {table} WHERE {column} < %b LIMIT %b)"
    ).encode()
    total = 0
    with cursor() as own:
        while True:
            own.execute(query, [before, _AT_ONCE])
            total += own.rowcount
            if own.rowcount < _AT_ONCE:
                return total

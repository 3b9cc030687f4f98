"""The notification that goes with an in-app message to a user who is not connected.

The message keeps its one outcome, which its receipts decide; the companion is written in its
journey as one more attempt, by ``push``. It waits in a table of its own, so that no push
service delays the broker's queue.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from imiconnect.identity import uuid7
from imiconnect.rtm.lanes import PUSH
from imiconnect.rtm.models import Attempt, Companion, Device, OpenMessage
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.outcomes import Dispatched, Outcome, Postponed, RetryAt
from imiconnect.rtm.processors.claims import LEASE_SECONDS
from imiconnect.rtm.push import content, route
from imiconnect.rtm.routes import Parcel

BATCH = 200
#: How attempts in a journey name it.
ROUTE = "push"
MAX_ATTEMPTS = 5
#: How long a claim holds, and the wait after a try that failed.
_LEASE, _AGAIN = dt.timedelta(seconds=LEASE_SECONDS), dt.timedelta(seconds=60)


def keep(parcels: Iterable[Parcel]) -> int:
    """Keep the companions of messages just published whose user is not connected now.

    One that is published again, as each device that connects has it done, has had its own.
    """
    asking = [
        parcel for parcel in parcels if parcel.is_first and parcel.payload.get("notification")
    ]
    if not asking:
        return 0
    connected = _connected({(p.claim.app_id, p.told.address) for p in asking})
    rows = []
    for parcel in asking:
        text = str(parcel.payload.get("message", ""))
        push = content.of_notification(parcel.payload["notification"], text)
        if push and (parcel.claim.app_id, parcel.told.address) not in connected:
            rows.append(
                Companion(
                    id=parcel.claim.id,
                    organization_id=parcel.told.organization_id,
                    app_id=parcel.claim.app_id,
                    address=parcel.told.address,
                    payload=push,
                    expires_at=parcel.claim.expires_at,
                )
            )
    Companion.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        nudge(PUSH)
    return len(rows)


def _connected(users: set[tuple[uuid.UUID, str]]) -> set[tuple[uuid.UUID, str]]:
    rows = Device.objects.filter(
        is_connected=True,
        app__in={app for app, _ in users},
        user_id__in={user for _, user in users},
    )
    return set(rows.values_list("app_id", "user_id"))


def process_due(*, limit: int = BATCH, now: dt.datetime | None = None) -> int:
    """Send a batch of companions; return how many were taken.

    Nothing is sent for a message that has its outcome, or whose user has connected.
    """
    moment = now or timezone.now()
    claimed = _claim(limit, moment)
    if not claimed:
        return 0
    open_ids = set(
        OpenMessage.objects.filter(pk__in=[row.pk for row in claimed]).values_list(
            "pk", flat=True
        )
    )
    connected = _connected({(row.app_id, row.address) for row in claimed})
    wanted = [
        row
        for row in claimed
        if row.pk in open_ids
        and (row.app_id, row.address) not in connected
        and row.expires_at > moment
    ]
    outcomes = route.send(
        [
            route.Order(
                row.pk,
                row.app_id,
                "userid",
                row.address,
                row.payload,
                row.expires_at.timestamp(),
            )
            for row in wanted
        ]
    )
    _record(claimed, list(zip(wanted, outcomes, strict=True)), moment)
    return len(claimed)


@transaction.atomic
def _claim(limit: int, now: dt.datetime) -> list[Companion]:
    due = Companion.objects.filter(due_at__lte=now).order_by("due_at")
    rows = list(due.select_for_update(skip_locked=True)[:limit])
    keys = [row.pk for row in rows]
    Companion.objects.filter(pk__in=keys).update(due_at=now + _LEASE)
    return rows


@transaction.atomic
def _record(
    claimed: Sequence[Companion], tried: Sequence[tuple[Companion, Outcome]], begun: dt.datetime
) -> None:
    ended = timezone.now()
    again: set[uuid.UUID] = set()
    attempts = []
    for row, outcome in tried:
        if isinstance(outcome, Postponed):
            again.add(row.pk)
            due_at = ended + dt.timedelta(seconds=outcome.after)
            Companion.objects.filter(pk=row.pk).update(due_at=due_at)
            continue
        why = getattr(outcome, "reason", None)
        attempts.append(
            Attempt(
                id=uuid7(),
                message_id=row.pk,
                organization_id=row.organization_id,
                number=row.attempts + 1,
                route=ROUTE,
                started_at=begun,
                finished_at=ended,
                succeeded=isinstance(outcome, Dispatched),
                code=why.code if why else 0,
                reason=str(why.text) if why else "",
                detail=outcome.detail if isinstance(outcome, Dispatched) else {},
            )
        )
        if isinstance(outcome, RetryAt) and row.attempts + 1 < MAX_ATTEMPTS:
            again.add(row.pk)
            wait = dt.timedelta(seconds=outcome.after) if outcome.after else _AGAIN
            Companion.objects.filter(pk=row.pk).update(
                due_at=ended + wait, attempts=row.attempts + 1
            )
    Attempt.objects.bulk_create(attempts)
    done = [row.pk for row in claimed if row.pk not in again]
    Companion.objects.filter(pk__in=done).delete()

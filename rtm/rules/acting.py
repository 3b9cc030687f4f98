"""Doing what rules say: each action once, outside of any transaction, resumed after a crash.

Taking a run on moves its ``due_at`` ahead. A message is sent under an idempotency key made of
the run's id, and a notification is a callback with that very id, so that doing it again after
a crash changes nothing.
"""

import datetime as dt
import json
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from imiconnect.rtm.callbacks.nudge import nudge as nudge_callbacks
from imiconnect.rtm.models import Callback
from imiconnect.rtm.rules.planning import KEY
from imiconnect.rtm.services import Refusal, Request, send_requests
from imiconnect.rtm.sql import again_after_deadlock, cursor
from imiconnect.sharing.models import RuleRun

BATCH = 100
LEASE_SECONDS = 60
#: Beyond that the keys of requests are forgotten, and a message could go out twice.
TOO_LATE = dt.timedelta(hours=23)
LATE = "The gateway could not do it within a day."

_CLAIM = """
WITH due AS (SELECT id FROM sharing_rulerun WHERE due_at <= %b ORDER BY due_at, id LIMIT %b
  FOR UPDATE SKIP LOCKED)
UPDATE sharing_rulerun r SET due_at = %b, tries = r.tries + 1 FROM due WHERE r.id = due.id
RETURNING r.id, r.service_id, r.act, r.event_kind, r.message_id, r.created_at
"""
_RECORD = """
UPDATE sharing_rulerun r SET state = u.state, code = u.code, reason = u.reason,
  transid = u.transid, due_at = NULL
FROM unnest(%b::uuid[], %b::text[], %b::int2[], %b::text[], %b::uuid[])
  u (id, state, code, reason, transid)
WHERE r.id = u.id AND r.state = 'pending'
"""


@dataclass(frozen=True)
class Job:
    """A run that this processor has taken on."""

    id: uuid.UUID
    service_id: uuid.UUID
    act: dict[str, Any]
    event_kind: str
    message_id: uuid.UUID | None
    created_at: dt.datetime


@dataclass(frozen=True)
class Ended:
    """What came of a run."""

    id: uuid.UUID
    state: str
    code: int = 0
    reason: str = ""
    transid: uuid.UUID | None = None


def act_due(*, limit: int, now: dt.datetime) -> int:
    """Do what is due; return how many runs were taken on."""
    jobs = _claim(limit, now)
    if not jobs:
        return 0
    late = [job for job in jobs if now - job.created_at > TOO_LATE]
    rest = [job for job in jobs if job not in late]
    _record([Ended(job.id, RuleRun.State.FAILED, 0, LATE) for job in late])
    _notify([job for job in rest if job.act["kind"] == "url"], now)
    _record(_send([job for job in rest if job.act["kind"] == "message"]))
    return len(jobs)


@again_after_deadlock
def _claim(limit: int, now: dt.datetime) -> list[Job]:
    with cursor() as own:
        own.execute(_CLAIM, [now, limit, now + dt.timedelta(seconds=LEASE_SECONDS)])
        return [Job(*row) for row in own.fetchall()]


def _send(jobs: list[Job]) -> list[Ended]:
    """Send messages and place calls, as requests of their services."""
    requests = [
        Request(job.service_id, json.dumps(job.act["request"]).encode(), f"{KEY}{job.id}")
        for job in jobs
    ]
    return [
        _ended(job, result) for job, result in zip(jobs, send_requests(requests), strict=True)
    ]


def _ended(job: Job, result: Any) -> Ended:
    if isinstance(result, Refusal):
        return Ended(job.id, RuleRun.State.FAILED, result.code, result.sentence)
    return Ended(job.id, RuleRun.State.DONE, transid=result.transid)


@transaction.atomic
def _notify(jobs: list[Job], now: dt.datetime) -> None:
    """Put notifications into the outbox of callbacks, which signs and retries them."""
    if not jobs:
        return
    organizations = dict(
        RuleRun.objects.filter(pk__in=[job.id for job in jobs]).values_list(
            "pk", "rule__organization_id"
        )
    )
    callbacks = [
        Callback(
            id=job.id,
            organization_id=organizations[job.id],
            service_id=job.service_id,
            message_id=job.message_id,
            kind=Callback.Kind.RULE,
            event=job.event_kind,
            url=job.act["url"],
            body=json.dumps(job.act["body"], ensure_ascii=False),
            due_at=now,
        )
        for job in jobs
        if job.id in organizations
    ]
    Callback.objects.bulk_create(callbacks, ignore_conflicts=True)
    _record([Ended(job.id, RuleRun.State.DONE) for job in jobs])
    transaction.on_commit(nudge_callbacks, robust=True)


def _record(ended: list[Ended]) -> None:
    if not ended:
        return
    columns = [
        [item.id for item in ended],
        [str(item.state) for item in ended],
        [item.code for item in ended],
        [item.reason for item in ended],
        [item.transid for item in ended],
    ]
    with cursor() as own:
        own.execute(_RECORD, columns)

"""The outbox as the sender uses it: claim what is due, write what came of it.

A claim is a lease: ``due_at`` moves ahead, so that rows of a sender that died come back by
themselves. A result is written by one statement that changes a row only when it still is
where the claim found it, so a row gets exactly one outcome however many senders there are.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from imiconnect.identity import uuid7
from imiconnect.rtm.callbacks.outcomes import Try, Verdict, verdict
from imiconnect.sharing.callback_settings import signing_secrets
from imiconnect.sharing.models import Service

#: Seconds that a claimed row is left alone; above the longest time a sender holds one.
LEASE_SECONDS = 120
#: How many due rows a claim looks at to share its places among servers.
LOOKED_AT = 2000

_CLAIM = """
WITH due AS (
    SELECT id, due_at, lower(split_part(url, '/', 3)) AS host FROM rtm_callback
    WHERE state = 'pending' AND due_at <= now()
      AND NOT lower(split_part(url, '/', 3)) = ANY(%(busy)s)
    ORDER BY due_at LIMIT %(looked_at)s
), ranked AS (
    SELECT id, row_number() OVER (PARTITION BY host ORDER BY due_at) AS turn FROM due
), picked AS (
    SELECT row.id FROM rtm_callback row JOIN ranked ON ranked.id = row.id
    WHERE ranked.turn <= %(per_host)s AND row.state = 'pending' AND row.due_at <= now()
    ORDER BY ranked.turn LIMIT %(limit)s FOR UPDATE OF row SKIP LOCKED
)
UPDATE rtm_callback row SET due_at = now() + %(lease)s * interval '1 second'
FROM picked WHERE row.id = picked.id
RETURNING row.id, row.service_id, row.url, lower(split_part(row.url, '/', 3)),
          row.body, row.attempts
"""

_RECORD = """
WITH tried AS (
    SELECT * FROM unnest(
        %(attempt_ids)s::uuid[], %(ids)s::uuid[], %(numbers)s::int[], %(states)s::text[],
        %(statuses)s::int[], %(errors)s::text[], %(durations)s::int[], %(responses)s::text[],
        %(starts)s::float8[]
    ) AS t(attempt_id, id, number, state, status, error, duration, response, started)
), moved AS (
    UPDATE rtm_callback row SET
        attempts = tried.number,
        state = tried.state,
        due_at = CASE WHEN tried.state = 'pending'
                      THEN now() + %(wait)s * interval '1 second' END,
        finished_at = CASE WHEN tried.state <> 'pending' THEN now() END
    FROM tried
    WHERE row.id = tried.id AND row.state = 'pending' AND row.attempts = tried.number - 1
    RETURNING row.id
), logged AS (
    INSERT INTO rtm_callbackattempt
        (id, created_at, callback_id, number, status_code, error, duration_ms, response)
    SELECT tried.attempt_id, to_timestamp(tried.started), tried.id, tried.number,
           tried.status, tried.error, tried.duration, tried.response
    FROM tried JOIN rtm_callback row ON row.id = tried.id
)
SELECT count(*) FROM moved
"""


@dataclass(frozen=True)
class Job:
    """A claimed callback."""

    id: uuid.UUID
    service_id: uuid.UUID | None
    url: str
    host: str
    body: str
    attempts: int


@dataclass(frozen=True)
class Result:
    """What came of one try; ``started`` is in seconds since 1970."""

    job: Job
    outcome: Try
    started: float

    @property
    def number(self) -> int:
        """The number of this try, from 1."""
        return self.job.attempts + 1

    @property
    def verdict(self) -> Verdict:
        """Where the callback goes."""
        return verdict(self.outcome, attempts=self.number, retries=settings.CALLBACK_RETRIES)


def claim(limit: int, per_host: int, busy: Sequence[str] = ()) -> list[Job]:
    """Lease up to ``limit`` due rows, ``per_host`` of one server, none of ``busy`` servers."""
    values: dict[str, Any] = {
        "limit": limit,
        "per_host": per_host,
        "busy": list(busy),
        "looked_at": LOOKED_AT,
        "lease": LEASE_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        return [Job(*row) for row in cursor.fetchall()]


def record(results: Sequence[Result]) -> int:
    """Write tries and move their callbacks; return how many rows moved."""
    if not results:
        return 0
    values: dict[str, Any] = {
        "attempt_ids": [uuid7() for _result in results],
        "ids": [result.job.id for result in results],
        "numbers": [result.number for result in results],
        "states": [str(result.verdict) for result in results],
        "statuses": [result.outcome.status for result in results],
        "errors": [result.outcome.error for result in results],
        "durations": [result.outcome.duration_ms for result in results],
        "responses": [result.outcome.response for result in results],
        "starts": [result.started for result in results],
        "wait": settings.CALLBACK_RETRY_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, values)
        return int(cursor.fetchone()[0])


def secrets_of(service_ids: set[uuid.UUID | None]) -> dict[uuid.UUID | None, list[str]]:
    """Return the secrets that sign the calls of each service."""
    services = Service.objects.filter(pk__in=[key for key in service_ids if key])
    return {service.pk: signing_secrets(service) for service in services}

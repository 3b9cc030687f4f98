"""A circuit breaker for each app of a provider: an outage slows that app only.

After ``OPENS_AFTER`` failures in a row nothing is sent for a while; then one message tries
whether the provider answers again. Each time it does not, the wait doubles. What waits has
not failed: it uses up no retries. All workers share the breaker, a row that single
statements change::

    no row, or retry_at empty    messages go
    retry_at ahead               messages wait until then
    retry_at past                whoever moves it on sends one message

An answer closes the breaker, also one that refuses a message: the provider is there.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence

from django.utils import timezone

from imiconnect.rtm.outcomes import Outcome, Postponed, RetryAt
from imiconnect.rtm.routes import Parcel, Route
from imiconnect.rtm.sql import cursor

OPENS_AFTER = 5
#: Seconds of the first wait and of the longest.
FIRST_PAUSE, LONGEST_PAUSE = 15, 300

_OPEN = "SELECT app_id, retry_at FROM rtm_breaker WHERE app_id = ANY(%b::uuid[])"
_PROBE = """
UPDATE rtm_breaker SET retry_at = %b::timestamptz + make_interval(secs => pause)
WHERE app_id = ANY(%b::uuid[]) AND retry_at <= %b RETURNING app_id
"""
_CLOSE = "DELETE FROM rtm_breaker WHERE app_id = ANY(%b::uuid[])"
_FAILED = """
INSERT INTO rtm_breaker AS b (app_id, failures, pause, retry_at, error, failed_at)
SELECT u.app, u.failures, %b::int,
  CASE WHEN u.failures >= %b THEN %b::timestamptz + make_interval(secs => %b::int) END,
  u.error, %b
FROM unnest(%b::uuid[], %b::int4[], %b::text[]) u (app, failures, error)
ON CONFLICT (app_id) DO UPDATE SET
  failures = b.failures + excluded.failures, error = excluded.error,
  failed_at = excluded.failed_at,
  pause = CASE WHEN b.failures + excluded.failures >= %b
    THEN least(b.pause * 2, %b) ELSE b.pause END,
  retry_at = CASE WHEN b.failures + excluded.failures >= %b
    THEN excluded.failed_at + make_interval(secs => b.pause) END
"""


def guarded(send: Route) -> Route:
    """Return a route that sends only to providers that answer, and learns from what comes."""

    def route(parcels: list[Parcel]) -> list[Outcome]:
        now = timezone.now()
        waits = _waits({parcel.claim.app_id for parcel in parcels}, now)
        going: list[Parcel] = []
        outcomes: dict[uuid.UUID, Outcome] = {}
        for parcel in parcels:
            wait = waits.get(parcel.claim.app_id, 0.0)
            if wait > 0:
                outcomes[parcel.claim.id] = Postponed(wait)
                continue
            going.append(parcel)
            if wait == _ONE:
                waits[parcel.claim.app_id] = float(FIRST_PAUSE)
        came = send(going) if going else []
        _learn(going, came, now)
        outcomes |= {p.claim.id: o for p, o in zip(going, came, strict=True)}
        return [outcomes[parcel.claim.id] for parcel in parcels]

    return route


#: Instead of seconds to wait: one message may try.
_ONE = -1.0


def _waits(apps: set[uuid.UUID], now: dt.datetime) -> dict[uuid.UUID, float]:
    """Return the seconds to wait of the apps whose breaker is open; ``_ONE`` for a probe."""
    with cursor() as own:
        own.execute(_OPEN, [sorted(apps)])
        moments = {app: retry_at for app, retry_at in own.fetchall() if retry_at}
        due = sorted(app for app, retry_at in moments.items() if retry_at <= now)
        probes: set[uuid.UUID] = set()
        if due:
            own.execute(_PROBE, [now, due, now])
            probes = {row[0] for row in own.fetchall()}
    return {
        app: _ONE if app in probes else max(1.0, (retry_at - now).total_seconds())
        for app, retry_at in moments.items()
    }


def _learn(parcels: Sequence[Parcel], outcomes: Sequence[Outcome], now: dt.datetime) -> None:
    """Close the breakers of providers that answered, count the failures of the others."""
    failures: dict[uuid.UUID, int] = defaultdict(int)
    errors: dict[uuid.UUID, str] = {}
    answered: set[uuid.UUID] = set()
    for parcel, outcome in zip(parcels, outcomes, strict=True):
        app = parcel.claim.app_id
        if isinstance(outcome, Postponed):
            continue
        if isinstance(outcome, RetryAt) and outcome.after is None:
            failures[app] += 1
            errors[app] = str(outcome.reason.text)
        else:
            # A wait that the provider names is an answer too.
            failures[app] = 0
            answered.add(app)
    failed = sorted(app for app, count in failures.items() if count)
    with cursor() as own:
        if answered:
            own.execute(_CLOSE, [sorted(answered)])
        if failed:
            counts = [failures[app] for app in failed]
            texts = [errors[app] for app in failed]
            own.execute(
                _FAILED,
                [
                    FIRST_PAUSE, OPENS_AFTER, now, FIRST_PAUSE, now, failed, counts, texts,
                    OPENS_AFTER, LONGEST_PAUSE, OPENS_AFTER,
                ],
            )  # fmt: skip

"""A log of millions: fill past weeks with messages and attempts, and archive the oldest ones.

``make bench-large`` says how many by ``BENCH_LOG``; the bench measures the gateway before and
after. Needs PostgreSQL 18, which makes ids of past weeks by itself.
"""

import os
import time
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.identity import first_uuid7_at
from imiconnect.rtm.archive import archive_old
from imiconnect.rtm.partitions import PARTITIONED_TABLES, WEEK, monday_of, partition_name
from imiconnect.sharing.models import Service

#: The rows are spread evenly over so many weeks before this one.
WEEKS = 8
_CHUNK = 250_000

_MESSAGES = """
INSERT INTO rtm_message (id, transid, organization_id, service_id, app_id, channel, address,
  state, code, payload, attempts, created_at, submitted_at, delivered_at, closed_at)
SELECT uuidv7(shift), gen_random_uuid(), %s, %s, %s, 'rt', 'reader-' || n %% 100000, 2, 7500,
  '{"message": {"text": "Your card ending in 4711 was used. Was it you?"}}', 1,
  now() + shift, now() + shift, now() + shift, now() + shift
FROM (SELECT n, %s::interval + random() * interval '6 days' AS shift
  FROM generate_series(1, %s) n) rows
"""
_ATTEMPTS = """
INSERT INTO rtm_attempt (id, message_id, organization_id, number, route, started_at,
  finished_at, succeeded, code, reason, detail)
SELECT uuidv7(shift), gen_random_uuid(), %s, 1, 'mqtt', now() + shift, now() + shift, true,
  7501, '', '{"qos": 0}'
FROM (SELECT %s::interval + random() * interval '6 days' AS shift
  FROM generate_series(1, %s)) rows
"""


def run() -> dict[str, float]:
    """Fill the log; return how many rows and how fast."""
    rows = int(os.environ["BENCH_LOG"])
    began = time.monotonic()
    _make_weeks()
    app, service = App.objects.order_by("id")[0], Service.objects.order_by("id")[0]
    owner = app.organization_id
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
        for week in range(1, WEEKS + 1):
            for count in _chunks(rows // WEEKS):
                shift = _shift(week)
                cursor.execute(_MESSAGES, [owner, service.pk, app.pk, shift, count])
                cursor.execute(_ATTEMPTS, [owner, shift, count])
        cursor.execute("ANALYZE rtm_message, rtm_attempt")
    taken = time.monotonic() - began
    return {"log_rows": rows // WEEKS * WEEKS, "log_filled_rows_per_s": rows / taken}


def archive() -> dict[str, float]:
    """Archive and drop the two oldest weeks, as the platform's own task does."""
    settings.KEEP_MESSAGES_DAYS = (WEEKS - 2) * WEEK.days
    folder = Path(settings.DATA_DIR) / "archive"
    began = time.monotonic()
    gone = archive_old(timezone.now(), folder)
    taken = time.monotonic() - began
    files = [path.stat().st_size for path in folder.glob("*.csv.gz")]
    assert gone and len(files) == len(gone), f"dropped {gone}, written {len(files)} files"
    return {
        "archived_tables": len(gone),
        "archived_seconds": taken,
        "archived_mebibytes": sum(files) / 2**20,
    }


def _shift(week: int) -> str:
    """Return the beginning of a past week, seen from now."""
    monday = monday_of(timezone.now()) - week * WEEK
    return f"{(monday - timezone.now()).total_seconds():.0f} seconds"


def _chunks(rows: int) -> list[int]:
    whole, rest = divmod(rows, _CHUNK)
    return [_CHUNK] * whole + [rest] * bool(rest)


def _make_weeks() -> None:
    with connection.cursor() as cursor:
        for table in PARTITIONED_TABLES:
            for week in range(1, WEEKS + 1):
                monday = monday_of(timezone.now()) - week * WEEK
                cursor.execute(
                    f"CREATE TABLE {partition_name(table, monday)} PARTITION OF {table} "
                    "FOR VALUES FROM (%s) TO (%s)",
                    [first_uuid7_at(monday), first_uuid7_at(monday + WEEK)],
                )

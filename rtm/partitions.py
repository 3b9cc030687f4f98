"""Partitions of the message log: tables of a week each, made ahead, dropped when old.

The key is the id. A UUIDv7 begins with its time, so a week is a range of ids, a look-up by id
touches one partition, and the primary key needs no second column.
"""

import datetime as dt
from typing import Any

from django.db import connection, transaction
from django.db.migrations.operations import CreateModel

from imiconnect.identity import first_uuid7_at

PARTITIONED_TABLES = ("rtm_message", "rtm_attempt")
WEEK = dt.timedelta(days=7)
#: How far ahead partitions exist, so that a beat that stands still for a month does no harm.
WEEKS_AHEAD = 5
#: A message changes its state twice, all of a page in one transaction: a second version of each
#: must fit beside the first, or it goes elsewhere and into every index. Attempts never change.
FILL_PERCENT = {"rtm_message": 45, "rtm_attempt": 100}


class CreatePartitionedModel(CreateModel):
    """A model whose table is range-partitioned by its id from the start."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        """Create the table with a PARTITION BY clause."""
        plain = schema_editor.sql_create_table
        schema_editor.sql_create_table = f"{plain} PARTITION BY RANGE (id)"
        try:
            super().database_forwards(app_label, schema_editor, *states)
        finally:
            schema_editor.sql_create_table = plain


def monday_of(moment: dt.datetime) -> dt.datetime:
    """Return the beginning, Monday 00:00 UTC, of the week of ``moment``."""
    day = moment.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - dt.timedelta(days=day.weekday())


def partition_name(table: str, monday: dt.datetime) -> str:
    """Return the name of the partition of ``table`` that begins on ``monday``."""
    return f"{table}_{monday:%Y_%m_%d}"


def partitions_of(table: str) -> list[str]:
    """Return the names of the partitions of a table, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = %s::regclass ORDER BY c.relname",
            [table],
        )
        return [name for (name,) in cursor.fetchall()]


def ensure_partitions(now: dt.datetime) -> list[str]:
    """Create the partitions of this week and the next ones that do not exist yet.

    Also the default partition, which takes rows only when everything else failed. Returns
    the names of those made. Safe to run at the same time in several processes.
    """
    made: list[str] = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('rtm-partitions'))")
        for table in PARTITIONED_TABLES:
            # Django's own list of tables leaves partitions out.
            existing = set(partitions_of(table))
            if f"{table}_default" not in existing:
                cursor.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
            for week in range(WEEKS_AHEAD + 1):
                monday = monday_of(now) + week * WEEK
                name = partition_name(table, monday)
                if name in existing:
                    continue
                cursor.execute(
                    f"CREATE TABLE {name} PARTITION OF {table} "
                    f"FOR VALUES FROM (%s) TO (%s) WITH (fillfactor = {FILL_PERCENT[table]})",
                    [first_uuid7_at(monday), first_uuid7_at(monday + WEEK)],
                )
                made.append(name)
    return made

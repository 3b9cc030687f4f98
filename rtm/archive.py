"""Old weeks of the message log: written to a file each, then dropped as a whole.

Dropping a partition costs milliseconds, leaves no dead rows, and touches no other week. A week
goes when all of it is older than ``KEEP_MESSAGES_DAYS`` and none of its messages is open. The
file is whole and on disk before the table goes, so a crash at any point loses nothing: the next
run writes it anew.
"""

import datetime as dt
import gzip
import logging
import os
import re
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connection, transaction

from imiconnect.engines.folders import private_folder
from imiconnect.identity import first_uuid7_at
from imiconnect.rtm.partitions import PARTITIONED_TABLES, WEEK, partition_name, partitions_of

log = logging.getLogger(__name__)

_NAME = re.compile(r"_(\d{4})_(\d\d)_(\d\d)$")
#: To detach, the whole log is locked for a moment; whoever uses it must not wait for long.
_LOCK_TIMEOUT = "2s"


def archive_old(now: dt.datetime, folder: Path | None = None) -> list[str]:
    """Archive and drop every week that is old enough; return the names of the tables.

    Does nothing while ``KEEP_MESSAGES_DAYS`` is 0. One that cannot go now stays for the next
    run: with open messages, or when its lock cannot be had.
    """
    if not settings.KEEP_MESSAGES_DAYS:
        return []
    before = now - dt.timedelta(days=settings.KEEP_MESSAGES_DAYS)
    target = private_folder(folder or settings.ARCHIVE_DIR)
    gone: list[str] = []
    for monday in _weeks():
        if monday + WEEK > before:
            break
        if _has_open(monday):
            log.warning("The week of %s has open messages and stays.", monday.date())
            continue
        # Attempts first: messages without attempts are whole, attempts without messages not.
        for table in reversed(PARTITIONED_TABLES):
            name = partition_name(table, monday)
            if name in partitions_of(table) and _archive(table, name, target):
                gone.append(name)
    return gone


def _weeks() -> list[dt.datetime]:
    names = [name for table in PARTITIONED_TABLES for name in partitions_of(table)]
    return sorted({monday for name in names if (monday := _monday_in(name))})


def _monday_in(name: str) -> dt.datetime | None:
    match = _NAME.search(name)
    if match is None:
        return None
    year, month, day = map(int, match.groups())
    return dt.datetime(year, month, day, tzinfo=dt.UTC)


def _has_open(monday: dt.datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM rtm_openmessage WHERE id >= %s AND id < %s)",
            [first_uuid7_at(monday), first_uuid7_at(monday + WEEK)],
        )
        return bool(cursor.fetchone()[0])


def _archive(table: str, name: str, folder: Path) -> bool:
    written = _write(name, folder / f"{name}.csv.gz") if settings.ARCHIVE_MESSAGES else None
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
            cursor.execute(f"ALTER TABLE {table} DETACH PARTITION {name}")
            if written is not None and _count(name) != written:
                raise OperationalError("it has changed while it was written")
            cursor.execute(f"DROP TABLE {name}")
    except OperationalError as error:
        log.warning("%s stays for the next run: %s", name, error)
        return False
    log.info("%s was dropped; %s rows are in the archive.", name, written)
    return True


def _write(name: str, path: Path) -> int:
    """Write a table as CSV with a header; return the number of rows. The file comes whole."""
    fresh = path.with_suffix(".part")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        rows = _count(name)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
            with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:
                query = (
                    f"COPY (SELECT * FROM {name} ORDER BY id) TO STDOUT (FORMAT csv, HEADER)"  # noqa: S608 - a name of our own
                )
                with cursor.copy(query) as copy:
                    for block in copy:
                        packed.write(block)
            raw.flush()
            os.fsync(raw.fileno())
    fresh.replace(path)
    return rows


def _count(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {name}")  # noqa: S608 - a name of our own
        return int(cursor.fetchone()[0])

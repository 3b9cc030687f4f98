"""Old weeks of the log leave for a file, whole or not at all."""

import csv
import datetime as dt
import gzip
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from imiconnect.accounts.models import Organization
from imiconnect.identity import first_uuid7_at
from imiconnect.rtm import partitions
from imiconnect.rtm.archive import archive_old
from imiconnect.rtm.models import Attempt, Message, OpenMessage
from imiconnect.rtm.protocol.states import State

pytestmark = pytest.mark.django_db(transaction=True)
OLD = partitions.monday_of(dt.datetime(2024, 3, 6, tzinfo=dt.UTC))
NAMES = [partitions.partition_name(table, OLD) for table in ("rtm_attempt", "rtm_message")]


def tables() -> set[str]:
    """Return the names of all partitions."""
    return {
        name
        for table in partitions.PARTITIONED_TABLES
        for name in partitions.partitions_of(table)
    }


@pytest.fixture
def old_message(organization: Organization, settings: Any) -> Any:
    """A delivered message of 2024 in a partition of its week, with its attempt."""
    settings.KEEP_MESSAGES_DAYS = 90
    settings.ARCHIVE_MESSAGES = True
    partitions.ensure_partitions(OLD)
    moment = OLD + dt.timedelta(days=2)
    key = first_uuid7_at(moment)
    message = Message.objects.create(
        id=key, transid=key, organization=organization, channel="rt", address="ana",
        payload={"message": {"text": 'A "quoted"\nline'}}, state=State.DELIVERED,
        created_at=moment, delivered_at=moment, closed_at=moment, attempts=1,
    )  # fmt: skip
    Attempt.objects.create(
        id=key, message_id=key, organization=organization, number=1, route="mqtt",
        started_at=moment, succeeded=True,
    )  # fmt: skip
    yield message
    with connection.cursor() as cursor:
        for name in tables():
            if "_2024_" in name:
                cursor.execute(f"DROP TABLE {name}")


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of an archive."""
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


def test_an_old_week_is_in_the_archive_and_no_longer_in_the_log(
    old_message: Message, tmp_path: Path
) -> None:
    gone = archive_old(timezone.now(), tmp_path)
    assert set(NAMES) <= set(gone)
    assert not set(NAMES) & tables()
    (row,) = rows_of(tmp_path / f"{NAMES[1]}.csv.gz")
    assert (row["id"], row["address"]) == (str(old_message.pk), "ana")
    assert "quoted" in row["payload"]
    (attempt,) = rows_of(tmp_path / f"{NAMES[0]}.csv.gz")
    assert attempt["message_id"] == str(old_message.pk)
    assert (tmp_path / f"{NAMES[1]}.csv.gz").stat().st_mode & 0o077 == 0
    assert archive_old(timezone.now(), tmp_path) == []


def test_partitions_are_made_ahead_once() -> None:
    now = timezone.now()
    partitions.ensure_partitions(now)
    made = partitions.ensure_partitions(now + partitions.WEEK)
    assert partitions.ensure_partitions(now + partitions.WEEK) == []
    ahead = partitions.monday_of(now) + partitions.WEEK * (partitions.WEEKS_AHEAD + 1)
    assert made == [partitions.partition_name(t, ahead) for t in partitions.PARTITIONED_TABLES]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {', '.join(made)}")


def test_this_week_and_young_weeks_stay(old_message: Message, tmp_path: Path) -> None:
    before = tables()
    archive_old(OLD + dt.timedelta(days=90), tmp_path)
    assert tables() == before
    archive_old(timezone.now(), tmp_path)
    assert (
        partitions.partition_name("rtm_message", partitions.monday_of(timezone.now()))
        in tables()
    )


def test_nothing_goes_unless_a_time_is_set(
    old_message: Message, tmp_path: Path, settings: Any
) -> None:
    settings.KEEP_MESSAGES_DAYS = 0
    assert archive_old(timezone.now(), tmp_path) == []
    assert set(NAMES) <= tables()


def test_a_week_with_an_open_message_stays(old_message: Message, tmp_path: Path) -> None:
    OpenMessage.objects.create(
        id=old_message.pk, app_id=old_message.pk, address="ana", expires_at=timezone.now()
    )
    archive_old(timezone.now(), tmp_path)
    assert Message.objects.filter(pk=old_message.pk).exists()


def test_a_table_that_somebody_holds_stays_for_the_next_run(
    old_message: Message, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    monkeypatch.setattr("imiconnect.rtm.archive._LOCK_TIMEOUT", "200ms")
    parameters = connection.get_connection_params()
    own = {name: parameters[name] for name in ("dbname", "user", "password", "host", "port")}
    with psycopg.connect(**own) as other:
        other.execute("LOCK TABLE rtm_message IN ROW EXCLUSIVE MODE")
        archive_old(timezone.now(), tmp_path)
        assert Message.objects.filter(pk=old_message.pk).exists()
    archive_old(timezone.now(), tmp_path)
    assert not Message.objects.filter(pk=old_message.pk).exists()


def test_without_room_for_the_archive_the_log_stays(
    old_message: Message, tmp_path: Path
) -> None:
    (tmp_path / f"{NAMES[0]}.csv.part").mkdir()
    with pytest.raises(OSError, match="directory"):
        archive_old(timezone.now(), tmp_path)
    assert set(NAMES) <= tables()

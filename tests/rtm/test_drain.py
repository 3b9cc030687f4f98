"""What a drain counts, and what it does when its processor fails."""

import time
from typing import Any

import pytest
from django.db import OperationalError, connection

from imiconnect.engines.health import parts
from imiconnect.engines.metrics import as_text
from imiconnect.engines.tally import redis, tallies
from imiconnect.rtm import nudge
from imiconnect.rtm.drain import BEHIND, FEW, Pace, drain

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    """Forget what other tests have counted."""
    for key in redis().scan_iter("imiconnect:tally:*"):
        redis().delete(key)


def test_rows_are_counted_by_queue() -> None:
    found = iter([3, 4])
    assert drain("dr", lambda: next(found, 0), pace=Pace(0.05)) == 7
    assert tallies(["queue:dr"])["queue:dr"].done == 7
    assert b'imiconnect_queue_rows_total{part="queue:dr"} 7.0' in as_text()


def test_a_failure_is_kept_without_its_text_and_ends_the_drain() -> None:
    def fails() -> int:
        raise ValueError("what a customer wrote")

    with pytest.raises(ValueError, match="what a customer wrote"):
        drain("mo", fails)
    part = parts()["queue:mo"]
    assert (part.failures, part.last_error) == (1, "ValueError")
    assert part.failed_seconds_ago is not None
    assert not redis().exists(nudge.flag_of("mo"))
    assert b'imiconnect_queue_failures_total{part="queue:mo"} 1.0' in as_text()


def committing(**options: Any) -> str:
    """Return how the connection commits during a drain."""
    said: list[str] = []

    def step() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            said.append(cursor.fetchone()[0])
        return 0

    drain("dr", step, pace=Pace(0.0), **options)
    return said[0]


def test_steps_that_can_be_taken_again_do_not_wait_for_the_disk() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO on")
    assert committing() == "off"
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO on")
    assert committing(durable=True) == "on"


def test_a_database_that_is_away_ends_the_drain_without_an_error() -> None:
    def fails() -> int:
        raise OperationalError

    assert drain("mt", fails) == 0
    assert tallies(["queue:mt"])["queue:mt"].last_error == "OperationalError"


def test_a_step_that_finds_few_rows_lets_more_gather(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("imiconnect.rtm.drain.time.sleep", slept.append)
    found = iter([3, FEW, 4])
    drain("dr", lambda: next(found, 0), pace=Pace(0.05, gather=0.7))
    assert slept.count(0.7) == 2


def test_a_drain_that_cannot_keep_up_asks_for_another(settings: Any) -> None:
    settings.RTM_DRAINS = 2
    assert sent_beside(FEW) == [1]


def test_a_drain_that_keeps_up_stays_alone(settings: Any) -> None:
    settings.RTM_DRAINS = 2
    assert sent_beside(FEW - 1) == []


def test_no_more_drains_than_are_allowed_work_at_once(settings: Any) -> None:
    settings.RTM_DRAINS = 1
    assert sent_beside(FEW) == []


def sent_beside(rows: int) -> list[int]:
    """Return the places of the drains that are asked for by one that finds so many rows."""
    begun = time.monotonic()
    found = iter(lambda: rows if time.monotonic() - begun < 2.5 * BEHIND else 0, None)
    drain("dr", lambda: next(found), pace=Pace(0.05), place=0)
    places = [place for place in (1, 2) if redis().exists(nudge.flag_of("dr", place))]
    for place in places:
        nudge.release("dr", place)
    return places

"""What ``make chaos`` counts as lost or doubled."""

from typing import Any

import pytest

from tests.chaos.sink import Sink
from tests.chaos.trial import Result, Trial


@pytest.fixture
def trial() -> Trial:
    """A trial that has not run: counting needs no platform."""
    unused: Any = None
    return Trial(unused, unused, 1, 1)


@pytest.mark.parametrize(
    ("rows", "shown", "lost", "twice", "is_good"),
    [
        ([("t1", "u1", 2)], ["t1"], 0, 0, True),
        ([("t1", "u1", 3)], ["t0", "t1"], 0, 0, True),
        ([], [], 1, 0, False),
        ([("t1", "u1", 1)], ["t1"], 1, 0, False),
        ([("t1", "u1", 2)], [], 1, 0, False),
        ([("t1", "u1", 4)], ["t1"], 1, 0, False),
        ([("t1", "u1", 2)], ["t1", "t1"], 0, 1, False),
        ([("t1", "u1", 2), ("t2", "u1", 2)], ["t1", "t2"], 0, 0, False),
    ],
)
def test_a_message_is_good_when_it_is_delivered_and_shown_once(
    trial: Trial,
    rows: list[tuple[str, str, int]],
    shown: list[str],
    lost: int,
    twice: int,
    is_good: bool,
) -> None:
    trial._one("order-1.0", rows, {"u1": shown})
    result = trial.result
    assert (result.accepted, result.lost) == (1, lost)
    assert result.delivered_twice_after_dedup == twice
    assert result.is_good is is_good


def test_a_run_in_which_nothing_was_accepted_is_not_good() -> None:
    assert not Result().is_good
    assert not Result(accepted=1, two_terminal_states=1).is_good


def test_a_callback_that_comes_twice_is_one_and_two_outcomes_are_two() -> None:
    sink = Sink()

    def told(tid: str, status: str) -> dict[str, Any]:
        info = {"deliveryStatus": status, "additionalInfo": {"tid": tid}}
        return {"deliveryInfoNotification": {"deliveryInfo": info}}

    sink.take("w1", told("t1", "Submitted"))
    sink.take("w2", told("t1", "Delivered"))
    sink.take("w2", told("t1", "Delivered"))
    assert sink.told_twice() == []
    sink.take("w3", told("t1", "Failed"))
    assert sink.told_twice() == ["t1"]
    sink.close()

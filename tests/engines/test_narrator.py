"""What the terminal says when something happens to a process."""

import pytest

from imiconnect.engines.narrator import Narrator

_AT = "2026-11-22 20:00:00,123"


class Told:
    """A narrator with its sentences and a clock of its own."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.now = 100.0
        titles = {"uplink": "the uplink listener"}
        self.narrator = Narrator(titles, self.sentences.append, lambda: self.now)


@pytest.fixture
def told() -> Told:
    """A narrator that knows the uplink listener."""
    return Told()


def test_a_first_start_is_not_worth_a_sentence(told: Told) -> None:
    told.narrator.hear(f"{_AT} INFO spawned: 'uplink' with pid 12")
    assert told.sentences == []


def test_a_death_by_signal_names_the_signal(told: Told) -> None:
    told.narrator.hear(f"{_AT} WARN exited: uplink (terminated by SIGKILL; not expected)")
    assert told.sentences == [
        "The uplink listener died by signal 9 (SIGKILL); it is started again."
    ]


def test_an_exit_names_its_status(told: Told) -> None:
    told.narrator.hear(f"{_AT} WARN exited: uplink (exit status 1; not expected)")
    assert told.sentences == [
        "The uplink listener ended by itself (exit status 1); it is started again."
    ]


def test_the_next_start_tells_how_long_it_took(told: Told) -> None:
    told.narrator.hear(f"{_AT} WARN exited: uplink (exit status 1; not expected)")
    told.now += 4.2
    told.narrator.hear(f"{_AT} INFO spawned: 'uplink' with pid 13")
    assert told.sentences[-1] == "The uplink listener was started again after 4 s."


def test_a_process_that_does_not_stop_is_named(told: Told) -> None:
    told.narrator.hear(f"{_AT} WARN killing 'uplink' (13) with SIGKILL")
    assert told.sentences == ["The uplink listener did not stop in time and was killed."]


def test_deaths_are_counted(told: Told) -> None:
    for _ in range(2):
        told.narrator.hear(f"{_AT} WARN exited: uplink (exit status 1; not expected)")
    assert told.narrator.deaths == {"uplink": 2}


def test_other_lines_are_passed_over(told: Told) -> None:
    told.narrator.hear(f"{_AT} INFO supervisord started with pid 7")
    told.narrator.hear("")
    assert told.sentences == []

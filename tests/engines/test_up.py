"""``manage.py up``: the whole platform, started, hurt and stopped."""

import contextlib
import json
import os
import signal
from typing import Any

import psutil
import psycopg
import pytest

from tests.running import Started
from tests.waiting import PATIENCE

pytestmark = [
    pytest.mark.sweep,
    pytest.mark.xdist_group("platform"),
    pytest.mark.timeout(600),
]


def test_every_part_is_ready_when_the_start_says_so(started: Started) -> None:
    answer: dict[str, Any] = json.loads(started.answer("readyz"))
    assert answer["ready"] is True
    assert {"database", "redis", "broker", "queue:mt", "beat", "uplink"} <= set(answer["parts"])


def test_the_process_says_that_it_is_alive(started: Started) -> None:
    assert json.loads(started.answer("healthz")) == {"alive": True}


def test_prometheus_gets_the_health_of_each_part(started: Started) -> None:
    assert b'imiconnect_up{part="database"} 1.0' in started.answer("metrics")


def test_a_second_terminal_finds_the_engines(started: Started) -> None:
    settings = json.loads((started.folder / "engines.json").read_text())
    assert settings["DATABASE_URL"].startswith("postgresql://imiconnect:")


def test_a_killed_process_is_started_again_and_said_so(started: Started) -> None:
    before = started.pid_of("outbound")
    os.kill(before, signal.SIGKILL)
    started.wait_for("The callback worker died by signal 9 (SIGKILL); it is started again.")
    started.wait_for("The callback worker was started again after")
    assert started.pid_of("outbound") != before


def test_a_killed_engine_is_started_again(started: Started) -> None:
    sentence = "Redis was started again after"
    before = started.printed().count(sentence)
    os.kill(started.pid_of("redis"), signal.SIGKILL)
    started.wait_until(lambda: started.printed().count(sentence) > before)
    started.wait_until(started.is_ready)


def test_the_smpp_links_run_only_while_an_account_is_active(started: Started) -> None:
    set_smpp_account(started, active=True)
    started.wait_until(lambda: runs(started, "smpp"))
    started.wait_until(started.is_ready)
    assert json.loads(started.answer("readyz"))["parts"]["smpp"]["ready"]
    set_smpp_account(started, active=False)
    started.wait_until(lambda: not runs(started, "smpp"))
    assert "smpp" not in json.loads(started.answer("readyz"))["parts"]


def set_smpp_account(started: Started, *, active: bool) -> None:
    """Have an account at a message centre that nobody runs."""
    with psycopg.connect(started.settings()["DATABASE_URL"]) as connection:
        connection.execute(
            "insert into numbers_carrieraccount"
            " (slug, carrier, is_active, position, base_url, account, secret, options)"
            " values ('smpp', '', %(active)s, 1, 'smpp://127.0.0.1:1', 'us', '', '{}')"
            " on conflict (slug) do update set is_active = %(active)s",
            {"active": active},
        )


def runs(started: Started, name: str) -> bool:
    """Tell whether a process of the platform has a word in its command."""
    found = False
    for child in started.children():
        with contextlib.suppress(psutil.Error):  # it has just ended
            found = found or name in child.cmdline()
    return found


def test_ctrl_c_stops_everything_and_leaves_nothing(started: Started) -> None:
    children = started.children()
    assert len(children) >= 9
    started.process.send_signal(signal.SIGINT)
    assert started.process.wait(PATIENCE) == 0
    assert "Everything has stopped." in started.printed()
    assert not psutil.wait_procs(children, timeout=PATIENCE)[1]
    assert not (started.folder / "engines.json").exists()


def test_a_killed_start_takes_all_its_processes_along(started: Started) -> None:
    again = Started(started.folder)
    try:
        again.wait_for("Starting the web server")
        # Before the platform is ready, which misses it.
        set_smpp_account(again, active=True)
        again.wait_until(lambda: runs(again, "smpp"))
        again.wait_until(lambda: len(again.children()) >= 9)
        children = again.children()
        again.process.kill()
        assert not psutil.wait_procs(children, timeout=PATIENCE)[1]
    finally:
        again.close()

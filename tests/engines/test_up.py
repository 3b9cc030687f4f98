"""``manage.py up``: the whole platform, started, hurt and stopped."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from imiconnect import ROOT
from imiconnect.engines.tcp import is_free

pytestmark = [pytest.mark.xdist_group("platform"), pytest.mark.timeout(600)]
_SECONDS = 240


class Started:
    """One ``manage.py up`` and what it has printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = next(port for port in range(19_000, 20_000) if is_free(port))
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        own = {"DATA_DIR": str(folder), "PORT": str(self.port), "DEMO": "0"}
        self._log = (folder.parent / "up.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env={**kept, **own},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def printed(self) -> str:
        """Everything so far."""
        return Path(self._log.name).read_text()

    def wait_for(self, sentence: str) -> None:
        """Wait until a sentence has been printed."""
        self.wait_until(lambda: sentence in self.printed())

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + _SECONDS
        while not holds():
            assert time.monotonic() < deadline, self.printed()
            time.sleep(0.1)

    def answer(self, path: str) -> bytes:
        """The body of a page."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}") as page:
            body: bytes = page.read()
        return body

    def pid_of(self, name: str) -> int:
        """The process of one program, as the process manager's log has it."""
        log = (self.folder / "log" / "supervisord.log").read_text()
        return int(log.rsplit(f"spawned: '{name}' with pid ", 1)[1].split("\n", 1)[0])

    def children(self) -> list[psutil.Process]:
        """Every process below, the engines too."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def close(self) -> None:
        """End it, whatever has happened."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        self._log.close()


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """A platform in a folder whose name trips careless quoting."""
    platform = Started(tmp_path_factory.mktemp("with space") / "data #1; 100%s")
    try:
        platform.wait_until(
            lambda: (
                "is ready after" in platform.printed() or platform.process.poll() is not None
            )
        )
        assert "is ready after" in platform.printed(), platform.printed()
        yield platform
    finally:
        platform.close()


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
    os.kill(started.pid_of("redis"), signal.SIGKILL)
    started.wait_for("Redis was started again after")
    started.wait_until(lambda: _is_ready(started))


def test_ctrl_c_stops_everything_and_leaves_nothing(started: Started) -> None:
    children = started.children()
    assert len(children) >= 9
    started.process.send_signal(signal.SIGINT)
    assert started.process.wait(60) == 0
    assert "Everything has stopped." in started.printed()
    assert not psutil.wait_procs(children, timeout=10)[1]
    assert not (started.folder / "engines.json").exists()


def test_a_killed_start_takes_all_its_processes_along(started: Started) -> None:
    again = Started(started.folder)
    try:
        again.wait_for("Starting the web server")
        again.wait_until(lambda: len(again.children()) >= 9)
        children = again.children()
        again.process.kill()
        assert not psutil.wait_procs(children, timeout=45)[1]
    finally:
        again.close()


def _is_ready(started: Started) -> bool:
    try:
        return bool(json.loads(started.answer("readyz"))["ready"])
    except OSError:
        return False

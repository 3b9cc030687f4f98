"""The helper processes of a bench: simulated devices, REST load, the broker's peer."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from imiconnect import ROOT

RUN = str(ROOT / "tests" / "run.py")


class Fleet:
    """A running ``tests.bench.devices``."""

    def __init__(self, spec: dict[str, Any]) -> None:
        """Start it and wait until all devices have subscribed."""
        self._process = subprocess.Popen(
            [sys.executable, RUN, "bench.devices"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._ask(json.dumps(spec)) == "ready\n", "the devices could not connect"

    def report(self) -> dict[str, Any]:
        """Return how many messages have come since the last report, and their latencies."""
        answer: dict[str, Any] = json.loads(self._ask("report"))
        return answer

    def seen(self) -> dict[str, list[str]]:
        """Return the ids of all messages that have come, by the device's topic."""
        answer: dict[str, list[str]] = json.loads(self._ask("seen"))
        return answer

    def close(self) -> None:
        """End all devices."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(20)

    def _ask(self, line: str) -> str:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


@contextmanager
def fleet(spec: dict[str, Any]) -> Iterator[Fleet]:
    """Run devices for a while."""
    running = Fleet(spec)
    try:
        yield running
    finally:
        running.close()


def run(module: str, job: dict[str, Any]) -> Any:
    """Run a module with a job on standard input; return what it printed.

    A module without a dot is one of ``tests.bench``, another one of ``tests``.
    """
    done = subprocess.run(
        [sys.executable, RUN, module if "." in module else f"bench.{module}"],
        cwd=ROOT,
        input=json.dumps(job),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)

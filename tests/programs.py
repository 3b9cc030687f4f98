"""Servers that nobody here wrote, started from their packages for tests to talk to."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import PATIENCE, wait_until

_HOST = "127.0.0.1"
#: Another program may take a free port before the server does.
_TRIES = 5


def listens(port: int) -> bool:
    """Tell whether a server takes connections at a port of this machine."""
    try:
        socket.create_connection((_HOST, port), 1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.create_server((_HOST, 0)) as probe:
        return int(probe.getsockname()[1])


def end(*processes: "subprocess.Popen[Any]") -> None:
    """End processes, all at once.

    Raises:
        AssertionError: for those that did not end in time when asked to, and were killed.
    """
    for process in processes:
        process.terminate()
    deadline, killed = time.monotonic() + PATIENCE, []
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE)
            killed.append(process.args)
    assert not killed, f"did not end within {PATIENCE:.0f} seconds: {killed}"


@contextlib.contextmanager
def node_server(script: Path, arguments: Callable[[int], Sequence[str]]) -> Iterator[str]:
    """Run a script of a front-end package on a free port; yield its address."""
    node = shutil.which("node")
    if node is None:
        pytest.skip(f"node is absent; {script.name} needs it")
    assert script.exists(), "Install the front-end packages: npm ci"
    for _ in range(_TRIES):
        port = free_port()
        command = [node, str(script), *arguments(port)]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            wait_until(
                lambda port=port, process=process: process.poll() is not None or listens(port),
                f"{script.name} did not start",
            )
            if process.poll() is None:
                yield f"http://{_HOST}:{port}"
                return
        finally:
            end(process)
    raise AssertionError(f"{script.name} ended at once, {_TRIES} times")

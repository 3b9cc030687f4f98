"""A foreign message centre as a process of its own, and how a test talks to it."""

import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from imiconnect import ROOT
from imiconnect.numbers.models import SmppLink
from tests.waiting import PATIENCE, wait_until

SCRIPT = Path(__file__).with_name("smsc.js")
PACKAGE = ROOT / "node_modules" / "smpp"


class MessageCentre:
    """What the centre has seen, and its orders."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.port, self._process = port, process
        self.events: list[dict[str, Any]] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self.events.append(json.loads(line))

    def seen(self, event: str) -> list[dict[str, Any]]:
        """Return what has happened of one kind."""
        return [item for item in list(self.events) if item["event"] == event]

    def order(self, **order: Any) -> None:
        """Tell it to do something, and wait until it has heard."""
        assert self._process.stdin
        before = len(self.seen("done"))
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        wait_until(lambda: len(self.seen("done")) > before)


@contextmanager
def message_centre(*files: str) -> Iterator[MessageCentre]:
    """Start a centre; ``files`` are its key and certificate where it has TLS."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is absent; the message centre needs it")
    assert PACKAGE.exists(), "Install the front-end packages: npm ci"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [node, str(SCRIPT), str(port), *files],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        centre = MessageCentre(process, port)
        try:
            wait_until(lambda: centre.seen("listening"))
            yield centre
        finally:
            process.terminate()
            centre.reader.join(PATIENCE)


def bound() -> bool:
    """Tell whether the link of the account ``smpp`` is up."""
    return SmppLink.objects.filter(account="smpp", is_bound=True).exists()

"""A real platform for tests and for ``make bench``: one ``manage.py up`` in a folder."""

import json
import os
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import psutil

from imiconnect import ROOT
from imiconnect.engines.tcp import is_free
from tests.programs import end
from tests.waiting import PATIENCE

_SECONDS = 240
_PORTS = range(19_000, 20_000)


class Platform(Protocol):
    """What a load and a comparison need of a running platform."""

    @property
    def port(self) -> int:
        """Of the web server."""

    @property
    def url(self) -> str:
        """Of the web server."""

    @property
    def ca(self) -> str | None:
        """The authority of its certificates; None without TLS."""

    def settings(self) -> dict[str, str]:
        """The addresses and secrets of the engines."""

    def demo(self) -> dict[str, Any]:
        """What the demo organization's clients need."""

    def pid_of(self, name: str) -> int:
        """The process of one program."""


class Started:
    """One ``manage.py up`` and what it has printed."""

    def __init__(self, folder: Path, *, demo: bool = False, **environment: str) -> None:
        """Start it; ``environment`` adds to the settings."""
        self.folder = folder
        # By chance, since two workers may start a platform at the same time.
        self.port = next(port for port in random.sample(_PORTS, len(_PORTS)) if is_free(port))
        self.url, self.ca = f"http://127.0.0.1:{self.port}", None
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        own = {"DATA_DIR": str(folder), "PORT": str(self.port), "DEMO": str(int(demo))}
        self._log = (folder.parent / "up.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env={**kept, **own, **environment},
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

    def wait_until_ready(self) -> None:
        """Wait until everything runs; fail with what was printed when the start has failed."""
        self.wait_until(
            lambda: "is ready after" in self.printed() or self.process.poll() is not None
        )
        assert "is ready after" in self.printed(), self.printed()

    def answer(self, path: str) -> bytes:
        """The body of a page."""
        url = f"http://127.0.0.1:{self.port}/{path}"
        with urllib.request.urlopen(url, timeout=PATIENCE) as page:
            body: bytes = page.read()
        return body

    def is_ready(self) -> bool:
        """Tell whether ``/readyz`` says that every part is there."""
        try:
            return bool(json.loads(self.answer("readyz"))["ready"])
        except OSError:
            return False

    def settings(self) -> dict[str, str]:
        """The addresses and secrets of the engines."""
        settings: dict[str, str] = json.loads((self.folder / "engines.json").read_text())
        return settings

    def demo(self) -> dict[str, Any]:
        """What the demo organization's clients need."""
        demo: dict[str, Any] = json.loads((self.folder / "demo.json").read_text())
        return demo

    def manage(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a management command against this platform."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "DATA_DIR": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )

    def pid_of(self, name: str) -> int:
        """The process of one program, as the process manager's log has it."""
        log = (self.folder / "log" / "supervisord.log").read_text()
        return int(log.rsplit(f"spawned: '{name}' with pid ", 1)[1].split("\n", 1)[0])

    def children(self) -> list[psutil.Process]:
        """Every process below, the engines too."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def close(self) -> None:
        """End it, whatever has happened."""
        try:
            end(self.process)
        finally:
            self._log.close()

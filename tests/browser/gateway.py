"""The gateway's own processes beside a served test site, and a customer's server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psutil
from django.conf import settings
from django.db import connection

from imiconnect import ROOT
from tests.elsewhere import elsewhere
from tests.serving import in_thread
from tests.waiting import PATIENCE

#: What ``tests/browser/forks.py`` starts.
_PROGRAMS = ("worker", "beat", "uplink")


class Forks:
    """A process that forks the gateway's processes on the test's database."""

    def __init__(self, folder: Path) -> None:
        """Start it; it loads the gateway's code while the first test begins."""
        address = urlsplit(os.environ["DATABASE_URL"])
        database = address._replace(path=f"/{connection.settings_dict['NAME']}")
        environment = {
            **os.environ,
            "DATABASE_URL": urlunsplit(database),
            "DJANGO_SETTINGS_MODULE": "imiconnect.settings",
            # As in a real start: the checks load every page's code.
            "CELERY_SKIP_CHECKS": "1",
        }
        self._log = folder / "forks.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(ROOT / "tests" / "run.py"), "browser.forks"],
                cwd=ROOT, env=environment, start_new_session=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip

    def start(self, name: str, folder: Path, changes: dict[str, Any]) -> psutil.Process:
        """Start a process whose log is in a folder, with settings that are the test's own."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([name, str(folder), changes]).encode() + b"\n")
        self._process.stdin.flush()
        number = elsewhere(self._process.stdout.readline)
        assert number, self._log.read_text()
        return psutil.Process(int(number))

    def close(self) -> None:
        """End it, and what it has started."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            assert self._process.stdout
            self._process.stdout.close()


@contextmanager
def gateway_processes(forks: Forks, folder: Path) -> Iterator[None]:
    """Run a Celery worker, its beat, and the uplink listener, with the settings of the test."""
    names = ("PUBLIC_URL", "SANDBOX")
    changes = {name: getattr(settings, name) for name in names}
    changes["ALLOW_PRIVATE_CALLBACKS"] = True
    started = [forks.start(program, folder, changes) for program in _PROGRAMS]
    try:
        yield
        ended = [each for each in started if not each.is_running()]
        assert not ended, f"ended by themselves: {ended}; their logs are in {folder}"
    finally:
        for process in started:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
        alive = psutil.wait_procs(started, PATIENCE)[1]
        for process in alive:
            process.kill()
        assert not alive, f"did not end within {PATIENCE:.0f} seconds: {alive}"


@dataclass
class Received:
    """One call that came to the customer's server."""

    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """The body as JSON."""
        return json.loads(self.raw)


@dataclass
class CustomerServer:
    """Keeps every POST that it gets and answers 200."""

    url: str = ""
    received: list[Received] = field(default_factory=list)

    def statuses(self) -> list[str]:
        """Return the delivery statuses told so far."""
        notes = [call.body.get("deliveryInfoNotification") for call in self.received]
        return [note["deliveryInfo"]["deliveryStatus"] for note in notes if note]


@contextmanager
def customer_server() -> Iterator[CustomerServer]:
    """Run the server of a customer on a free port."""
    kept = CustomerServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if raw:
                headers = {name.lower(): value for name, value in self.headers.items()}
                kept.received.append(Received(headers, raw))
            self.do_HEAD()

        def do_HEAD(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_HEAD

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    with in_thread(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        kept.url = f"{address}/dr"
        yield kept

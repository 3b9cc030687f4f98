"""The gateway's own processes beside a served test site, and a customer's server."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from imiconnect import ROOT
from imiconnect.engines.processes import QUEUES
from tests.waiting import PATIENCE


@contextmanager
def gateway_processes(folder: Path) -> Iterator[None]:
    """Run a Celery worker with beat, and the uplink listener, on the test's database."""
    worker = (
        "celery", "--app=imiconnect.celery:app", "worker", f"--queues={','.join(QUEUES)}",
        "--pool=threads", "--concurrency=24", "--without-mingle", "--without-gossip",
    )  # fmt: skip
    beat = ("celery", "--app=imiconnect.celery:app", "beat", f"--schedule={folder / 'beat'}")
    started = [_start(folder, *command) for command in (worker, beat, ("django", "uplink"))]
    try:
        yield
        ended = [process.args for process in started if process.poll() is not None]
        assert not ended, f"ended by themselves: {ended}"
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(PATIENCE)


def _start(folder: Path, module: str, *arguments: str) -> "subprocess.Popen[bytes]":
    address = urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(address._replace(path=f"/{connection.settings_dict['NAME']}"))
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "imiconnect.settings",
        "ALLOW_PRIVATE_CALLBACKS": "1",
        # As in a real start: the checks load every page's code.
        "CELERY_SKIP_CHECKS": "1",
        "PUBLIC_URL": settings.PUBLIC_URL,
    }
    name = "-".join((module, *arguments[1:2])).replace("/", "_")
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip


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

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}/dr"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()

"""A customer's server on loopback, and callbacks that go to it."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.rtm.callbacks import sender
from imiconnect.rtm.models import Callback
from imiconnect.sharing.models import Service
from imiconnect.sharing.services import create_service
from tests.serving import in_thread


@dataclass
class Received:
    """One request as the server got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What the server got, and what it answers: a status by path, as ``/500``."""

    url: str = ""
    requests: list[Received] = field(default_factory=list)
    delays: dict[str, float] = field(default_factory=dict)
    connections: set[Any] = field(default_factory=set)
    on_request: Callable[[], object] = bool

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.receiver.connections.add(self.client_address)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.receiver.requests.append(Received(self.command, self.path, headers, body))
        self.receiver.on_request()
        time.sleep(self.receiver.delays.get(self.path, 0))
        self._answer()

    do_HEAD = do_POST

    def _answer(self) -> None:
        word = self.path.strip("/").split("-")[0]
        answer = b"" if self.command == "HEAD" else f"answer {word}".encode()
        if word == "big":
            answer = b"x" * 1_000_000
        self.send_response(int(word) if word.isdigit() else 200)
        if word.startswith("3"):
            self.send_header("Location", "/200-redirected")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        try:
            self.wfile.write(answer)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *args: Any) -> None:
        """Stay silent."""


class _Server(ThreadingHTTPServer):
    #: Two senders open up to 32 connections at once; five may wait by default.
    request_queue_size = 128

    def handle_error(self, *args: Any) -> None:
        """A client that has hung up is part of these tests."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A customer's server."""
    receiver = Receiver()
    handler = type("Handler", (_Handler,), {"receiver": receiver})
    server = _Server(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    with in_thread(server) as receiver.url:
        yield receiver


@pytest.fixture(autouse=True)
def private_callbacks(settings: Any) -> None:
    """The customer's server is on loopback here."""
    settings.ALLOW_PRIVATE_CALLBACKS = True


@pytest.fixture
def service(admin: Member) -> Service:
    return create_service(member=admin, name="Alerts")


@pytest.fixture
def new_callback(service: Service, receiver: Receiver) -> Callable[..., Callback]:
    def make(path: str = "/200", **fields: Any) -> Callback:
        values: dict[str, Any] = {
            "organization": service.organization,
            "service": service,
            "kind": Callback.Kind.DR,
            "event": "delivered",
            "url": receiver.url + path,
            "body": '{"deliveryInfoNotification": {"transid": "ü"}}',
            # Due for certain: the database has a clock of its own.
            "due_at": timezone.now() - dt.timedelta(seconds=1),
        }
        return Callback.objects.create(**(values | fields))

    return make


@pytest.fixture
def send() -> Callable[[], int]:
    """Send what is due, without waiting for more."""
    return lambda: sender.send_due(sender.Limits(linger=0, poll=0.05))

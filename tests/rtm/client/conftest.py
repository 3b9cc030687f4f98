"""The Python client in a loop of its own, against the whole application and the broker."""

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.db import connections

from imiconnect.apps.models import App
from imiconnect.rtm.client import Client, FileStore, startup
from imiconnect.rtm.connect.callout import Callout
from imiconnect.rtm.uplink.listener import Listener
from imiconnect.sharing.models import Service
from tests.rtm.conftest import CLIENT_KEY
from tests.rtm.connect.brokers import ASKED
from tests.rtm.connect.conftest import in_loop
from tests.serving import serve
from tests.waiting import PATIENCE, wait_until


class Loop:
    """An event loop in a thread beside the test's, which uses the ORM."""

    def __init__(self) -> None:
        """Start it."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def run(self, work: Awaitable[Any], seconds: float = PATIENCE) -> Any:
        """Return what an awaitable returns."""

        async def wait() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(wait(), self._loop).result(seconds)

    def call(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Return what a function returns that must be called in the loop."""

        async def call() -> Any:
            return function(*arguments, **named)

        return self.run(call())

    def close(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Phone:
    """A client and what it has told."""

    def __init__(self, loop: Loop, client: Client) -> None:
        """Listen to every event."""
        self.loop, self.client = loop, client
        self.messages: queue.Queue[Any] = queue.Queue()
        self.events: queue.Queue[Any] = queue.Queue()
        self.policies: queue.Queue[Any] = queue.Queue()
        self.sent: queue.Queue[Any] = queue.Queue()
        self.states: list[str] = []
        client.on("message", self.messages.put)
        client.on("event", self.events.put)
        client.on("policy", self.policies.put)
        client.on("sent", lambda item, result: self.sent.put((item, result)))
        client.on("connection", lambda change: self.states.append(change.state))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Call a coroutine of the client and wait for its result."""
        method = getattr(self.client, name)
        return lambda *arguments, **named: self.loop.run(method(*arguments, **named))

    def come(self, user_id: str = "u1", device_id: str = "d1") -> "Phone":
        """Register and connect."""
        self.register(user_id=user_id, device_id=device_id)
        self.connect()
        return self


MakePhone = Callable[..., Phone]


@pytest.fixture
def site(transactional_db: None, settings: Any) -> Iterator[str]:
    """The address of the whole application."""
    with serve(settings) as address:
        yield address


@pytest.fixture
def loop() -> Iterator[Loop]:
    """The loop of the clients."""
    made = Loop()
    yield made
    made.close()


@pytest.fixture
def make_phone(site: str, loop: Loop, rtm_app: App, tmp_path: Path) -> Iterator[MakePhone]:
    """Return a function that makes clients; ``kept`` ones use a store in a folder."""
    made: list[Phone] = []

    def make(kept: bool = False, key: str = CLIENT_KEY, **options: Any) -> Phone:
        store = FileStore(tmp_path / "kept") if kept else None
        client = loop.call(startup, rtm_app.app_id, key, domain=site, store=store, **options)
        made.append(Phone(loop, client))
        return made[-1]

    yield make
    for phone in made:
        phone.close()


@pytest.fixture
def asked(transactional_db: None) -> Iterator[None]:
    """What the broker asks about devices at its own port."""
    assert urlsplit(django_settings.RTM_DEVICE_TCP_URL).port
    callout = Callout()
    with in_loop(callout.run):
        wait_until(lambda: callout.is_answering)
        yield


@pytest.fixture(params=["websocket", pytest.param("tcp", marks=ASKED)])
def transport(request: pytest.FixtureRequest) -> str:
    """Each way to the broker in turn."""
    if request.param == "tcp":
        request.getfixturevalue("asked")
    return str(request.param)


@contextmanager
def listening() -> Iterator[Listener]:
    """Run the uplink listener in a thread."""
    running = Listener()

    def work() -> None:
        running.work()
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        wait_until(lambda: running.is_reading)
        yield running
    finally:
        running.stop()
        thread.join()


@pytest.fixture
def uplink(service: Service) -> Iterator[Listener]:
    """What reads the devices' receipts and messages."""
    with listening() as running:
        yield running

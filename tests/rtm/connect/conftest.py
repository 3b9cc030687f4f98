"""An app whose devices connect, and servers for foreign clients."""

import asyncio
import contextlib
import queue
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings

from imiconnect.accounts.models import Member, Organization
from imiconnect.apps import services as app_services
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy
from imiconnect.engines.tcp import is_free
from imiconnect.rtm.broker import Link
from imiconnect.rtm.connect.callout import Callout
from imiconnect.rtm.connect.registration import Profile, register_device
from imiconnect.rtm.protocol import topics
from imiconnect.rtm.routing import websocket_urlpatterns
from tests.plain_mqtt import address, new_client
from tests.programs import free_port
from tests.rtm.connect.brokers import (
    ASKED,
    WAYS,
    Mosquitto,
    Way,
    running_mosquitto,
    serve_proxy,
)
from tests.rtm.connect.profile_calls import Call, caller
from tests.waiting import PATIENCE, wait_until

WEB = {"platform": "web", "systems": ["chrome"]}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests at the broker's own port in one worker."""
    for item in items:
        if "tcp_port" in getattr(item, "fixturenames", ()):
            item.add_marker(ASKED)


@dataclass(frozen=True)
class Device:
    """What a client knows of itself."""

    app_id: str
    user_id: str
    device_id: str
    token: str

    @property
    def client_id(self) -> str:
        return f"{self.app_id}/{self.user_id}/{self.device_id}"

    @property
    def username(self) -> str:
        return f"{self.app_id}/{self.user_id}"

    @property
    def topic(self) -> str:
        return self.username


MakeApp = Callable[..., App]
MakeDevice = Callable[..., Device]


def new_app(member: Member, **policy: Any) -> App:
    """Make a Mobile/Web app through the service."""
    return app_services.create_app(
        member=member,
        name="Shop",
        channel_type="mobile_web",
        config=WEB,
        policy=Policy(**{"profile_required": False, **policy}),
    )


def new_device(app: App, user_id: str = "jane", device_id: str = "phone") -> Device:
    """Register a device."""
    done = register_device(
        app=app, user_id=user_id, device_id=device_id, profile=Profile(platform="chrome")
    )
    return Device(app.app_id, done.device.user_id, device_id, done.access_token)


@pytest.fixture
def make_app(admin: Member) -> MakeApp:
    """Return a function that makes apps of Northwind; keywords are its policy."""
    return lambda **policy: new_app(admin, **policy)


@pytest.fixture
def app(make_app: MakeApp) -> App:
    """An app with an inbox, whose devices prove themselves with access tokens."""
    return make_app(server_inbox=True)


@pytest.fixture
def client_key(app: App) -> str:
    """The client key of ``app``."""
    return app_services.current_client_key(app).secret


@pytest.fixture
def make_device(app: App) -> MakeDevice:
    """Return a function that registers devices of ``app``."""
    return lambda user_id="jane", device_id="phone": new_device(app, user_id, device_id)


@pytest.fixture
def call(organization: Organization) -> Call:
    """Call the Profile API with the organization's key."""
    return caller(organization.profile_key)


class WebServer:
    """An ASGI server with the gateway's sockets, in a thread with a loop of its own."""

    def __init__(self) -> None:
        application = ProtocolTypeRouter({"websocket": URLRouter(websocket_urlpatterns)})
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        config = uvicorn.Config(
            application,
            log_level="warning",
            lifespan="off",
            ws="websockets-sansio",
        )
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self.server.serve([self._listener]))

    def __enter__(self) -> "WebServer":
        self._thread.start()
        wait_until(lambda: self.server.started, "the server did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self._thread.join(PATIENCE)


@contextlib.contextmanager
def in_loop(serve: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> Iterator[None]:
    """Run a server in a thread with a loop of its own, until told to stop."""
    started: queue.Queue[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = queue.Queue()

    async def run() -> None:
        stop = asyncio.Event()
        started.put((asyncio.get_running_loop(), stop))
        await serve(stop)

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    loop, stop = started.get(timeout=PATIENCE)
    yield
    loop.call_soon_threadsafe(stop.set)
    thread.join(PATIENCE)


@pytest.fixture
def tcp_port(transactional_db: None) -> Iterator[int]:
    """The broker's own port, with the service that it asks."""
    service = Callout()
    with in_loop(service.run):
        wait_until(lambda: service.is_answering)
        port = urlsplit(settings.RTM_DEVICE_TCP_URL).port
        assert port is not None
        yield port


@pytest.fixture
def web(transactional_db: None) -> Iterator[WebServer]:
    """A running web server; the database is the test's."""
    with WebServer() as server:
        yield server


class Gateway:
    """The gateway's own connection to the broker."""

    def __init__(self) -> None:
        self.link = Link()

    def publish(self, topic: str, payload: bytes) -> None:
        assert self.link.publish([(topic, payload)]) == [True]


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """Publish as the gateway does."""
    gateway = Gateway()
    yield gateway
    gateway.link.close()


@pytest.fixture
def uplink(transactional_db: None) -> Iterator[list[tuple[str, bytes]]]:
    """Read every uplink as the gateway does: topic and payload."""
    read: list[tuple[str, bytes]] = []
    ready = threading.Event()
    client = new_client("test")
    client.on_message = lambda _c, _d, message: read.append((message.topic, message.payload))
    client.on_subscribe = lambda *_: ready.set()
    client.on_connect = lambda *_: client.subscribe(topics.uplink_filters()[0])
    client.connect(*address())
    client.loop_start()
    assert ready.wait(PATIENCE)
    yield read
    client.disconnect()
    client.loop_stop()


def sent_by(app_id: str, uplink: list[tuple[str, bytes]]) -> list[tuple[Any, bytes]]:
    """Return what devices of one app have sent: another worker's tests share the broker."""
    read = [(topics.parse_uplink(topic), payload) for topic, payload in uplink]
    return [(source, payload) for source, payload in read if source and source[0] == app_id]


@pytest.fixture
def mosquitto(tmp_path: Path, settings: Any) -> Iterator[Mosquitto]:
    """A Mosquitto of the test's own as the broker."""
    with running_mosquitto(tmp_path, free_port(), settings) as running:
        yield running


@pytest.fixture
def proxy_port(mosquitto: Mosquitto, transactional_db: None) -> Iterator[int]:
    """The TCP server in front of Mosquitto."""
    port = free_port()
    with in_loop(lambda stop: serve_proxy(port, stop)):
        wait_until(lambda: not is_free(port))
        yield port


@pytest.fixture(params=WAYS)
def path(request: pytest.FixtureRequest, transactional_db: None) -> Way:
    """Each way of each broker in turn."""
    broker, transport = request.param.split()
    if broker == "mosquitto":
        request.getfixturevalue("mosquitto")
    if transport == "websockets":
        return Way(transport, request.getfixturevalue("web").port, broker)
    if broker == "mosquitto":
        return Way(transport, request.getfixturevalue("proxy_port"), broker)
    return Way(transport, request.getfixturevalue("tcp_port"), broker, is_asked=True)

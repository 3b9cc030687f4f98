"""An app, a live service that uses it, and what the gateway's tests do with them."""

import asyncio
import json
import queue
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import httpx
import paho.mqtt.client as mqtt
import pytest

from imiconnect.accounts.models import Organization
from imiconnect.apps.models import App, ClientKey
from imiconnect.rtm import broker
from imiconnect.rtm.intake import addresses, app, lifespan
from imiconnect.rtm.models import Device, Message
from imiconnect.sharing.models import Allocation, Service, ServiceKey
from imiconnect.vault import digest
from tests import plain_mqtt
from tests.connected import Connected
from tests.waiting import PATIENCE

#: The package gives its name to the callable in it.
_APP = import_module("imiconnect.rtm.intake.app")
SERVICE_KEY = "a-service-key-of-the-tests"
CLIENT_KEY = "a-client-key-of-the-tests"
POLICY = {
    "retry_count": 2, "retry_interval_seconds": 60, "expiry_seconds": 3600,
    "profile_required": False,
}  # fmt: skip


@pytest.fixture
def rtm_app(organization: Organization) -> App:
    """A Mobile/Web app of Northwind with the client key ``CLIENT_KEY``."""
    row = App.objects.create(
        organization=organization,
        app_id="NB12345678",
        name="Bank",
        channel_type="mobile_web",
        policy=POLICY
        | {
            "client_key_as_password": True,
            "allowed_origins": ["https://a.test"],
            "server_inbox": True,
        },
    )
    ClientKey.objects.create(app=row, secret=CLIENT_KEY, digest=digest(CLIENT_KEY))
    return row


@pytest.fixture
def service(organization: Organization, rtm_app: App) -> Service:
    """A live service with the key ``SERVICE_KEY``, which uses the app and wants receipts."""
    row = Service.objects.create(
        organization=organization,
        name="Alerts",
        state=Service.State.LIVE,
        receipt_url="https://customer.test/dr",
        receipt_kinds={"rt": ["submitted", "delivered", "read", "failed"]},
        inbound_url="https://customer.test/mo",
    )
    ServiceKey.objects.create(service=row, secret=SERVICE_KEY, digest=digest(SERVICE_KEY))
    Allocation.objects.create(service=row, app=rtm_app, channel="rt", is_inbound=True)
    return row


@pytest.fixture
def device(rtm_app: App) -> Device:
    """The device ``d1`` of the user ``u1``."""
    return Device.objects.create(app=rtm_app, user_id="u1", device_id="d1")


@pytest.fixture(autouse=True)
def forgotten_threads() -> None:
    """Forget default threads of the test before: its rows are gone."""
    addresses._kept.clear()


class Client:
    """A client of the hot routes; their event loop runs in a thread beside the test's."""

    def __init__(self, connected: Connected) -> None:
        """Open the intake with nothing that an earlier test has left in it."""
        self.loop = connected.loop
        self._life = lifespan()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_APP, "new_pool", lambda: connected)
            self.run(self._life.__aenter__())
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=True),
            base_url="http://gateway.test",
            headers={"key": SERVICE_KEY},
        )

    def run(self, work: Any) -> Any:
        """Return what a coroutine returns."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def request(self, method: str, url: str, **options: Any) -> httpx.Response:
        """Make one request."""
        return self.run(self.http.request(method, url, **options))

    def post(self, url: str, **options: Any) -> httpx.Response:
        """Make one POST."""
        return self.request("POST", url, **options)

    def get(self, url: str, **options: Any) -> httpx.Response:
        """Make one GET."""
        return self.request("GET", url, **options)

    def at_once(self, requests: list[dict[str, Any]]) -> list[httpx.Response]:
        """Make several requests at the same time."""

        async def work() -> list[httpx.Response]:
            return await asyncio.gather(*(self.http.request(**r) for r in requests))

        return self.run(work())

    def close(self) -> None:
        """Close the intake."""
        self.run(self.http.aclose())
        self.run(self._life.__aexit__(None, None, None))


@pytest.fixture
def intake(intake_connections: Connected) -> Iterator[Client]:
    """A client of the hot routes, without a server between."""
    client = Client(intake_connections)
    yield client
    client.close()


@pytest.fixture
def order() -> Callable[..., dict[str, Any]]:
    """Make the body of a request; keyword arguments replace its parts."""

    def make(**parts: Any) -> dict[str, Any]:
        body: dict[str, Any] = {
            "deliverychannel": "rt",
            "appid": "NB12345678",
            "destination": [{"userid": ["u1"]}],
            "channels": {"rt": {"message": {"text": "Hello"}}},
        }
        return {name: part for name, part in (body | parts).items() if part is not None}

    return make


@pytest.fixture
def raw_subscriber() -> Iterator[Callable[..., "queue.Queue[Any]"]]:
    """Subscribe to a topic on the real broker; the queue gets every payload as it is."""
    clients: list[mqtt.Client] = []

    def subscribe(topic: str, read: Callable[[bytes], Any] = bytes) -> "queue.Queue[Any]":
        client = plain_mqtt.new_client("test")
        received: queue.Queue[Any] = queue.Queue()
        ready = threading.Event()
        client.on_connect = lambda *_: client.subscribe(topic, 0)
        client.on_subscribe = lambda *_: ready.set()
        client.on_message = lambda _c, _d, message: received.put(read(message.payload))
        client.connect(*plain_mqtt.address())
        client.loop_start()
        clients.append(client)
        assert ready.wait(PATIENCE)
        return received

    yield subscribe
    for client in clients:
        client.disconnect()
        client.loop_stop()


@pytest.fixture
def subscriber(
    raw_subscriber: Callable[..., "queue.Queue[Any]"],
) -> Callable[[str], "queue.Queue[dict[str, Any]]"]:
    """Subscribe to a topic on the real broker; the queue gets every payload's JSON."""
    return lambda topic: raw_subscriber(topic, json.loads)


@pytest.fixture(scope="session", autouse=True)
def closed_link() -> Iterator[None]:
    """Close the gateway's own connection after the last test."""
    yield
    broker.link.close()


@pytest.fixture
def send(
    intake: Any, order: Callable[..., dict[str, Any]], service: Service
) -> Callable[..., Message]:
    """Have a message accepted and return its row."""

    def accepted(**parts: Any) -> Message:
        response = intake.post("/resources/v1/messaging", json=order(**parts))
        assert response.status_code == 202, response.text
        transid = response.json()["response"][0]["transid"]
        return Message.objects.get(transid=transid)

    return accepted

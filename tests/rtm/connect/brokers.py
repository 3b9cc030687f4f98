"""Every way from a device to a broker: each broker, at its own port and through the gateway."""

import asyncio
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from imiconnect.engines.tcp import is_free
from imiconnect.rtm.broker import link
from imiconnect.rtm.connect.proxy import Proxy
from tests.debian import find_mosquitto
from tests.rtm.connect.peers import Peer
from tests.waiting import wait_until

MOSQUITTO = find_mosquitto()
WITHOUT = "Mosquitto is not installed: apt-get install mosquitto"


@dataclass(frozen=True)
class Way:
    """A way to connect; ``is_asked`` is where the broker itself asks the gateway."""

    transport: str
    port: int
    broker: str
    is_asked: bool = False

    def peer(self, device: Any, **changes: Any) -> Peer:
        """Return a client that goes this way."""
        return Peer(device, self.port, transport=self.transport, **changes)

    def code(self, mqtt: int) -> int:
        """Return what becomes of a code: NATS itself answers every refusal with 5."""
        return 5 if self.is_asked else mqtt


#: NATS is one for all workers of a run, and asks one of those that answer: so tests whose
#: devices it asks about run in one worker.
ASKED = pytest.mark.xdist_group("callout")
#: Broker and transport: the first two have each of both, the sweep goes the other ways.
WAYS = [
    pytest.param("nats tcp", marks=ASKED),
    "mosquitto websockets",
    pytest.param("nats websockets", marks=pytest.mark.sweep),
    pytest.param("mosquitto tcp", marks=pytest.mark.sweep),
]


@dataclass(frozen=True)
class Mosquitto:
    """A Mosquitto of the test's own, which asks nobody."""

    port: int
    start: Callable[[], None]
    stop: Callable[[], None]


@contextmanager
def running_mosquitto(folder: Path, port: int, settings: Any) -> Iterator[Mosquitto]:
    """Run it as the broker of the settings; skip the test where it is not installed."""
    if MOSQUITTO is None:
        pytest.skip(WITHOUT)
    (folder / "m.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    running: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        command = [str(MOSQUITTO), "-c", str(folder / "m.conf")]
        running.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        wait_until(lambda: not is_free(port))

    def stop() -> None:
        running[-1].kill()
        running[-1].wait()

    start()
    settings.RTM_BROKER_URL = f"mqtt://127.0.0.1:{port}"
    settings.RTM_BROKER_KIND = "mqtt"
    link.close()
    try:
        yield Mosquitto(port, start, stop)
    finally:
        link.close()
        stop()


async def serve_proxy(
    port: int, stop: asyncio.Event, tls: ssl.SSLContext | None = None
) -> None:
    """Serve MQTT over TCP in front of the broker until told to stop."""
    server = await Proxy().start("127.0.0.1", port, tls)
    await stop.wait()
    server.close()

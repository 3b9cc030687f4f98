"""Doubles of the push services, served as the real ones are: over HTTP/2 where they are."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config

from imiconnect.sandbox.apns.service import Apns
from imiconnect.sandbox.calls import Forgetful, asgi
from imiconnect.sandbox.fcm.service import Fcm
from imiconnect.sandbox.webpush.service import WebPushService


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def served(app: Any, port: int = 0, **options: Any) -> Iterator[str]:
    """Serve an ASGI app by hypercorn in a thread; yield its address."""
    config = Config()
    port = port or free_port()
    config.bind = [f"127.0.0.1:{port}"]
    config.accesslog = config.errorlog = None
    config.graceful_timeout = 0.2
    for name, value in options.items():
        setattr(config, name, value)
    started, stop = threading.Event(), threading.Event()

    async def run() -> None:
        async def until() -> None:
            started.set()
            while not stop.is_set():
                await asyncio.sleep(0.05)

        await serve(app, config, shutdown_trigger=until)

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert started.wait(20)
    _until_it_listens(port)
    try:
        scheme = "https" if config.certfile else "http"
        yield f"{scheme}://127.0.0.1:{port}"
    finally:
        stop.set()
        thread.join(20)


def _until_it_listens(port: int) -> None:
    for _try in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            threading.Event().wait(0.05)
        else:
            return
    raise AssertionError("the double did not start")


class Served:
    """A twin and where it is served."""

    def __init__(self, twin: Any, url: str) -> None:
        """Keep both."""
        self.twin, self.url = twin, url

    def __getattr__(self, name: str) -> Any:
        return getattr(self.twin, name)


@pytest.fixture(scope="session")
def _twins() -> Iterator[dict[str, Served]]:
    apns, fcm, web = Apns(Forgetful()), Fcm(Forgetful()), WebPushService(Forgetful())
    with (
        served(asgi(apns.answer)) as apns_url,
        served(asgi(fcm.answer)) as fcm_url,
        served(asgi(web.answer)) as web_url,
    ):
        fcm.base_url = fcm_url
        yield {
            "apns": Served(apns, apns_url),
            "fcm": Served(fcm, fcm_url),
            "web": Served(web, web_url),
        }


def _behaving(twin: Served) -> Served:
    twin.memory.switches.clear()
    return twin


@pytest.fixture
def apns(_twins: dict[str, Served]) -> Served:
    """Apple, over HTTP/2."""
    return _behaving(_twins["apns"])


@pytest.fixture
def fcm(_twins: dict[str, Served]) -> Served:
    """Google."""
    return _behaving(_twins["fcm"])


@pytest.fixture
def web(_twins: dict[str, Served], settings: Any) -> Served:
    """A push service of browsers."""
    settings.ALLOW_PRIVATE_CALLBACKS = True
    return _behaving(_twins["web"])


Serve = Callable[..., Any]

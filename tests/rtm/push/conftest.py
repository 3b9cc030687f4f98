"""Doubles of the push services, served as the real ones are: over HTTP/2 where they are."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config

from imiconnect.apps.models import App
from imiconnect.apps.push import keyfiles
from imiconnect.apps.push.credentials import ApnsToken, Fcm
from imiconnect.apps.push.services import configure_push
from imiconnect.sandbox.apns.service import Apns
from imiconnect.sandbox.calls import Forgetful, asgi
from imiconnect.sandbox.fcm.service import Fcm as FcmTwin
from imiconnect.sandbox.webpush.service import WebPushService
from imiconnect.sharing.models import Service
from tests.programs import free_port, listens
from tests.waiting import PATIENCE, wait_until


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
    assert started.wait(PATIENCE)
    wait_until(lambda: listens(port), "the double did not start")
    try:
        scheme = "https" if config.certfile else "http"
        yield f"{scheme}://127.0.0.1:{port}"
    finally:
        stop.set()
        thread.join(PATIENCE)


class Served:
    """A twin and where it is served."""

    def __init__(self, twin: Any, url: str) -> None:
        """Keep both."""
        self.twin, self.url = twin, url

    def __getattr__(self, name: str) -> Any:
        return getattr(self.twin, name)


@pytest.fixture(scope="session")
def _twins() -> Iterator[dict[str, Served]]:
    apns, fcm, web = Apns(Forgetful()), FcmTwin(Forgetful()), WebPushService(Forgetful())
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


BUNDLE = "com.example.bank"


@pytest.fixture
def pushed(service: Service, rtm_app: App, apns: Served, fcm: Served, settings: Any) -> App:
    """An app whose devices are pushed to by the doubles."""
    settings.APNS_URLS = {"production": apns.url, "sandbox": apns.url}
    settings.FCM_URL, settings.GOOGLE_TOKEN_URL = fcm.url, f"{fcm.url}/token"
    service.receipt_kinds = {"push": ["submitted", "delivered", "clicked", "failed"]}
    service.save()
    rtm_app.config = {"platform": "mobile", "systems": ["ios", "android"]}
    rtm_app.save()
    key = apns.new_key(BUNDLE)
    token = ApnsToken(key=key.pem, key_id=key.key_id, team_id=key.team_id, bundle=BUNDLE)
    account = _credentials(fcm)
    site = keyfiles.web_push(
        site_url="https://bank.example", icon_url="", contact="ops@bank.example"
    )
    for platform, credentials in {"ios": token, "android": account, "web": site}.items():
        configure_push(app=rtm_app, platform=platform, credentials=credentials)
    rtm_app.refresh_from_db()
    return rtm_app


@pytest.fixture
def by_firebase(pushed: App, fcm: Served) -> App:
    """The same app, whose iPhones are reached through Firebase."""
    account = _credentials(fcm)
    configure_push(app=pushed, platform="ios", credentials=account)
    pushed.refresh_from_db()
    return pushed


_accounts: dict[int, Fcm] = {}


def _credentials(fcm: Served) -> Fcm:
    """Return one account of the double: making a key, and reading it, takes time."""
    if id(fcm.twin) not in _accounts:
        account = json.dumps(fcm.new_account("bank-1")).encode()
        _accounts[id(fcm.twin)] = keyfiles.fcm(content=account)
    return _accounts[id(fcm.twin)]

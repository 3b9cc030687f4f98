"""Facebook's double beside the platform, both in this process.

The clients of both sides are as they are; only the network between them is left out, so that
they share the test's transaction. What the double tells "in a moment" waits for ``later``.
"""

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.db import connections
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps import services
from imiconnect.apps.channel_types.facebook import handler
from imiconnect.apps.models import App
from imiconnect.sandbox.facebook import telling, world
from tests.rtm.conftest import forgotten_threads, intake, service  # noqa: F401 - fixtures

SITE = "http://testserver"
PAGE = "20000000000001"
PSID = "7000000000011"


class InProcess(httpx.BaseTransport):
    """Carries a request to Django as a server would, within this thread."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return Django's answer."""
        answer = Client().generic(
            request.method,
            request.url.raw_path.decode(),
            request.read(),
            content_type=request.headers.get("content-type", ""),
            headers=dict(request.headers),
        )
        if threading.current_thread() is not threading.main_thread():
            connections.close_all()
        return httpx.Response(
            answer.status_code, headers=dict(answer.headers), content=answer.content
        )


class Later:
    """What the double will tell in a moment."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], Any]] = []

    def __call__(self, _seconds: float, act: Callable[..., Any], arguments: list[Any]) -> Any:
        """Stand where ``threading.Timer`` is made."""
        self.calls.append(lambda: act(*arguments))
        return self

    daemon = True

    def start(self) -> None:
        """Wait for ``run``."""

    def run(self) -> None:
        """Let the moment pass."""
        waiting, self.calls = self.calls, []
        for call in waiting:
            call()


@pytest.fixture
def twin(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The sandbox is on, and the world has its pages."""
    settings.SANDBOX = True
    settings.PUBLIC_URL = SITE
    http = httpx.Client(transport=InProcess(), base_url=SITE)
    monkeypatch.setattr(handler, "shared_client", lambda: http)
    monkeypatch.setattr(telling.httpx, "post", http.post)
    monkeypatch.setattr(telling.httpx, "get", http.get)
    world.seed()
    return world.store


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """What the double tells in a moment, told when the test says so."""
    found = Later()
    monkeypatch.setattr(telling.threading, "Timer", found)
    return found


@pytest.fixture
def page_app(twin: Any, admin: Member) -> App:
    """An app of the page Northwind Bank, with a token of the double."""
    return services.create_app(
        member=admin,
        name="Bank on Facebook",
        channel_type="facebook",
        config={"page_id": PAGE, "page_name": "Northwind Bank", "authorized_by": "Fred Owner"},
        secrets={"page_token": world.page_token(PAGE)},
    )


@pytest.fixture
def client(admin: Member, client_of: Callable[[Member], Client]) -> Client:
    """Ada's browser."""
    return client_of(admin)

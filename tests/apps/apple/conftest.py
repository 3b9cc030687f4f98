"""A business that Apple's double has linked, and a customer's phone."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps.channel_types.apple_business_chat.handler import AppleHandler
from imiconnect.apps.channel_types.handler import OutMessage
from imiconnect.apps.connection import account_of
from imiconnect.apps.models import App
from imiconnect.sandbox.apple_business_chat import world
from tests.apps.over_django import carry

Send = Callable[..., Any]
LANDING = "/apps/link/apple_business_chat/"


@pytest.fixture
def twin(settings: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The double is there; nothing leaves the process."""
    carry(monkeypatch, settings)
    return world.store


@pytest.fixture
def business(twin: Any) -> str:
    """A registered business that has chosen this platform."""
    found = world.register("Northwind Traders")
    twin.change("business", found, csp=True)
    return found


@pytest.fixture
def signed_in(client: Client, admin: Member) -> Client:
    """Ada's browser."""
    client.force_login(admin.user)
    return client


@pytest.fixture
def linked(business: str, signed_in: Client) -> App:
    """The app that the landing page makes."""
    signed_in.post(LANDING, {"name": "Northwind on Apple", "business_id": business})
    found: App = App.objects.get()
    return found


@pytest.fixture
def phone(business: str, twin: Any) -> str:
    """A customer who has written."""
    opaque = world.meet(business)
    twin.change("customer", opaque, open=True)
    return opaque


@pytest.fixture
def send(linked: App, phone: str) -> Send:
    """Send a payload to the phone."""

    def act(to: str = phone, **payload: Any) -> Any:
        handler = AppleHandler()
        message = OutMessage(uuid.uuid4(), to, "opaqueid", payload)
        return handler.send(account_of(linked, handler), message)

    return act

"""A business that Apple's double has linked, and a customer's phone."""

from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.sandbox.apple_business_chat import world
from tests.apps.over_django import carry

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

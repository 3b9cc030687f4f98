"""The twin of X, and an app whose account was authorized there."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps import authorizations, services
from imiconnect.apps.channel_types import http
from imiconnect.apps.channel_types.twitter import handler
from imiconnect.apps.models import App, Authorization
from tests.apps.over_django import carry

BANK, TELECOM, CORA = "3805104374", "3805104375", "5501"
LogIn = Callable[..., Authorization]


@pytest.fixture(autouse=True)
def twin(settings: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls go to the double."""
    carry(monkeypatch, settings)
    monkeypatch.setattr(handler, "shared_client", lambda: http.shared_client())


@pytest.fixture
def log_in(admin: Member) -> LogIn:
    """Authorize the platform as an account, on the page of the double."""

    def act(user: str = BANK, *, say: str = "allow", app: App | None = None) -> Authorization:
        _row, url = authorizations.begin(member=admin, channel_type="twitter", app=app)
        page = urlsplit(url)
        answer = Client().post(f"{page.path}?{page.query}", {"act": say, "user": user})
        query = dict(parse_qsl(urlsplit(answer["Location"]).query))
        return authorizations.finish(member=admin, channel_type="twitter", query=query)

    return act


@pytest.fixture
def twitter_app(admin: Member, log_in: LogIn) -> App:
    """An app of Northwind Bank's account."""
    choice = authorizations.chosen(log_in(), BANK)
    return services.create_app(
        member=admin,
        name="Northwind on Twitter",
        channel_type="twitter",
        config=choice.config,
        secrets=choice.secrets,
    )


@pytest.fixture
def browser(admin: Member) -> Client:
    """Ada's browser."""
    client = Client()
    client.force_login(admin.user)
    return client

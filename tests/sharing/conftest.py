"""An app and a service of Northwind."""

from typing import Any

import pytest

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.apps.services import create_app
from imiconnect.numbers.models import Number
from imiconnect.numbers.services import history
from imiconnect.sharing.models import Service
from imiconnect.sharing.services import create_service


@pytest.fixture
def app(admin: Member) -> App:
    return make_app(admin)


def make_app(member: Member, name: str = "Shop") -> App:
    config: dict[str, Any] = {"platform": "web", "systems": ["chrome"]}
    return create_app(member=member, name=name, channel_type="mobile_web", config=config)


@pytest.fixture
def new_app() -> Any:
    return make_app


@pytest.fixture
def service(admin: Member) -> Service:
    return create_service(member=admin, name="Alerts")


@pytest.fixture
def new_number(db: None) -> Any:
    return make_number


def make_number(member: Member, kind: str, value: str, **fields: Any) -> Number:
    """An active number of the person's organization."""
    return history.create(
        member=member, kind=kind, value=value, text="Made", **({"state": "active"} | fields)
    )

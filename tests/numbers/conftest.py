"""What the tests of numbers start from: the catalogue, and a little stock."""

from collections.abc import Iterator
from typing import Any

import pytest

from imiconnect import ROOT
from imiconnect.accounts.models import Member
from imiconnect.numbers import ports
from imiconnect.numbers.carriers import messaging as m
from imiconnect.numbers.carriers.smpp import link as links
from imiconnect.numbers.carriers.smpp import runner
from imiconnect.numbers.carriers.stock.demo import numbers_of, stock_row
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import CarrierAccount, Number, RateCard, StockNumber
from imiconnect.numbers.services import history
from tests.numbers.centre import MessageCentre, message_centre
from tests.programs import node_server

PRISM = ROOT / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
SPEC = ROOT / "node_modules/@twilio/cli-core/src/services/twilio-api/twilio_api_v2010.json"


@pytest.fixture
def uk_rate(catalogue: None) -> RateCard:
    """The Multi-Function rate of the United Kingdom."""
    return RateCard.objects.get(country="GB", number_type="multi_function")


@pytest.fixture
def stock(uk_rate: RateCard) -> list[str]:
    """Twelve British numbers for sale."""
    rows = [stock_row(e164, uk_rate) for e164 in numbers_of(uk_rate, 12)]
    StockNumber.objects.bulk_create(rows)
    return sorted(row.e164 for row in rows)


@pytest.fixture
def make_number(catalogue: None) -> Any:
    """A function that gives a person's organization an active number of any kind."""

    def make(member: Member, kind: str, value: str, **fields: Any) -> Number:
        defaults = {"state": State.ACTIVE, "country_id": "GB"}
        if kind == Kind.PHONE_NUMBER:
            defaults |= {"number_type": "multi_function", "voice": True, "sms": True}
        return history.create(
            member=member, kind=kind, value=value, text="Made", **(defaults | fields)
        )

    return make


@pytest.fixture
def centre() -> Iterator[MessageCentre]:
    with message_centre() as found:
        yield found


@pytest.fixture
def soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Come back quickly after a fault."""
    monkeypatch.setattr(links, "_AGAIN", (0.05, 0.2))
    monkeypatch.setattr(links, "_FULL", (0.05, 0.2))


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[m.Event]:
    """What the layers above are given."""
    events: list[m.Event] = []
    monkeypatch.setattr(ports.answers, "carried", lambda _account, some: events.extend(some))
    return events


@pytest.fixture
def connect(heard: list[m.Event], soon_again: None) -> Iterator[Any]:
    """A function that sets up the account at a centre and runs its link."""
    running = runner.Runner()

    def start(port: int, scheme: str = "smpp", **fields: Any) -> None:
        values = {"account": "us", "secret": "secret", "options": {}} | fields
        url = f"{scheme}://127.0.0.1:{port}"
        CarrierAccount.objects.create(slug="smpp", base_url=url, **values)
        running.look()

    yield start
    running._end(list(running._links))


@pytest.fixture(scope="session")
def prism() -> Iterator[str]:
    """The address of a mock of Twilio's API that checks every request."""
    assert SPEC.exists(), "Install the front-end packages: npm ci"
    with node_server(PRISM, lambda port: ["mock", "-p", str(port), str(SPEC)]) as address:
        yield address

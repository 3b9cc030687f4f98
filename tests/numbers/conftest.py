"""What the tests of numbers start from: the catalogue, and a little stock."""

from typing import Any

import pytest

from imiconnect.accounts.models import Member
from imiconnect.numbers import catalogue as files
from imiconnect.numbers import models
from imiconnect.numbers.carriers.stock.demo import numbers_of, stock_row
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import CarrierAccount, Number, RateCard, StockNumber
from imiconnect.numbers.services import history


@pytest.fixture
def catalogue(db: None) -> None:
    """The reference data, also after a test that emptied every table."""
    if not models.RateCard.objects.exists():
        files.load(models)
    CarrierAccount.objects.get_or_create(slug="stock")


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

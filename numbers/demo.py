"""The numbers of the demonstration: one of each kind, active and unpaid."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.numbers import catalogue, models
from imiconnect.numbers.kinds import Kind, NumberType, State
from imiconnect.numbers.models import Country, Number, PhoneLine, ShortCode
from imiconnect.numbers.services import history

#: Of the ranges that are kept for examples, so that nobody's phone rings.
PHONE = "+442079460123"
CODE, SHARED_CODE = "55555", "80888"


@dataclass(frozen=True)
class DemoNumbers:
    """What ``make_numbers`` has made."""

    phone: Number
    sender: Number
    code: Number
    keyword: Number


def make_numbers(member: Member) -> DemoNumbers:
    """Give the person's organization a number of each kind, all of the United Kingdom."""
    if not Country.objects.filter(pk="GB").exists():
        catalogue.load(models)
    own = ShortCode.objects.create(code=CODE, country_id="GB")
    shared = ShortCode.objects.create(code=SHARED_CODE, country_id="GB", is_shared=True)
    phone = _make(
        member,
        Kind.PHONE_NUMBER,
        PHONE,
        number_type=NumberType.MULTI_FUNCTION,
        voice=True,
    )
    PhoneLine.objects.create(
        number=phone, carrier="stock", carrier_reference=PHONE, bought_at=timezone.now()
    )
    return DemoNumbers(
        phone,
        _make(member, Kind.SENDER_ID, "NWBANK"),
        _make(member, Kind.SHORT_CODE, CODE, short_code=own, is_dedicated=True),
        _make(member, Kind.KEYWORD, "SAVINGS", short_code=shared),
    )


def _make(member: Member, kind: str, value: str, **fields: Any) -> Number:
    return history.create(
        member=member,
        kind=kind,
        value=value,
        text="Made for the demonstration",
        state=State.ACTIVE,
        country_id="GB",
        **fields,
    )

"""A row, or three, of every model of numbers, for the pages that show them all."""

from typing import Any

from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.identity import uuid7
from imiconnect.numbers import catalogue, models
from imiconnect.numbers.carriers.stock.demo import numbers_of, stock_row
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.services import history, throughput


def make_rows(member: Member) -> dict[str, models.Number]:
    """Make the rows for a person's organization and return a number of each kind."""
    if not models.RateCard.objects.exists():
        catalogue.load(models)
    models.CarrierAccount.objects.get_or_create(slug="stock", defaults={"secret": "s" * 30})
    account = models.CarrierAccount.objects.get(slug="stock")
    models.CarrierRoute.objects.get_or_create(account=account, country_id="GB")
    throughput.take("route:0", 1, 1)
    _smpp_rows()
    rate = models.RateCard.objects.get(country="GB", number_type="multi_function")
    stock = [stock_row(e164, rate) for e164 in numbers_of(rate, 3)]
    place, _new = models.Place.objects.get_or_create(
        country_id="GB", name="London", defaults={"folded": "|london"}
    )
    stock[0].place = place
    models.StockNumber.objects.bulk_create(stock, ignore_conflicts=True)
    code = models.ShortCode.objects.create(code="58585", country_id="GB", is_shared=True)
    made = {
        Kind.PHONE_NUMBER: _number(member, Kind.PHONE_NUMBER, stock[0].e164, voice=True),
        Kind.SENDER_ID: _number(member, Kind.SENDER_ID, "NORTHWIND", state=State.PENDING),
        Kind.KEYWORD: _number(
            member, Kind.KEYWORD, "SAVINGS", short_code=code, state=State.PENDING
        ),
        Kind.SHORT_CODE: _number(member, Kind.SHORT_CODE, "60777", state=State.PENDING),
    }
    _details(member, made)
    return {str(kind): number for kind, number in made.items()}


def _smpp_rows() -> None:
    now = timezone.now()
    models.SmppLink.objects.get_or_create(account="smpp", defaults={"seen_at": now})
    models.SmppPart.objects.create(
        account="smpp", message=uuid7(), number=1, total=1, content={}, expires_at=now
    )
    models.SmppReceipt.objects.create(account="smpp", provider_id="m1", state=2)
    models.SmppArrival.objects.create(account="smpp", digest=b"d", session=uuid7())
    models.SmppFragment.objects.create(
        account="smpp", sender="1", to="2", reference=models.SmppFragment.objects.count(),
        number=1, total=2,
    )  # fmt: skip


def _number(member: Member, kind: str, value: str, **fields: Any) -> models.Number:
    defaults = {"state": State.ACTIVE, "country_id": "GB"}
    return history.create(
        member=member, kind=kind, value=value, text="Made", **(defaults | fields)
    )


def _details(member: Member, made: dict[Any, models.Number]) -> None:
    phone, now = made[Kind.PHONE_NUMBER], timezone.now()
    organization = member.organization
    address = models.Address.objects.create(
        organization=organization, country_id="GB", name="Ada", street="1", city="London"
    )
    models.NumberOrder.objects.create(
        organization=organization,
        number=phone,
        carrier="stock",
        number_type="multi_function",
        address=address,
        monthly_rental=1,
        currency="USD",
        idempotency_key=str(uuid7()),
        state="completed",
        next_attempt_at=now,
    )
    models.PhoneLine.objects.create(
        number=phone, carrier="stock", carrier_reference=phone.value, bought_at=now
    )
    models.Charge.objects.create(
        organization=organization, number=phone, month=now.date().replace(day=1), amount=1,
        currency="USD",
    )  # fmt: skip
    models.Reservation.objects.create(
        e164="+447400999999", organization=organization, carrier="stock",
        number_type="multi_function", expires_at=now,
    )  # fmt: skip
    phone.reserved_keywords.create(word="OFFERS", folded="offers", url="https://example.com")
    models.KeywordDetails.objects.create(
        number=made[Kind.KEYWORD], choice="random", email="a@example.com",
        is_existing_website=True,
    )  # fmt: skip
    models.ShortCodeRequest.objects.create(
        number=made[Kind.SHORT_CODE], choice="vanity", desired_code="60777",
        is_dedicated=True, monthly_volume=1000, purpose="Alerts",
    )  # fmt: skip
    models.OperatorVerification.objects.create(number=made[Kind.SHORT_CODE], operator="O2")
    models.OfflineRequest.objects.create(
        organization=organization, country_name="Afghanistan", quantity=2
    )

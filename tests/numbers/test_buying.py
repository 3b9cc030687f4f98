"""Buying a phone number: reserved, ordered, bought once, charged once, never lost."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.audit.models import AuditEntry
from imiconnect.numbers.carriers.base import CarrierBusy, CarrierError, NumberGone
from imiconnect.numbers.carriers.stock.carrier import Carrier
from imiconnect.numbers.carriers.stock.demo import numbers_of, stock_row
from imiconnect.numbers.carriers.stock.places import keep_stock
from imiconnect.numbers.kinds import OrderState, State
from imiconnect.numbers.models import (
    Charge,
    Number,
    NumberOrder,
    RateCard,
    Reservation,
    StockNumber,
)
from imiconnect.numbers.services import addresses, buying
from imiconnect.numbers.services.searching import Part, search_numbers
from tests.factories import client_of


def keep(member: Member, e164: str) -> dt.datetime:
    return buying.reserve(
        member=member, e164=e164, number_type="multi_function", carrier="stock"
    )


def order_of(member: Member, e164: str, key: str = "run-1") -> NumberOrder:
    address = addresses.keep_address(
        member=member,
        country="GB",
        name="Ada",
        street="1 High St",
        city="London",
        postal_code="N1 1AA",
    )
    return buying.place_order(member=member, e164=e164, address=address, key=key)


@pytest.fixture
def order(admin: Member, stock: list[str]) -> NumberOrder:
    keep(admin, stock[0])
    return order_of(admin, stock[0])


def test_a_search_finds_the_preferred_digits(stock: list[str], uk_rate: RateCard) -> None:
    wanted = stock[3][-3:]
    shelf = search_numbers(rate=uk_rate, digits=wanted, match="end")
    assert (shelf.complete, shelf.after) == (True, "")
    assert {row.e164 for row in shelf.found} == {n for n in stock if n.endswith(wanted)}


def test_a_wildcard_stands_for_one_digit(stock: list[str], uk_rate: RateCard) -> None:
    digits = stock[0][-4:-2] + "*" + stock[0][-1]
    found = search_numbers(rate=uk_rate, digits=digits, match="end").found
    assert stock[0] in {row.e164 for row in found}


def test_all_numbers_are_reached_each_once(uk_rate: RateCard) -> None:
    rows = [stock_row(e164, uk_rate) for e164 in numbers_of(uk_rate, 45)]
    StockNumber.objects.bulk_create(rows)
    seen: list[str] = []
    after, shelves = "", 0
    while after or not shelves:
        shelf = search_numbers(rate=uk_rate, part=Part(after=after))
        seen += [row.e164 for row in shelf.found]
        after, shelves = shelf.after, shelves + 1
        StockNumber.objects.filter(e164=seen[0]).update(state="withdrawn")
    assert shelves == 3
    assert seen == sorted(row.e164 for row in rows)


@pytest.mark.parametrize("after", ["x", "nobody:+447400000001"])
def test_a_search_goes_on_only_where_one_ended(
    stock: list[str], uk_rate: RateCard, after: str
) -> None:
    with pytest.raises(ValidationError, match="cannot be gone on with"):
        search_numbers(rate=uk_rate, part=Part(after=after))


def test_letters_are_no_preferred_digits(uk_rate: RateCard) -> None:
    with pytest.raises(ValidationError, match="digits, and"):
        search_numbers(rate=uk_rate, digits="45a")


@pytest.fixture
def us_stock(catalogue: None) -> RateCard:
    """The rate of American numbers, with one in each of two areas."""
    rate = RateCard.objects.filter(country="US", monthly_rental__isnull=False, sms=True)[0]
    areas = ("+14155552671", "+12125554155")
    keep_stock(stock_row(e164, rate) for e164 in areas)
    return rate


def test_an_area_code_is_looked_for_at_the_start(us_stock: RateCard) -> None:
    found = search_numbers(rate=us_stock, area_code="(415)").found
    assert [row.e164 for row in found] == ["+14155552671"]
    found = search_numbers(rate=us_stock, digits="415", area_code="212").found
    assert [row.e164 for row in found] == ["+12125554155"]


@pytest.mark.parametrize("area", ["41", "4155", "115", "4a5"])
def test_an_area_code_that_cannot_be_is_refused(us_stock: RateCard, area: str) -> None:
    with pytest.raises(ValidationError, match="must have 3 digits"):
        search_numbers(rate=us_stock, area_code=area)


def test_an_area_code_is_asked_for_in_two_countries_only(uk_rate: RateCard) -> None:
    with pytest.raises(ValidationError, match="United States and Canada only"):
        search_numbers(rate=uk_rate, area_code="202")


def test_the_page_searches_by_area_code(admin: Member, us_stock: RateCard) -> None:
    client = client_of(admin)
    client.post("/numbers/get/phone-number/country/", {"country": "US"})
    query = {"number_type": us_stock.number_type, "area_code": "415"}
    text = client.get("/numbers/get/phone-number/search/", query).content.decode()
    assert "+14155552671" in text and "+12125554155" not in text
    wrong = client.get("/numbers/get/phone-number/search/", query | {"area_code": "11"})
    assert "Area code must have 3 digits" in wrong.content.decode()


def test_a_program_searches_by_area_code(admin: Member, us_stock: RateCard) -> None:
    query = {"country": "us", "number_type": us_stock.number_type, "area_code": "212"}
    found = client_of(admin).get("/api/v1/numbers/available/", query).json()["found"]
    assert [row["e164"] for row in found] == ["+12125554155"]


def test_a_reserved_number_is_not_offered(
    admin: Member, stock: list[str], uk_rate: RateCard
) -> None:
    keep(admin, stock[0])
    found = search_numbers(rate=uk_rate).found
    assert stock[0] not in {row.e164 for row in found}


def test_a_reservation_keeps_others_away_for_ten_minutes(
    admin: Member, outsider: Member, stock: list[str]
) -> None:
    until = keep(admin, stock[0])
    assert dt.timedelta(minutes=9) < until - timezone.now() <= dt.timedelta(minutes=10)
    with pytest.raises(ValidationError, match="Somebody else"):
        keep(outsider, stock[0])


def test_a_reservation_that_ran_out_goes_to_the_next(
    admin: Member, outsider: Member, stock: list[str]
) -> None:
    keep(admin, stock[0])
    Reservation.objects.update(expires_at=timezone.now())
    assert keep(outsider, stock[0])
    with pytest.raises(ValidationError, match="10 minutes"):
        order_of(admin, stock[0])


def test_a_colleague_is_told_who_keeps_a_number_and_until_when(
    admin: Member, asset_manager: Member, stock: list[str]
) -> None:
    until = keep(admin, stock[0])
    told = f"{admin.user.get_full_name()}, of your organization.*until {until:%H:%M} UTC"
    with pytest.raises(ValidationError, match=told):
        keep(asset_manager, stock[0])
    with pytest.raises(ValidationError, match=told):
        order_of(asset_manager, stock[0])
    buying.let_go(member=asset_manager, e164=stock[0])
    assert Reservation.objects.get().kept_by == admin.user
    buying.let_go(member=admin, e164=stock[0])
    assert keep(asset_manager, stock[0])


def test_a_number_that_a_colleague_has_ordered_is_called_the_organizations(
    asset_manager: Member, order: NumberOrder
) -> None:
    with pytest.raises(ValidationError, match="Your organization has"):
        keep(asset_manager, order.number.value)


def test_a_number_is_not_reserved_as_a_cheaper_type(admin: Member, stock: list[str]) -> None:
    with pytest.raises(ValidationError, match="not for sale"):
        buying.reserve(member=admin, e164=stock[0], number_type="landline", carrier="stock")


def test_a_viewer_buys_nothing(viewer: Member, stock: list[str]) -> None:
    with pytest.raises(PermissionDenied):
        keep(viewer, stock[0])


def test_an_order_that_runs_makes_the_number_active(order: NumberOrder) -> None:
    assert order.number.state == State.PENDING
    assert buying.run_order(order)
    order.number.refresh_from_db()
    assert (order.state, order.number.state) == (OrderState.COMPLETED, State.ACTIVE)
    assert StockNumber.objects.get(e164=order.number.value).sold_to == order.pk
    assert not Reservation.objects.exists()


def test_a_purchase_is_charged_once(order: NumberOrder) -> None:
    buying.run_order(order)
    buying.run_order(order)
    charge = Charge.objects.get()
    assert (charge.amount, charge.month.day) == (order.monthly_rental, 1)


def test_a_purchase_tells_history_and_audit(order: NumberOrder) -> None:
    buying.run_order(order)
    assert [event.text for event in order.number.events.all()] == ["Ordered", "Bought"]
    assert AuditEntry.objects.filter(action="phone_number.active").exists()


def test_the_same_key_is_the_same_order(admin: Member, order: NumberOrder) -> None:
    assert order_of(admin, order.number.value).pk == order.pk
    assert Number.objects.count() == 1


def test_the_same_key_is_no_order_of_another_number(
    admin: Member, order: NumberOrder, stock: list[str]
) -> None:
    keep(admin, stock[1])
    with pytest.raises(ValidationError, match="Another number needs another key"):
        order_of(admin, stock[1])
    assert Number.objects.count() == 1


def test_an_order_without_the_address_is_refused(admin: Member, stock: list[str]) -> None:
    RateCard.objects.filter(country="GB").update(address_requirement="local")
    keep(admin, stock[0])
    with pytest.raises(ValidationError) as error:
        buying.place_order(member=admin, e164=stock[0], address=None, key="k")
    assert "address" in error.value.message_dict


def test_a_foreign_address_is_refused_where_a_local_one_is_asked(
    admin: Member, uk_rate: RateCard
) -> None:
    uk_rate.address_requirement = "local"
    address = addresses.keep_address(
        member=admin, country="FR", name="A", street="1", city="Paris"
    )
    with pytest.raises(ValidationError, match="must be in United Kingdom"):
        buying.check_address(uk_rate, admin, address)


def test_a_price_on_request_cannot_be_bought(stock: list[str]) -> None:
    RateCard.objects.filter(country="GB").update(monthly_rental=None)
    with pytest.raises(ValidationError, match="on request"):
        buying.rate_for(stock[0], "multi_function")


def test_a_number_sold_elsewhere_refuses_the_order(order: NumberOrder, admin: Member) -> None:
    other = "01890000-0000-7000-8000-000000000001"
    StockNumber.objects.filter(e164=order.number.value).update(state="sold", sold_to=other)
    buying.run_order(order)
    order.number.refresh_from_db()
    assert (order.state, order.number.state) == (OrderState.REFUSED, State.REJECTED)
    assert "sold to somebody else" in order.number.reason
    assert not Charge.objects.exists()


def test_a_crash_after_the_carriers_answer_is_resumed(
    order: NumberOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The carrier has sold, the process dies before the outcome is written."""

    def die(*args: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as crash:
        crash.setattr(buying, "_complete", die)
        with pytest.raises(SystemExit):
            buying.run_order(order)
    assert StockNumber.objects.get(e164=order.number.value).state == "sold"
    assert buying.resume_orders() == 0  # the lease still holds
    NumberOrder.objects.update(next_attempt_at=timezone.now())
    assert buying.resume_orders() == 1
    order.number.refresh_from_db()
    assert order.number.state == State.ACTIVE
    assert Charge.objects.count() == 1


def test_a_carrier_that_does_not_answer_is_asked_again(
    order: NumberOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*args: Any) -> str:
        raise CarrierBusy

    with monkeypatch.context() as trouble:
        trouble.setattr(Carrier, "buy", busy)
        assert not buying.run_order(order)
    assert order.state == OrderState.BUYING
    assert order.next_attempt_at > timezone.now()
    NumberOrder.objects.update(next_attempt_at=timezone.now())
    assert buying.resume_orders() == 1


@pytest.mark.parametrize(
    ("ends", "told"), [(None, "Active"), (NumberGone, "sold to somebody else")]
)
def test_an_order_that_ends_later_is_mailed_once_and_its_history_does_not_repeat(
    order: NumberOrder,
    monkeypatch: pytest.MonkeyPatch,
    mailoutbox: Any,
    django_capture_on_commit_callbacks: Any,
    ends: type[CarrierError] | None,
    told: str,
) -> None:
    """The carrier is busy three times, and then sells the number or has lost it."""
    script = iter([CarrierBusy, CarrierBusy, CarrierBusy, ends])
    real = Carrier.buy

    def buy(self: Carrier, *args: Any) -> str:
        if (fault := next(script)) is not None:
            raise fault
        return real(self, *args)

    monkeypatch.setattr(Carrier, "buy", buy)
    with django_capture_on_commit_callbacks(execute=True):
        buying.run_order(order)
        for _try in range(3):
            NumberOrder.objects.update(next_attempt_at=timezone.now())
            buying.resume_orders()
    [mail] = mailoutbox
    assert told in mail.body and order.number.created_by is not None
    assert mail.to == [order.number.created_by.email]
    lines = [event.text for event in order.number.events.all()]
    assert lines[1] == CarrierBusy.user_message and len(lines) == 3


def test_an_order_that_ends_on_the_page_is_not_mailed(
    order: NumberOrder, mailoutbox: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        buying.run_order(order)
    assert order.state == OrderState.COMPLETED and not mailoutbox

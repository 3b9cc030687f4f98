"""Two at the same moment, in real transactions: one gets it, the other is told."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from imiconnect.accounts.models import Member
from imiconnect.numbers.kinds import Kind, OrderState, State
from imiconnect.numbers.models import (
    Charge,
    Number,
    NumberOrder,
    OfflineRequest,
    Reservation,
    ShortCode,
    StockNumber,
)
from imiconnect.numbers.services import (
    buying,
    keywords,
    offline,
    releasing,
    senders,
    short_codes,
    withdrawing,
)
from imiconnect.numbers.services.history import Blocked
from imiconnect.numbers.services.keywords import Wish
from imiconnect.sharing.models import NumberAllocation
from imiconnect.sharing.number_allocations import allocate_number
from tests.numbers.test_keywords import DETAILS
from tests.objects import make_service
from tests.racing import met_by
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> tuple[list[Any], list[ValidationError]]:
    """Run the calls in threads that start together; return results and refusals."""
    start = threading.Barrier(len(calls))
    results: list[Any] = []
    refusals: list[ValidationError] = []

    def run(call: Callable[[], Any]) -> None:
        try:
            start.wait(PATIENCE)
            results.append(call())
        except ValidationError as refusal:
            refusals.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(results) + len(refusals) == len(calls)
    return results, refusals


def keep(member: Member, e164: str) -> Any:
    return buying.reserve(
        member=member, e164=e164, number_type="multi_function", carrier="stock"
    )


def test_two_organizations_reserve_a_number_and_one_gets_it(
    admin: Member, outsider: Member, stock: list[str]
) -> None:
    for e164 in stock[:5]:
        results, refusals = at_once(
            lambda e164=e164: keep(admin, e164), lambda e164=e164: keep(outsider, e164)
        )
        assert (len(results), len(refusals)) == (1, 1)
        assert "Somebody else is about to buy" in refusals[0].messages[0]


def test_two_orders_of_a_number_and_one_is_charged(
    admin: Member, outsider: Member, stock: list[str]
) -> None:
    """The reservation of the first is over and the second has it; both confirm at once."""
    for number, e164 in enumerate(stock[:5]):
        keep(admin, e164)
        order = buying.place_order(member=admin, e164=e164, address=None, key=f"a{number}")
        Number.objects.filter(pk=order.number_id).update(state=State.REJECTED)
        Reservation.objects.update(organization=outsider.organization, kept_by=outsider.user)
        other = buying.place_order(member=outsider, e164=e164, address=None, key=f"b{number}")
        at_once(lambda o=order: buying.run_order(o), lambda o=other: buying.run_order(o))
        states = sorted(
            NumberOrder.objects.filter(pk__in=[order.pk, other.pk]).values_list(
                "state", flat=True
            )
        )
        assert states == [OrderState.COMPLETED, OrderState.REFUSED]
        sold = StockNumber.objects.get(e164=e164).sold_to
        assert NumberOrder.objects.get(state=OrderState.COMPLETED, pk=sold)


def test_one_order_that_runs_twice_at_once_buys_and_charges_once(
    admin: Member, stock: list[str]
) -> None:
    keep(admin, stock[0])
    order = buying.place_order(member=admin, e164=stock[0], address=None, key="one")
    copies = [NumberOrder.objects.select_related("number").get(pk=order.pk) for _ in range(4)]
    at_once(*(lambda o=copy: buying.run_order(o) for copy in copies))
    order.refresh_from_db()
    assert (order.state, order.attempts, Charge.objects.count()) == ("completed", 1, 1)


def test_one_confirm_sent_twice_is_one_order(admin: Member, stock: list[str]) -> None:
    keep(admin, stock[0])

    def buy() -> NumberOrder:
        return buying.buy_number(member=admin, e164=stock[0], address=None, key="one")

    orders, refusals = at_once(buy, buy, buy)
    assert not refusals
    assert {order.pk for order in orders} == {NumberOrder.objects.get().pk}
    assert Charge.objects.count() == 1


def test_two_requests_for_a_keyword_and_one_gets_it(
    admin: Member, outsider: Member, catalogue: None
) -> None:
    ShortCode.objects.create(code="55555", country_id="GB", is_shared=True)

    def ask(member: Member, word: str) -> Number:
        wish = Wish(word, "vanity", "55555")
        return keywords.request_keyword(member=member, wish=wish, **DETAILS)

    for word in ("SAVINGS", "LOANS", "CARDS"):
        results, refusals = at_once(
            lambda w=word: ask(admin, w), lambda w=word: ask(outsider, w.lower())
        )
        assert (len(results), len(refusals)) == (1, 1)
        assert Number.objects.filter(kind=Kind.KEYWORD, folded=word.lower()).count() == 1


def held(number: Number) -> Callable[[], Any]:
    """Return what holds a number's row, as a change of it does."""
    return lambda: Number.objects.select_for_update().get(pk=number.pk)


def told(call: Callable[[], Any]) -> Callable[[], str]:
    """Return a call that answers with nothing, or with why it was refused."""

    def run() -> str:
        try:
            call()
        except Blocked as refusal:
            return str(refusal)
        except ValidationError as refusal:
            return " ".join(refusal.messages)
        return ""

    return run


def release(member: Member, number: Number) -> Callable[[], Any]:
    return lambda: releasing.release_number(member=member, number=number, typed=number.value)


def test_a_number_is_released_or_a_service_begins_to_use_it_never_both(
    admin: Member, make_number: Any
) -> None:
    service = make_service(admin, "Alerts")
    for e164 in ("+447400123451", "+447400123452", "+447400123453", "+447400123454"):
        number = make_number(admin, Kind.PHONE_NUMBER, e164)
        released, used = met_by(
            held(number),
            told(release(admin, number)),
            told(lambda n=number: allocate_number(service=service, number=n, channel="sms")),
        )
        number.refresh_from_db()
        in_use = NumberAllocation.objects.filter(number=number).exists()
        assert (number.state, in_use) in ((State.ACTIVE, True), (State.RELEASING, False))
        if in_use:
            assert "The service Alerts (SMS) uses it" in released and not used
        else:
            assert "not active" in used and not released


def test_a_code_is_released_or_a_keyword_stands_on_it_never_both(
    admin: Member, make_number: Any
) -> None:
    for digits in ("71111", "72222", "73333", "74444"):
        code = ShortCode.objects.create(code=digits, country_id="GB")
        own = make_number(
            admin, Kind.SHORT_CODE, digits, short_code=code, is_dedicated=True, sms=True
        )
        wish = Wish("SAVINGS", "vanity", digits)
        released, refused = met_by(
            held(own),
            told(release(admin, own)),
            told(lambda w=wish: keywords.request_keyword(member=admin, wish=w, **DETAILS)),
        )
        own.refresh_from_db()
        stands = Number.objects.filter(kind=Kind.KEYWORD, short_code=code).exists()
        assert (own.state, stands) in ((State.ACTIVE, True), (State.RELEASING, False))
        if stands:
            assert "The keyword SAVINGS stands on it" in released and not refused
        else:
            assert f"{digits}" in refused and "being released" in refused and not released


def withdrawn(member: Member, number: Number) -> Callable[[], str]:
    return told(lambda: withdrawing.withdraw(member=member, number=number))


def decision_of(number: Number) -> Callable[[], Any]:
    """Return what support does last: approve it, or write what the operators say."""
    if number.kind != Kind.SHORT_CODE:
        return lambda: senders.approve(number=number)
    number.verifications.create(operator="")
    short_codes.begin_verification(number=number)
    check = number.verifications.get()
    return lambda: short_codes.decide_verification(check=check, verified=True)


@pytest.mark.parametrize("kind", [Kind.SENDER_ID, Kind.KEYWORD, Kind.SHORT_CODE])
def test_a_request_is_decided_or_withdrawn_never_both(
    admin: Member, make_number: Any, kind: str
) -> None:
    code = ShortCode.objects.create(code="55555", country_id="GB", is_shared=True)
    for name in ("71111", "72222", "73333"):
        on = {"short_code": code} if kind == Kind.KEYWORD else {}
        number = make_number(admin, kind, name, state=State.PENDING, **on)
        approved, taken_back = met_by(
            held(number), told(decision_of(number)), withdrawn(admin, number)
        )
        number.refresh_from_db()
        assert bool(approved) != bool(taken_back)
        assert number.state == (State.WITHDRAWN if approved else State.ACTIVE)
        assert number.events.filter(state=number.state).count() == 1


def test_an_offline_request_is_answered_or_withdrawn_never_both(
    admin: Member, catalogue: None
) -> None:
    for quantity in (1, 2, 3):
        wish = offline.place_request(member=admin, country_name="Nauru", quantity=quantity)
        copy = OfflineRequest.objects.get(pk=wish.pk)
        answered, taken_back = met_by(
            lambda w=wish: OfflineRequest.objects.select_for_update().get(pk=w.pk),
            told(lambda c=copy: offline.answer(request=c, text="Soon", accepted=True, by=None)),
            told(lambda w=wish: offline.withdraw(member=admin, request=w)),
        )
        wish.refresh_from_db()
        assert (wish.state, bool(answered), bool(taken_back)) in (
            ("answered", False, True),
            ("withdrawn", True, False),
        )

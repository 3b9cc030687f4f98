"""The state machine of orders and numbers, walked at random."""

from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imiconnect.accounts.models import Member
from imiconnect.numbers.carriers.base import CarrierBusy, NumberGone
from imiconnect.numbers.carriers.stock.carrier import Carrier
from imiconnect.numbers.kinds import NEXT, ORDER_NEXT, Kind, OrderState, State
from imiconnect.numbers.models import Charge, NumberOrder, StockNumber
from imiconnect.numbers.services import buying, history

REAL_BUY = Carrier.buy


class Crash(BaseException):
    """The process dies."""


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)
@given(st.lists(st.sampled_from(["busy", "gone", "sold", "lost", "crash"]), max_size=6))
def test_however_the_carrier_behaves_an_order_is_bought_once_or_never_charged(
    admin: Member, stock: list[str], monkeypatch: pytest.MonkeyPatch, script: list[str]
) -> None:
    """ "lost" sells and then does not answer; "crash" sells and then the process dies."""
    StockNumber.objects.update(state="available", sold_to=None)
    e164 = stock[0]
    answers = iter(script)

    def buy(self: Carrier, number: str, key: str, address: Any) -> str:
        answer = next(answers, "sold")
        if answer == "busy":
            raise CarrierBusy
        if answer == "gone" and not StockNumber.objects.filter(sold_to=key).exists():
            raise NumberGone
        reference = REAL_BUY(self, number, key, address)
        if answer == "lost":
            raise CarrierBusy
        if answer == "crash":
            raise Crash
        return reference

    monkeypatch.setattr(Carrier, "buy", buy)
    buying.reserve(member=admin, e164=e164, number_type="multi_function", carrier="stock")
    key = str(timezone.now().timestamp())
    order = buying.place_order(member=admin, e164=e164, address=None, key=key)
    for _turn in range(len(script) + 2):
        NumberOrder.objects.update(next_attempt_at=timezone.now())
        try:
            buying.resume_orders()
        except Crash:
            continue
    order.refresh_from_db()
    order.number.refresh_from_db()
    sold = StockNumber.objects.get(e164=e164).sold_to == order.pk
    charged = Charge.objects.filter(number=order.number).count()
    assert (order.state == OrderState.COMPLETED) == sold == (charged == 1)
    assert order.number.state == (State.ACTIVE if sold else State.REJECTED)
    type(order.number).objects.filter(pk=order.number_id, state=State.ACTIVE).update(
        state=State.RELEASED
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from(State.values), max_size=8))
def test_a_number_moves_only_as_the_table_says(
    admin: Member, make_number: Any, steps: list[str]
) -> None:
    number = make_number(admin, Kind.SENDER_ID, "NORTHWIND", state=State.PENDING)
    for step in steps:
        before = number.state
        moved = history.move(number, step, "Step", quarantine_until=timezone.now())
        assert moved == (step in NEXT[before])
        assert number.state == (step if moved else before)
    number.delete()


def test_every_state_of_an_order_ends() -> None:
    assert {state for state, following in ORDER_NEXT.items() if not following} == {
        OrderState.COMPLETED,
        OrderState.REFUSED,
    }

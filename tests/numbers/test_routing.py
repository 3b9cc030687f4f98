"""Which carrier gets a text: routes, limits that all workers share, and the next one behind."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.console.words import Words
from imiconnect.identity import uuid7
from imiconnect.numbers.carriers import base, registry
from imiconnect.numbers.carriers.messaging import (
    BAD_ADDRESS,
    CARRIER_DOWN,
    Accepted,
    Carries,
    Coding,
    Declined,
    Hook,
    HookAnswer,
    OutgoingSms,
    Postponed,
    Segment,
    SenderKind,
    Submission,
)
from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.models import CarrierAccount, CarrierRoute, PhoneLine
from imiconnect.numbers.services import carrying, reference, throughput
from tests.waiting import wait_until


class Carrier:
    """A carrier of the tests: it takes everything but what its account is told to decline."""

    slug = "first"
    name = "First"
    carries = frozenset({Carries.SMS})
    twin = ""

    def __init__(self, account: base.Account) -> None:
        self.account = account

    def problems(self) -> list[Words]:
        return []

    def submit(self, batch: Sequence[OutgoingSms]) -> list[Submission]:
        said = {"down": Declined(CARRIER_DOWN), "address": Declined(BAD_ADDRESS)}
        return [said.get(self.account.account, Accepted(sms.to)) for sms in batch]

    def verify(self, hook: Hook) -> bool:
        return False

    def parse(self, hook: Hook) -> HookAnswer:
        return HookAnswer()


@pytest.fixture(autouse=True)
def carriers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "messengers_by_slug", lambda: {"first": Carrier})


def account(slug: str, **fields: Any) -> CarrierAccount:
    row: CarrierAccount = reference.keep(CarrierAccount(slug=slug, carrier="first", **fields))
    return row


def route(over: CarrierAccount, **fields: Any) -> CarrierRoute:
    row: CarrierRoute = reference.keep(CarrierRoute(account=over, **fields))
    return row


def text(
    to: str = "447400123456", sender: str = "ACME", kind: SenderKind = SenderKind.ALPHANUMERIC
) -> OutgoingSms:
    return OutgoingSms(uuid7(), sender, kind, to, Coding.GSM7, (Segment(b"hi"),), "hi")


def taken_by(*texts: OutgoingSms) -> list[str]:
    return [carried.account for carried in carrying.send(texts)]


def test_without_a_carrier_no_route_leads_anywhere(catalogue: None) -> None:
    [carried] = carrying.send([text()])
    assert isinstance(carried.submission, Declined)
    assert (carried.account, carried.submission.reason.code) == ("", 7202)


def test_without_routes_the_first_account_carries_everything(catalogue: None) -> None:
    account("late", position=2)
    account("early", position=1)
    assert taken_by(text()) == ["early"]


def test_the_route_of_the_country_comes_first(catalogue: None) -> None:
    route(account("world"))
    route(account("british"), country_id="GB", position=9)
    assert taken_by(text("447400123456"), text("33612345678")) == ["british", "world"]


def test_the_route_of_a_sender_comes_before_that_of_its_kind(catalogue: None) -> None:
    route(account("codes"), sender_kind="short_code")
    route(account("own"), sender="80888", position=9)
    texts = [text(sender=code, kind=SenderKind.SHORT_CODE) for code in ("80888", "60777")]
    assert taken_by(*texts) == ["own", "codes"]


def test_a_country_without_a_route_is_not_reached(catalogue: None) -> None:
    route(account("british"), country_id="GB")
    assert taken_by(text("33612345678")) == [""]


def test_a_carrier_that_is_down_is_followed_by_the_next(catalogue: None) -> None:
    route(account("broken", account="down"), country_id="GB")
    route(account("whole"))
    assert taken_by(text()) == ["whole"]


def test_what_another_carrier_cannot_help_is_final(catalogue: None) -> None:
    route(account("strict", account="address"), country_id="GB")
    route(account("whole"))
    [carried] = carrying.send([text()])
    assert (carried.account, carried.submission) == ("strict", Declined(BAD_ADDRESS))


def test_a_carrier_that_is_off_is_not_asked(catalogue: None) -> None:
    route(account("off", is_active=False), country_id="GB")
    route(account("on"))
    assert taken_by(text()) == ["on"]


def test_a_bought_number_sends_where_it_was_bought(admin: Member, make_number: Any) -> None:
    route(account("other"), country_id="GB")
    account("seller")
    number = make_number(admin, Kind.PHONE_NUMBER, "+447400999999")
    PhoneLine.objects.create(number=number, carrier="seller", bought_at=timezone.now())
    assert taken_by(text(sender="447400999999", kind=SenderKind.PHONE_NUMBER)) == ["seller"]


def test_a_route_over_a_carrier_that_cannot_call_is_refused(catalogue: None) -> None:
    with pytest.raises(ValidationError, match="does not carry"):
        route(account("texts"), medium="voice")


def test_what_is_over_the_limit_waits_its_turn_and_asks_nobody(catalogue: None) -> None:
    route(account("slow"), per_second=2)
    said = [carried.submission for carried in carrying.send([text() for _ in range(5)])]
    assert [type(one) for one in said] == [Accepted] * 2 + [Postponed] * 3
    waits = [one.after for one in said if isinstance(one, Postponed)]
    assert 0 < waits[0] <= 0.5
    assert [round(wait - waits[0], 3) for wait in waits] == [0, 0.5, 1]


def test_a_route_that_overflows_leaves_the_rest_to_the_next(catalogue: None) -> None:
    route(account("slow"), country_id="GB", per_second=1, overflows=True)
    route(account("wide"))
    assert sorted(taken_by(text(), text(), text())) == ["slow", "wide", "wide"]


def test_the_limit_of_an_account_holds_over_all_its_routes(catalogue: None) -> None:
    shared = account("shared", per_second=3)
    route(shared, country_id="GB")
    route(shared, country_id="FR")
    texts = [text("447400123456"), text("33612345678")] * 4
    taken = [type(carried.submission) for carried in carrying.send(texts)]
    assert taken.count(Accepted) == 3


@pytest.mark.django_db(transaction=True)
def test_workers_share_a_limit() -> None:
    rate, enough, workers = 50.0, 50, 4
    began = time.monotonic()
    throughput.take("shared", rate, 50)
    granted: list[int] = []

    def has_enough() -> bool:
        granted.append(throughput.take("shared", rate, 5).count)
        return sum(granted) >= enough

    def work() -> None:
        try:
            wait_until(has_enough)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert enough <= sum(granted) <= rate * (time.monotonic() - began) + 1

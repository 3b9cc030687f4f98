"""Texts of nobody: kept for support, obeyed on shared codes, and answered by the platform."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.numbers.carriers.messaging import (
    CARRIER_DOWN,
    UNKNOWN_SUBSCRIBER,
    Declined,
    IncomingSms,
    Reason,
    SenderKind,
)
from imiconnect.numbers.models import Number, PhoneLine, ShortCode
from imiconnect.numbers.ports import answers
from imiconnect.rtm import housekeeping
from imiconnect.rtm.models import Message, OptOut, UnclaimedText
from imiconnect.rtm.telecom import unclaimed
from tests.rtm.telecom.conftest import ADDRESS, Carrier

pytestmark = pytest.mark.django_db(transaction=True)
HELP = "Northwind: text SAVINGS for savings. STOP ends all messages."


@pytest.fixture
def shared(
    carrier: type[Carrier], admin: Member, new_number: Callable[..., Number], code: Any
) -> ShortCode:
    """The shared code 80888 with the keyword SAVINGS and a help text."""
    found: ShortCode = code("80888", is_shared=True, help_reply=HELP)
    new_number(admin, "keyword", "SAVINGS", short_code=found)
    return found


def comes_in(text: str, ref: str = "m1", to: str = "80888") -> None:
    answers.carried("acme", [IncomingSms(ref, ADDRESS, to, text)])
    unclaimed.process_due()


def test_a_text_without_a_keyword_is_kept_and_answered_with_the_help_text(
    shared: ShortCode, carrier: type[Carrier]
) -> None:
    comes_in("How much is the fish?")
    row = UnclaimedText.objects.get()
    assert (row.address, row.to, row.text) == (ADDRESS, "80888", "How much is the fish?")
    assert row.answered_at and row.due_at is None
    [sms] = carrier.sent
    assert (sms.sender, sms.sender_kind, sms.to, sms.text) == (
        "80888",
        SenderKind.SHORT_CODE,
        ADDRESS,
        HELP,
    )
    assert not Message.objects.exists()


def test_without_a_help_text_a_text_without_a_keyword_is_only_kept(
    shared: ShortCode, carrier: type[Carrier]
) -> None:
    ShortCode.objects.update(help_reply="")
    comes_in("What is this?")
    assert UnclaimedText.objects.count() == 1 and carrier.sent == []


def test_stop_is_confirmed_once_and_start_takes_it_back(
    shared: ShortCode, carrier: type[Carrier]
) -> None:
    comes_in("STOP", "m1")
    assert OptOut.objects.get().sender == "80888"
    comes_in("stop!", "m2")
    comes_in("START", "m3")
    assert not OptOut.objects.exists()
    assert [sms.text for sms in carrier.sent] == [
        "You get no more messages from 80888. START brings them back.",
        "You get messages from 80888 again. STOP ends them.",
    ]


@pytest.mark.parametrize(
    ("help_reply", "told"), [(HELP, HELP), ("", "Send STOP to 80888 to get no more messages.")]
)
@pytest.mark.parametrize("word", ["HELP", "info"])
def test_help_is_always_answered(
    shared: ShortCode, carrier: type[Carrier], word: str, help_reply: str, told: str
) -> None:
    ShortCode.objects.update(help_reply=help_reply)
    comes_in(word)
    assert [sms.text for sms in carrier.sent] == [told]
    assert UnclaimedText.objects.get().meaning == "help"


def test_a_machine_that_answers_gets_no_answers_back(
    shared: ShortCode, carrier: type[Carrier]
) -> None:
    comes_in("I am on holiday", "m1")
    comes_in("I am on holiday", "m2")
    comes_in("Info: I am away", "m3")
    comes_in("Info: I am away", "m4")
    assert UnclaimedText.objects.count() == 4
    assert len(carrier.sent) == 2


def test_a_repeated_text_is_kept_and_answered_once(
    shared: ShortCode, carrier: type[Carrier]
) -> None:
    comes_in("HELP")
    comes_in("HELP")
    assert UnclaimedText.objects.count() == len(carrier.sent) == 1


def test_a_text_to_a_number_of_nobody_is_kept_for_support(
    shared: ShortCode, carrier: type[Carrier]
) -> None:
    comes_in("Hello", to="447400000099")
    assert UnclaimedText.objects.get().to == "447400000099" and carrier.sent == []


@pytest.mark.parametrize(
    ("reason", "again"), [(CARRIER_DOWN, True), (UNKNOWN_SUBSCRIBER, False)]
)
def test_an_answer_is_tried_again_where_that_may_help(
    shared: ShortCode, carrier: type[Carrier], reason: Reason, again: bool
) -> None:
    carrier.answer = Declined(reason)
    comes_in("HELP")
    row = UnclaimedText.objects.get()
    assert (row.due_at is not None, row.answered_at) == (again, None)
    assert row.problem == f"{reason.code} {reason.text}"


def test_a_code_of_two_other_countries_gets_no_text_from_abroad(
    shared: ShortCode, carrier: type[Carrier]
) -> None:
    ShortCode.objects.update(country="FR")
    ShortCode.objects.create(code="80888", country_id="DE", is_shared=True)
    comes_in("SAVINGS")
    assert UnclaimedText.objects.count() == 1 and not Message.objects.exists()


def test_a_number_with_an_own_url_alone_confirms_stop_once(
    admin: Member, carrier: type[Carrier], new_number: Callable[..., Number]
) -> None:
    number = new_number(admin, "phone_number", "+447400000071")
    PhoneLine.objects.create(
        number=number,
        carrier="acme",
        carrier_reference="x",
        bought_at=timezone.now(),
        incoming_sms_url="https://n.test/",
    )
    for word, ref in (("STOP", "m1"), ("STOP", "m1"), ("stop!", "m2"), ("HELP", "m3")):
        comes_in(word, ref, to="447400000071")
    assert OptOut.objects.get().organization == admin.organization
    assert [(sms.text, sms.sender_kind) for sms in carrier.sent] == [
        (
            "You get no more messages from 447400000071. START brings them back.",
            SenderKind.PHONE_NUMBER,
        ),
        (
            "Northwind Bank: send STOP to 447400000071 to get no more messages.",
            SenderKind.PHONE_NUMBER,
        ),
    ]


def test_texts_of_nobody_go_after_a_month(shared: ShortCode) -> None:
    comes_in("Hello")
    UnclaimedText.objects.update(created_at=timezone.now() - dt.timedelta(days=31))
    housekeeping.delete_old(timezone.now())
    assert not UnclaimedText.objects.exists()


def test_stop_counts_on_a_code_that_is_out_of_use(
    shared: ShortCode, carrier: type[Carrier]
) -> None:
    ShortCode.objects.update(is_active=False)
    comes_in("STOP")
    assert (OptOut.objects.get().sender, carrier.sent) == ("80888", [])


def test_an_answer_that_is_late_is_not_sent(shared: ShortCode, carrier: type[Carrier]) -> None:
    carrier.answer = Declined(CARRIER_DOWN)
    comes_in("HELP")
    assert carrier.sent[0].valid_for == pytest.approx(3600, abs=60)
    ago = timezone.now() - dt.timedelta(minutes=61)
    UnclaimedText.objects.update(created_at=ago, due_at=timezone.now())
    unclaimed.process_due()
    assert len(carrier.sent) == 1
    assert UnclaimedText.objects.get().due_at is None


def test_an_answer_that_is_tried_again_lives_for_the_rest_of_its_time(
    shared: ShortCode, carrier: type[Carrier]
) -> None:
    carrier.answer = Declined(CARRIER_DOWN)
    comes_in("HELP")
    ago = timezone.now() - dt.timedelta(minutes=50)
    UnclaimedText.objects.update(created_at=ago, due_at=timezone.now())
    unclaimed.process_due()
    assert carrier.sent[1].valid_for == pytest.approx(600, abs=60)

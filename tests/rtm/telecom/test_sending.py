"""An SMS from the request to its receipts: senders, restrictions, opt-outs, codes."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from imiconnect.accounts.models import Member
from imiconnect.numbers.carriers.messaging import (
    CARRIER_DOWN,
    EXPIRED,
    MEMORY_FULL,
    UNKNOWN_SUBSCRIBER,
    Coding,
    Declined,
    Reason,
    Receipt,
    SenderKind,
    Status,
)
from imiconnect.numbers.models import CarrierRoute, Number, SmsRestriction
from imiconnect.numbers.ports import answers
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.lanes import SMS
from imiconnect.rtm.models import Attempt, Callback, Message, OpenMessage, OptOut
from imiconnect.rtm.processors import mt
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.telecom.optouts import opt_out
from imiconnect.sharing import services
from imiconnect.sharing.models import NumberAllocation, Service
from tests.rtm.telecom.conftest import ADDRESS, Carrier, settle

pytestmark = pytest.mark.django_db(transaction=True)
Outcome = Callable[..., Message]


def test_an_sms_is_accepted_sent_and_delivered(
    outcome: Outcome, carrier: type[Carrier]
) -> None:
    message = outcome()
    assert (message.state, message.code) == (State.SUBMITTED, 7501)
    sms = carrier.sent[0]
    assert (sms.sender, sms.sender_kind) == ("447400000001", SenderKind.PHONE_NUMBER)
    assert (sms.to, sms.text, sms.coding) == (ADDRESS, "Hello", Coding.GSM7)
    attempt = Attempt.objects.get()
    assert (attempt.route, attempt.detail["carrier"], attempt.detail["parts"]) == (
        "sms",
        "acme",
        1,
    )
    answers.carried("acme", [Receipt(f"acme-{message.pk}", Status.DELIVERED)])
    settle()
    message.refresh_from_db()
    assert (message.state, message.code) == (State.DELIVERED, 7500)
    assert not OpenMessage.objects.exists()
    events = [json.loads(row.body) for row in Callback.objects.order_by("pk")]
    told = [row["deliveryInfoNotification"]["deliveryInfo"] for row in events]
    assert [row["deliveryStatus"] for row in told] == ["Submitted", "Delivered"]
    assert {(row["deliveryChannel"], row["destinationType"]) for row in told} == {
        ("SMS", "msisdn")
    }


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (UNKNOWN_SUBSCRIBER, "Failed"),
        (MEMORY_FULL, "Failed"),
        (EXPIRED, "Un-Delivered"),
    ],
)
def test_a_failure_by_receipt_carries_its_documented_code(
    outcome: Outcome, reason: Reason, status: str
) -> None:
    message = outcome()
    answers.carried("acme", [Receipt(f"acme-{message.pk}", Status.UNDELIVERED, reason)])
    settle()
    message.refresh_from_db()
    state = State.EXPIRED if reason is EXPIRED else State.FAILED
    assert (message.state, message.code) == (state, reason.code)
    body = json.loads(Callback.objects.order_by("pk").last().body)
    info = body["deliveryInfoNotification"]["deliveryInfo"]
    assert (info["deliveryStatus"], info["code"]) == (status, str(reason.code))


def test_what_the_carrier_refuses_fails_with_its_code(
    outcome: Outcome, carrier: type[Carrier]
) -> None:
    carrier.answer = Declined(UNKNOWN_SUBSCRIBER)
    assert outcome().code == 7203


def test_a_carrier_that_is_down_is_asked_again(
    outcome: Outcome, carrier: type[Carrier]
) -> None:
    carrier.answer = Declined(CARRIER_DOWN, after=5)
    message = outcome()
    assert (message.state, message.code) == (State.QUEUED, 7202)
    waiting = OpenMessage.objects.get()
    assert waiting.failures == 1 and waiting.due_at > message.created_at
    carrier.answer = None
    mt.process_due(lane=SMS, now=waiting.due_at)
    message.refresh_from_db()
    assert (message.state, message.attempts) == (State.SUBMITTED, 2)


def test_a_limit_postpones_without_counting_as_a_failure(
    outcome: Outcome, carrier: type[Carrier]
) -> None:
    row = CarrierRoute.objects.create(account_id=_account(), per_second=0.01)
    assert row.per_second
    outcome()
    message = outcome()
    waiting = OpenMessage.objects.get(pk=message.pk)
    assert (message.state, message.code, message.attempts) == (State.QUEUED, 0, 0)
    assert waiting.failures == 0 and waiting.due_at > message.created_at
    assert len(carrier.sent) == 1


def _account() -> int:
    from imiconnect.numbers.models import CarrierAccount

    return CarrierAccount.objects.get().pk


def test_a_long_text_goes_in_parts_that_are_counted(
    outcome: Outcome, carrier: type[Carrier]
) -> None:
    message = outcome(text="Ж" * 71)
    assert (message.payload["coding"], message.payload["parts"]) == ("ucs2", 2)
    assert [len(part.body) for part in carrier.sent[0].segments] == [134, 8]


def test_binary_and_flash_go_out_as_they_are(outcome: Outcome, carrier: type[Carrier]) -> None:
    outcome(type=3, text="", body="0605040B84")
    outcome(type=2)
    binary, flash = carrier.sent
    assert (binary.coding, binary.segments[0].body) == (
        Coding.BINARY,
        bytes.fromhex("0605040B84"),
    )
    assert flash.is_flash and flash.text == "Hello"


@pytest.mark.parametrize(
    ("parts", "code", "said"),
    [
        ({"text": ""}, "7003", "channels.sms.text"),
        ({"type": 9}, "7004", "type is 1 text"),
        ({"type": 3}, "7003", "channels.sms.body"),
        ({"type": 3, "body": "0g"}, "7004", "hexadecimal"),
        ({"text": "a" * 1600}, "7004", "takes 11 parts"),
        ({"media-path": "x"}, "7004", "media-path"),
    ],
)
def test_wrong_content_is_refused(
    intake: Any,
    sms_service: Service,
    sms_order: Any,
    parts: dict[str, Any],
    code: str,
    said: str,
) -> None:
    answer = intake.post("/resources/v1/messaging", json=sms_order(**parts)).json()
    assert answer["response"][0]["code"] == code
    assert said in answer["response"][0]["description"]


def test_the_named_sender_of_the_service_is_used(
    admin: Member,
    outcome: Outcome,
    carrier: type[Carrier],
    sms_service: Service,
    new_number: Any,
) -> None:
    for kind, value in (("sender_id", "NWBANK"), ("short_code", "55555")):
        number = new_number(admin, kind, value)
        services.allocate_number(service=sms_service, number=number, channel="sms")
    outcome()
    outcome(senderid="+44 7400 000001")
    outcome(senderid="55555")
    assert [sms.sender for sms in carrier.sent] == ["NWBANK", "447400000001", "55555"]
    assert carrier.sent[0].sender_kind == SenderKind.ALPHANUMERIC


def test_a_keyword_sends_from_its_code(
    admin: Member,
    outcome: Outcome,
    carrier: type[Carrier],
    sms_service: Service,
    new_number: Any,
    code: Any,
) -> None:
    shared = code("80888", is_shared=True)
    number = new_number(admin, "keyword", "SAVINGS", short_code=shared)
    services.allocate_number(service=sms_service, number=number, channel="sms")
    outcome(senderid="savings")
    assert carrier.sent[0].sender == "80888"


def test_a_sender_of_nobody_fails_with_7101(outcome: Outcome) -> None:
    message = outcome(senderid="NOTOURS")
    assert (message.state, message.code) == (State.FAILED, 7101)
    assert message.reason == "The service does not send SMS from NOTOURS."


def test_a_number_taken_from_the_service_stops_what_is_queued(
    send_sms: Outcome, carrier: type[Carrier]
) -> None:
    message = send_sms()
    services.deallocate_number(allocation=NumberAllocation.objects.get())
    mt.process_due(lane=SMS)
    message.refresh_from_db()
    assert message.code == 7101 and not carrier.sent


@pytest.mark.parametrize("to", ["12345", "447", "not a number"])
def test_a_number_that_cannot_exist_fails_with_7102(outcome: Outcome, to: str) -> None:
    message = outcome(to=to)
    assert (message.state, message.code) == (State.FAILED, 7102)


@pytest.mark.parametrize("to", ["+44 7400 123456", "00447400123456", "447400123456"])
def test_a_number_may_be_written_with_plus_spaces_or_zeros(send_sms: Outcome, to: str) -> None:
    assert send_sms(to=to).address == ADDRESS


def test_a_customer_is_reached_at_the_profiles_number(
    admin: Member, intake: Any, sms_order: Any, sms_service: Service, carrier: type[Carrier]
) -> None:
    create_customer(member=admin, customer_id="crn-1", attributes={"msisdn": "+44 7400 123456"})
    body = sms_order() | {"destination": [{"customerid": ["crn-1", "crn-2"]}]}
    intake.post("/resources/v1/messaging", json=body)
    mt.process_due(lane=SMS)
    assert [sms.to for sms in carrier.sent] == [ADDRESS]
    assert Message.objects.get(state=State.FAILED).code == 7105
    named = Message.objects.get(state=State.SUBMITTED)
    assert (named.address_type, named.payload["to"]) == ("customerid", "crn-1")


def test_a_number_of_the_ranges_for_examples_is_sent_to(
    outcome: Outcome, carrier: type[Carrier]
) -> None:
    assert outcome(to="+44 7700 900123").state == State.SUBMITTED
    assert carrier.sent[0].to == "447700900123"


def restrict(country: str, **rules: str) -> None:
    SmsRestriction.objects.filter(country=country).update(**rules)


@pytest.fixture
def named_sender(admin: Member, sms_service: Service, new_number: Any) -> Number:
    """The Sender ID NWBANK of the United Kingdom, mapped to the service."""
    number: Number = new_number(admin, "sender_id", "NWBANK")
    services.allocate_number(service=sms_service, number=number, channel="sms")
    return number


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("not_supported", "Alphanumeric Sender IDs are not supported in United Kingdom."),
        ("preregistration", ""),
        ("unknown", ""),
    ],
)
def test_a_name_is_held_against_the_rules_of_the_country(
    named_sender: Number, outcome: Outcome, rule: str, said: str
) -> None:
    restrict("GB", alphanumeric_sender_id=rule)
    message = outcome()
    assert message.reason == said
    assert message.code == (7101 if said else 7501)


def test_a_name_that_is_not_registered_in_the_country_is_not_sent(
    named_sender: Number, outcome: Outcome
) -> None:
    restrict("FR", alphanumeric_sender_id="preregistration")
    message = outcome(to="33612345678")
    assert message.reason == "The Sender ID NWBANK is not registered in France."


def test_foreign_numbers_are_no_senders_where_the_country_says_so(outcome: Outcome) -> None:
    restrict("FR", numeric_sender="not_supported")
    restrict("GB", numeric_sender="not_supported")
    assert outcome(to="33612345678").code == 7101
    assert outcome().code == 7501


def test_a_short_code_works_in_its_own_country_alone(
    admin: Member, outcome: Outcome, sms_service: Service, new_number: Any
) -> None:
    number = new_number(admin, "short_code", "55555")
    services.allocate_number(service=sms_service, number=number, channel="sms")
    message = outcome(to="33612345678", senderid="55555")
    assert message.reason == "The short code 55555 works in United Kingdom alone."


@pytest.mark.parametrize(
    ("sender", "blocks"), [("", True), ("+44 7400 000001", True), ("55555", False)]
)
def test_nothing_is_sent_to_who_has_opted_out(
    admin: Member, outcome: Outcome, sender: str, blocks: bool
) -> None:
    opt_out(member=admin, address="+44 7400 123456", sender=sender)
    message = outcome()
    assert (message.code == 7109) is blocks


def test_an_opt_out_of_another_organization_blocks_nothing_here(
    outsider: Member, outcome: Outcome
) -> None:
    opt_out(member=outsider, address=ADDRESS)
    assert outcome().state == State.SUBMITTED
    assert OptOut.objects.count() == 1


def test_the_status_of_a_request_names_the_sender(outcome: Outcome, intake: Any) -> None:
    message = outcome()
    [row] = intake.get(f"/resources/v1/messaging/status/{message.transid}").json()
    assert (row["from"], row["to"], row["status"]) == ("447400000001", ADDRESS, "sent")

"""A call from the request to its receipts, and what somebody hears who calls a number."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from imiconnect.accounts.models import Member
from imiconnect.numbers.carriers import registry
from imiconnect.numbers.carriers.messaging import (
    BUSY,
    NO_ANSWER,
    REJECTED,
    UNKNOWN_SUBSCRIBER,
    Accepted,
    Carries,
    IncomingCall,
    Reason,
    Receipt,
    Status,
    Submission,
)
from imiconnect.numbers.carriers.voice import (
    Action,
    Answer,
    HangUp,
    OutgoingCall,
    Patch,
    Play,
    Reject,
    Say,
)
from imiconnect.numbers.models import CarrierAccount, Number, PhoneLine
from imiconnect.numbers.ports import answers
from imiconnect.rtm.lanes import VOICE
from imiconnect.rtm.models import Callback, Message
from imiconnect.rtm.processors import mt
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing import services
from imiconnect.sharing.models import NumberAllocation, Service, ServiceKey
from imiconnect.vault import digest
from tests.answering import answering
from tests.factories import client_of
from tests.rtm.conftest import SERVICE_KEY
from tests.rtm.telecom.conftest import ADDRESS, Carrier, settle

pytestmark = pytest.mark.django_db(transaction=True)


class Phone(Carrier):
    """A carrier that also makes calls; ``calls`` are those that it made."""

    slug = "phone"
    carries = frozenset({Carries.VOICE})
    calls: list[OutgoingCall] = []

    def call(self, batch: Sequence[OutgoingCall]) -> list[Submission]:
        Phone.calls.extend(batch)
        return [Accepted(f"call-{call.reference}") for call in batch]

    def script(self, actions: Sequence[Action]) -> tuple[str, str]:
        return "", ""


@pytest.fixture(autouse=True)
def phone(monkeypatch: pytest.MonkeyPatch, catalogue: None) -> None:
    Phone.calls = []
    monkeypatch.setattr(registry, "messengers_by_slug", lambda: {"phone": Phone})
    CarrierAccount.objects.get_or_create(slug="phone")


@pytest.fixture
def number(admin: Member, new_number: Callable[..., Number]) -> Number:
    return new_number(admin, "phone_number", "+447400000002", voice=True)


@pytest.fixture
def service(admin: Member, number: Number) -> Service:
    """A live service that calls from +44 7400 000002."""
    row = Service.objects.create(
        organization=admin.organization,
        name="Calls",
        receipt_url="https://customer.test/dr",
        receipt_kinds={"voice": ["submitted", "delivered", "failed"]},
        inbound_url="https://customer.test/mo",
    )
    ServiceKey.objects.create(service=row, secret=SERVICE_KEY, digest=digest(SERVICE_KEY))
    services.allocate_number(service=row, number=number, channel="voice")
    return services.set_state(service=row, state="live")


@pytest.fixture
def order(intake: Any, service: Service) -> Callable[..., Message]:
    """Have a call accepted and handed to the carrier; return its row."""

    def accepted(**voice: Any) -> Message:
        body = {
            "deliverychannel": "voice",
            "destination": [{"msisdn": [ADDRESS]}],
            "channels": {"voice": voice},
        }
        response = intake.post("/resources/v1/messaging", json=body)
        assert response.status_code == 202, response.text
        mt.process_due(lane=VOICE)
        return Message.objects.get(transid=response.json()["response"][0]["transid"])

    return accepted


def told() -> list[tuple[str, str, str]]:
    """Return channel, status and code of each receipt that the service gets."""
    bodies = [json.loads(row.body) for row in Callback.objects.filter(kind="dr").order_by("pk")]
    infos = [body["deliveryInfoNotification"]["deliveryInfo"] for body in bodies]
    return [(i["deliveryChannel"], i["deliveryStatus"], i["code"]) for i in infos]


def test_a_call_speaks_and_is_answered(order: Callable[..., Message]) -> None:
    message = order(text="Your code is 1 2 3", language="de-DE")
    [call] = Phone.calls
    assert (call.sender, call.to) == ("447400000002", ADDRESS)
    assert call.actions == (Say("Your code is 1 2 3", "de-DE"),)
    answered = Receipt(f"call-{message.pk}", Status.ANSWERED, channel=Carries.VOICE)
    answers.carried("phone", [answered])
    settle()
    message.refresh_from_db()
    assert (message.state, message.channel) == (State.DELIVERED, "voice")
    assert told() == [("voice", "Submitted", "7501"), ("voice", "Answered", "7500")]


def test_a_call_plays_a_file(order: Callable[..., Message]) -> None:
    order(file="https://example.com/a.mp3")
    assert Phone.calls[0].actions == (Play("https://example.com/a.mp3"),)


@pytest.mark.parametrize(
    ("status", "reason", "word", "code"),
    [
        (Status.ANSWERED, None, "Answered", "7500"),
        (Status.REJECTED, REJECTED, "Rejected", "7221"),
        (Status.BUSY, BUSY, "Busy", "7222"),
        (Status.NO_ANSWER, NO_ANSWER, "No Answer", "7223"),
        (Status.FAILED, UNKNOWN_SUBSCRIBER, "Failed", "7203"),
    ],
)
def test_receipt_and_status_say_what_became_of_a_call(
    order: Callable[..., Message],
    intake: Any,
    status: Status,
    reason: Reason | None,
    word: str,
    code: str,
) -> None:
    message = order(text="Hello")
    receipt = Receipt(f"call-{message.pk}", status, reason, channel=Carries.VOICE)
    answers.carried("phone", [receipt])
    settle()
    assert told()[-1] == ("voice", word, code)
    [row] = intake.get(f"/resources/v1/messaging/status/{message.transid}").json()
    assert row["status"] == word.lower()


@pytest.mark.parametrize("voice", [{}, {"file": "ftp://x"}, {"text": "x" * 3001}])
def test_a_call_that_says_nothing_useful_is_refused(
    intake: Any, service: Service, voice: dict[str, Any]
) -> None:
    body = {
        "deliverychannel": "voice",
        "destination": [{"msisdn": [ADDRESS]}],
        "channels": {"voice": voice},
    }
    assert intake.post("/resources/v1/messaging", json=body).status_code == 400


def test_a_number_that_is_not_the_services_fails_the_call(
    order: Callable[..., Message],
) -> None:
    message = order(text="Hello", senderid="447400999999")
    assert (message.state, message.code) == (State.FAILED, 7101)


CALL = IncomingCall("c1", ADDRESS, "447400000002")


def test_a_caller_hears_what_the_url_of_the_number_answers(
    number: Number, service: Service, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = True
    said = {
        "actions": [
            {"action": "answer"},
            {"action": "say", "text": "Hello"},
            {"action": "play", "url": "https://x/y"},
            {"action": "Call Patch", "to": "+44 7400 999999"},
            {"action": "hangup"},
        ]
    }
    with answering(200, said) as server:
        PhoneLine.objects.create(
            number=number, carrier="phone", bought_at=number.created_at,
            incoming_call_url=f"{server.url}/call",
        )  # fmt: skip
        assert list(answers.called("phone", CALL)) == [
            Answer(),
            Say("Hello"),
            Play("https://x/y"),
            Patch("447400999999"),
            HangUp(),
        ]
    asked = json.loads(server.requests[0].body)
    assert (asked["event"], asked["from"], asked["to"]) == (
        "incoming-call", ADDRESS, "447400000002",
    )  # fmt: skip
    settle()
    assert Message.objects.filter(channel="voice", direction=1).count() == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"actions": [{"action": "dance"}]},
        {"actions": [{"action": "call patch", "to": "12"}]},
        ["x"],
        {},
    ],
)
def test_a_url_that_answers_nonsense_rejects_the_call(
    number: Number, settings: Any, answer: Any
) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = True
    with answering(200, answer) as server:
        PhoneLine.objects.create(
            number=number, carrier="phone", bought_at=number.created_at,
            incoming_call_url=server.url,
        )  # fmt: skip
        assert list(answers.called("phone", CALL)) == [Reject()]


def test_a_call_to_nobody_is_rejected(catalogue: None) -> None:
    assert list(answers.called("phone", IncomingCall("c2", ADDRESS, "447400777777"))) == [
        Reject()
    ]


def test_the_page_makes_a_call(admin: Member, service: Service) -> None:
    client = client_of(admin)
    page = client.get("/messages/send/call/")
    assert page.status_code == 200 and b"Text to speak" in page.content
    route = NumberAllocation.objects.get()
    values = {"sender": route.pk, "to": "+44 7400 123456", "language": "en-GB"}
    empty = client.post("/messages/send/call/", values)
    assert empty.status_code == 422 and b"address of a sound" in empty.content
    assert client.post("/messages/send/call/", values | {"text": "Hello"}).status_code == 302
    mt.process_due(lane=VOICE)
    assert Phone.calls[0].actions == (Say("Hello", "en-GB"),)


def test_the_page_says_what_is_missing_without_a_number(admin: Member) -> None:
    page = client_of(admin).get("/messages/send/call/").content.decode()
    assert "No phone number to call from" in page

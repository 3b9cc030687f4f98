"""Texts and calls over Twilio: requests that its own description allows, signed webhooks.

The signatures are the public vectors of Twilio's documentation and its library's tests.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from twilio.request_validator import RequestValidator

from imiconnect.identity import uuid7
from imiconnect.numbers import ports
from imiconnect.numbers.carriers import base
from imiconnect.numbers.carriers import messaging as m
from imiconnect.numbers.carriers.twilio import codes
from imiconnect.numbers.carriers.twilio import messenger as twilio_messenger
from imiconnect.numbers.carriers.twilio.messenger import Messenger
from imiconnect.numbers.carriers.voice import Answer, HangUp, OutgoingCall, Patch, Play, Say
from imiconnect.numbers.models import CarrierAccount
from tests.answering import Answering, answering

SID, TOKEN = "AC" + "0" * 32, "12345"
HOOKS = "https://platform.example/carriers/twilio"


def messenger(url: str = "", secret: str = TOKEN) -> Messenger:
    return Messenger(base.Account(url, SID, secret, hooks_url=HOOKS))


def text(**fields: Any) -> m.OutgoingSms:
    values: dict[str, Any] = {
        "reference": uuid7(),
        "sender": "14155550100",
        "sender_kind": m.SenderKind.PHONE_NUMBER,
        "to": "447400123456",
        "coding": m.Coding.GSM7,
        "segments": (m.Segment(b"hi"),),
        "text": "hi",
    }
    return m.OutgoingSms(**(values | fields))


def call() -> OutgoingCall:
    actions = (Say("Your code is 1 2 3"), Play("https://example.com/a.mp3"), HangUp())
    return OutgoingCall(uuid7(), "14155550100", "447400123456", actions)


def test_a_text_is_what_the_description_allows(prism: str) -> None:
    for sender, kind in (
        ("14155550100", m.SenderKind.PHONE_NUMBER),
        ("ACME", m.SenderKind.ALPHANUMERIC),
        ("80888", m.SenderKind.SHORT_CODE),
    ):
        [said] = messenger(prism).submit([text(sender=sender, sender_kind=kind)])
        assert isinstance(said, m.Accepted) and said.provider_id.startswith(("SM", "MM"))


def test_a_call_is_what_the_description_allows(
    prism: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Prism takes a repeated form field, as Twilio documents it, for no list at all.
    monkeypatch.setattr(twilio_messenger, "CALL_EVENTS", [])
    [said] = messenger(prism).call([call()])
    assert isinstance(said, m.Accepted) and said.provider_id.startswith("CA")


@contextmanager
def twilio(status: int, body: dict[str, Any]) -> Iterator[Answering]:
    with answering(status, body) as server:
        yield server


def test_what_twilio_is_told() -> None:
    with twilio(201, {"sid": "SM1"}) as server:
        said = messenger(server.url).submit([text(valid_for=99_999), text(valid_for=30)])
    assert said == [m.Accepted("SM1"), m.Accepted("SM1")]
    forms = sorted(
        (request.form for request in server.requests), key=lambda f: f["ValidityPeriod"]
    )
    assert forms[0] == {
        "To": "+447400123456",
        "From": "+14155550100",
        "Body": "hi",
        "ValidityPeriod": "14400",
        "StatusCallback": f"{HOOKS}/message-status",
    }
    assert forms[1]["ValidityPeriod"] == "30"


def test_what_twilio_is_told_of_a_call() -> None:
    with twilio(201, {"sid": "CA1"}) as server:
        assert messenger(server.url).call([call()]) == [m.Accepted("CA1")]
    body = server.requests[0].body.decode()
    assert "StatusCallbackEvent=answered&StatusCallbackEvent=completed" in body
    assert server.requests[0].form["Twiml"] == (
        '<?xml version="1.0" encoding="UTF-8"?><Response>'
        '<Say language="en-GB">Your code is 1 2 3</Say>'
        "<Play>https://example.com/a.mp3</Play><Hangup /></Response>"
    )


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (400, 21211, m.BAD_ADDRESS),
        (400, 21606, m.BAD_SENDER),
        (400, 21408, m.NOT_SERVED),
        (400, 21610, m.BLOCKED),
        (400, 21617, m.NOT_IN_PARTS),
        (400, 99999, m.AT_PLATFORM),
        (401, 20003, m.MISCONFIGURED),
        (429, 20429, m.THROTTLED),
        (500, 0, m.UNCERTAIN),
        (503, 0, m.CARRIER_DOWN),
    ],
)
def test_a_refusal_has_the_documented_code(status: int, code: int, reason: m.Reason) -> None:
    with twilio(status, {"code": code, "message": "no", "status": status}) as server:
        [said] = messenger(server.url).submit([text()])
    assert isinstance(said, m.Declined) and said.reason == reason


def test_a_carrier_that_is_away_may_be_followed_by_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    [said] = messenger(f"http://127.0.0.1:{port}").submit([text()])
    assert isinstance(said, m.Declined) and said.reason == m.CARRIER_DOWN


def test_an_answer_that_is_lost_is_not_sent_by_another_carrier() -> None:
    with twilio(0, {}) as server:  # hangs up without an answer
        [said] = messenger(server.url).submit([text()])
    assert isinstance(said, m.Declined)
    assert (said.reason.retryable, said.reason.another_may) == (True, False)


def test_binary_content_and_an_account_without_token_are_told() -> None:
    [binary] = messenger("http://127.0.0.1:1").submit([text(text="", coding=m.Coding.BINARY)])
    [no_token] = messenger(secret="").submit([text()])
    assert isinstance(binary, m.Declined) and binary.reason.code == 7205
    assert isinstance(no_token, m.Declined) and no_token.reason.is_ours


VECTOR_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
VECTOR_FORM = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
JSON_URL = f"{VECTOR_URL}&bodySHA256=" + (
    "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
)
JSON_BODY = b'{"property": "value", "boolean": true}'
FORM_TYPE = "application/x-www-form-urlencoded"
SHARED = "key=k1,algorithm=HMAC_SHA256"


def signed(url: str, body: bytes, signature: str, kind: str, how: str = "") -> m.Hook:
    from django.utils import timezone

    headers = {"x-twilio-signature": signature, "content-type": kind}
    if how:
        headers["x-twilio-webhooks-signature-settings"] = how
    return m.Hook(url, "sms", headers, body, timezone.now())


@pytest.mark.parametrize(
    ("url", "body", "signature", "kind", "how"),
    [
        (
            VECTOR_URL,
            urlencode(VECTOR_FORM).encode(),
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
            FORM_TYPE,
            "",
        ),
        (JSON_URL, JSON_BODY, "a9nBmqA0ju/hNViExpshrM61xv4=", "application/json", ""),
        (
            VECTOR_URL,
            urlencode(VECTOR_FORM).encode(),
            "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=",
            FORM_TYPE,
            SHARED,
        ),
    ],
    ids=["form", "json", "shared key"],
)
def test_the_public_vectors_of_signatures(
    url: str, body: bytes, signature: str, kind: str, how: str
) -> None:
    ours = messenger(secret=f"{TOKEN} {TOKEN}")
    assert ours.verify(signed(url, body, signature, kind, how))
    assert not ours.verify(signed(url, body + b"&x=1", signature, kind, how))
    assert not ours.verify(signed(f"{url}x", body, signature, kind, how))
    assert not ours.verify(signed(url, body, "", kind, how))


def test_a_shared_key_that_is_not_set_is_not_believed() -> None:
    vector = signed(
        VECTOR_URL,
        urlencode(VECTOR_FORM).encode(),
        "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s=",
        FORM_TYPE,
        SHARED,
    )
    assert not messenger().verify(vector)


@pytest.fixture
def heard(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[m.Event]:
    """What the layers above are given by the webhooks of an account."""
    settings.PUBLIC_URL = "https://platform.example"
    CarrierAccount.objects.create(slug="twilio", account=SID, secret=TOKEN)
    events: list[m.Event] = []
    monkeypatch.setattr(ports.answers, "carried", lambda _account, some: events.extend(some))
    return events


def post(path: str, **form: str) -> Any:
    signature = RequestValidator(TOKEN).compute_signature(f"{HOOKS}/{path}", form)
    return Client(enforce_csrf_checks=True).post(
        f"/carriers/twilio/{path}",
        urlencode(form),
        FORM_TYPE,
        headers={"X-Twilio-Signature": signature},
    )


@pytest.mark.parametrize(
    ("state", "code", "status", "reason"),
    [
        ("sent", "", m.Status.SUBMITTED, None),
        ("delivered", "", m.Status.DELIVERED, None),
        ("undelivered", "30003", m.Status.FAILED, m.UNREACHABLE),
        ("undelivered", "30005", m.Status.FAILED, m.UNKNOWN_SUBSCRIBER),
        ("undelivered", "30034", m.Status.FAILED, m.UNREGISTERED),
        ("failed", "30036", m.Status.UNDELIVERED, m.EXPIRED),
        ("failed", "30008", m.Status.FAILED, m.AT_OPERATOR),
    ],
)
def test_a_receipt(
    heard: list[m.Event], state: str, code: str, status: m.Status, reason: m.Reason | None
) -> None:
    answer = post("message-status", MessageSid="SM1", MessageStatus=state, ErrorCode=code)
    assert answer.status_code == 200
    assert heard == [m.Receipt("SM1", status, reason, None, code)]


def test_states_before_sent_say_nothing(heard: list[m.Event]) -> None:
    assert post("message-status", MessageSid="SM1", MessageStatus="queued").status_code == 200
    assert heard == []


def test_a_text_that_came_in(heard: list[m.Event]) -> None:
    answer = post("sms", MessageSid="SM2", From="+447400111111", To="+14155550100", Body="Hi é")
    assert answer.content == b"<Response/>"
    assert heard == [m.IncomingSms("SM2", "447400111111", "14155550100", "Hi é")]


@pytest.mark.parametrize(
    ("state", "sip", "status"),
    [
        ("in-progress", "", m.Status.ANSWERED),
        ("completed", "200", m.Status.ANSWERED),
        ("busy", "486", m.Status.BUSY),
        ("busy", "603", m.Status.REJECTED),
        ("no-answer", "", m.Status.NO_ANSWER),
        ("failed", "404", m.Status.FAILED),
    ],
)
def test_what_became_of_a_call(
    heard: list[m.Event], state: str, sip: str, status: m.Status
) -> None:
    form = {"CallSid": "CA1", "CallStatus": state, "Direction": "outbound-api"}
    post("call-status", **form, SipResponseCode=sip)
    [event] = heard
    assert isinstance(event, m.Receipt)
    assert (event.status, event.channel) == (status, m.Carries.VOICE)
    assert event.reason == codes.CALL_REASONS.get(status)


def test_a_caller_hears_twiml(heard: list[m.Event], monkeypatch: pytest.MonkeyPatch) -> None:
    said = (Answer(), Say("Hi <b>"), Patch("447400999999"))
    monkeypatch.setattr(ports.answers, "called", lambda _account, _call: said)
    answer = post("voice", CallSid="CA2", From="+447400111111", To="+14155550100")
    assert answer["Content-Type"] == "text/xml"
    assert b'<Say language="en-GB">Hi &lt;b&gt;</Say>' in answer.content
    assert b"<Dial>+447400999999</Dial>" in answer.content


def test_a_request_with_a_wrong_signature_changes_nothing(heard: list[m.Event]) -> None:
    answer = Client().post(
        "/carriers/twilio/sms", {"MessageSid": "SM2"}, headers={"X-Twilio-Signature": "x"}
    )
    assert answer.status_code == 403
    assert heard == []

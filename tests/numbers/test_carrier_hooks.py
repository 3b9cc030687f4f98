"""Where carriers call us: signed, written down before the answer, unknown accounts 404."""

import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client

from imiconnect.numbers import ports
from imiconnect.numbers.carriers.messaging import (
    MEMORY_FULL,
    Carries,
    Event,
    IncomingCall,
    IncomingSms,
    Receipt,
    Status,
)
from imiconnect.numbers.carriers.voice import Action, HangUp, Play, Say
from imiconnect.numbers.models import CarrierAccount

KEY = "k" * 32
AT = "2026-11-26T01:02:03+00:00"
TEXT = {
    "type": "message.received",
    "id": "m1",
    "from": "447400111111",
    "to": "80888",
    "text": "Hi",
    "at": AT,
}


@pytest.fixture(autouse=True)
def sandbox(db: None, settings: Any) -> None:
    settings.SANDBOX = True
    CarrierAccount.objects.create(slug="sandbox", base_url="http://127.0.0.1", secret=KEY)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """What the layers above are given."""
    events: list[Event] = []

    def carried(account: str, some: Sequence[Event]) -> None:
        assert account == "sandbox"
        events.extend(some)

    monkeypatch.setattr(ports.answers, "carried", carried)
    return events


def call_us(
    said: dict[str, Any], *, key: str = KEY, age: float = 0, to: str = "sandbox"
) -> Any:
    body, stamp = json.dumps(said).encode(), str(int(time.time() - age))
    signature = hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-Carrier-Timestamp": stamp, "X-Carrier-Signature": signature}
    return Client(enforce_csrf_checks=True).post(
        f"/carriers/{to}/events", body, "application/json", headers=headers
    )


def test_a_text_reaches_the_layers_above(heard: list[Event]) -> None:
    assert call_us(TEXT).status_code == 200
    [event] = heard
    assert isinstance(event, IncomingSms)
    assert (event.provider_id, event.sender, event.to) == ("m1", "447400111111", "80888")


def test_a_receipt_says_why_in_the_documented_words(heard: list[Event]) -> None:
    told = {"id": "m1", "status": "failed", "error": "memory_full", "at": AT}
    call_us({"type": "message.status", **told})
    call_us({"type": "call.status", "id": "c1", "status": "answered", "at": AT})
    first, second = heard
    assert isinstance(first, Receipt) and isinstance(second, Receipt)
    assert (first.status, first.reason) == (Status.FAILED, MEMORY_FULL)
    assert (second.status, second.channel) == (Status.ANSWERED, Carries.VOICE)


@pytest.mark.parametrize(("key", "age"), [("x" * 32, 0), (KEY, 301), (KEY, -301)])
def test_a_wrong_or_old_signature_is_refused(heard: list[Event], key: str, age: float) -> None:
    assert call_us(TEXT, key=key, age=age).status_code == 403
    assert heard == []


def test_what_cannot_be_read_is_told_and_changes_nothing(heard: list[Event]) -> None:
    assert call_us({"type": "message.received"}).status_code == 400
    assert heard == []


def test_an_account_that_is_none_is_not_found(heard: list[Event]) -> None:
    CarrierAccount.objects.get_or_create(slug="stock")
    assert call_us(TEXT, to="nobody").status_code == 404
    assert call_us(TEXT, to="stock").status_code == 404


def test_the_double_is_no_carrier_where_the_sandbox_is_off(
    heard: list[Event], settings: Any
) -> None:
    settings.SANDBOX = False
    assert call_us(TEXT).status_code == 404


def test_a_fault_of_ours_is_told_so_that_the_carrier_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(account: str, events: Sequence[Event]) -> None:
        raise RuntimeError("the database is away")

    monkeypatch.setattr(ports.answers, "carried", fails)
    with pytest.raises(RuntimeError):
        call_us(TEXT)


@pytest.mark.parametrize(
    ("actions", "answer"),
    [
        ((), [{"do": "reject"}]),
        (
            (Say("Hello", "en-GB"), Play("https://example.com/a.mp3"), HangUp()),
            [
                {"do": "say", "text": "Hello", "language": "en-GB"},
                {"do": "play", "url": "https://example.com/a.mp3"},
                {"do": "hang_up"},
            ],
        ),
    ],
)
def test_a_caller_hears_what_the_layers_above_say(
    monkeypatch: pytest.MonkeyPatch, actions: tuple[Action, ...], answer: list[dict[str, str]]
) -> None:
    calls: list[IncomingCall] = []

    def called(account: str, call: IncomingCall) -> Sequence[Action]:
        calls.append(call)
        return actions

    monkeypatch.setattr(ports.answers, "called", called)
    call = {"type": "call.received", "id": "c1", "from": "447400111111", "to": "447400222222"}
    assert call_us({**call, "at": AT}).json() == {"actions": answer}
    assert [call.caller for call in calls] == ["447400111111"]

"""The sandbox carrier end to end: texts and calls to a handset, and back, by HTTP both ways."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from imiconnect.identity import uuid7
from imiconnect.numbers import ports
from imiconnect.numbers.carriers import messaging as m
from imiconnect.numbers.carriers import registry
from imiconnect.numbers.carriers.sandbox.messenger import Messenger
from imiconnect.numbers.carriers.voice import (
    Answer,
    OutgoingCall,
    Patch,
    Play,
    Record,
    RecordingError,
    Reject,
    Say,
)
from imiconnect.numbers.models import CarrierAccount
from imiconnect.numbers.services import carrying
from imiconnect.sandbox.carrier.exchange import Exchange
from imiconnect.sandbox.store import Store
from tests.serving import serve
from tests.waiting import wait_until

HANDSET = "447400123456"


@pytest.fixture(autouse=True)
def site(transactional_db: None, settings: Any) -> Iterator[str]:
    """The platform with its sandbox on."""
    settings.SANDBOX = True
    with serve(settings) as address:
        yield address
        # What the operator would do later is nothing to the next test.
        for timer in threading.enumerate():
            if isinstance(timer, threading.Timer):
                timer.cancel()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[m.Event]:
    """What the layers above are given by webhooks."""
    events: list[m.Event] = []

    def carried(account: str, some: Sequence[m.Event]) -> None:
        events.extend(some)

    monkeypatch.setattr(ports.answers, "carried", carried)
    return events


def text(to: str = HANDSET, **fields: Any) -> m.OutgoingSms:
    values: dict[str, Any] = {
        "reference": uuid7(),
        "sender": "80888",
        "sender_kind": m.SenderKind.SHORT_CODE,
        "coding": m.Coding.GSM7,
        "segments": (m.Segment(b"hi"),),
        "text": "hi",
    }
    return m.OutgoingSms(to=to, **(values | fields))


def messenger() -> Messenger:
    [row] = [row for row in registry.carrying() if row.kind == "sandbox"]
    found = registry.messenger(row)
    assert isinstance(found, Messenger)
    return found


def sent(*texts: m.OutgoingSms) -> list[m.Submission]:
    return [carried.submission for carried in carrying.send(texts)]


def test_a_text_arrives_and_its_receipt_comes_back(heard: list[m.Event]) -> None:
    [said] = sent(text())
    assert isinstance(said, m.Accepted)
    [(key, thing)] = Store("carrier").all("sms")
    assert (key, thing["text"], thing["handset"]) == (said.provider_id, "hi", HANDSET)
    wait_until(lambda: heard)
    [receipt] = heard
    assert isinstance(receipt, m.Receipt)
    assert (receipt.provider_id, receipt.status) == (key, m.Status.DELIVERED)


def test_the_same_reference_again_is_sent_once(heard: list[m.Event]) -> None:
    once = text()
    assert sent(once) == sent(once)
    assert len(Store("carrier").all("sms")) == 1


def test_a_batch_goes_out_together(heard: list[m.Event]) -> None:
    said = sent(*[text(f"44740012{number:04}") for number in range(40)])
    ids = {one.provider_id for one in said if isinstance(one, m.Accepted)}
    assert len(ids) == 40
    wait_until(lambda: ids <= {one.provider_id for one in heard})


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"to": "447400129901"}, 7203),
        ({"to": "447400129902"}, 7109),
        ({"to": "12"}, 7102),
        ({"sender": "#"}, 7101),
    ],
)
def test_a_refusal_has_its_documented_code(fields: dict[str, Any], code: int) -> None:
    [said] = sent(text(**fields))
    assert isinstance(said, m.Declined) and said.reason.code == code


@pytest.mark.parametrize(
    ("switch", "reason"),
    [
        ("unknown_number", m.UNKNOWN_SUBSCRIBER),
        ("blocked", m.BLOCKED),
        ("rate_limit", m.THROTTLED),
        ("down", m.CARRIER_DOWN),
    ],
)
def test_a_switch_makes_it_misbehave(switch: str, reason: m.Reason) -> None:
    Store("carrier").set_switches({switch})
    [said] = sent(text())
    assert isinstance(said, m.Declined) and said.reason == reason


@pytest.mark.parametrize(
    ("ending", "status", "reason"),
    [
        ("9903", m.Status.FAILED, m.UNREACHABLE),
        ("9904", m.Status.FAILED, m.MEMORY_FULL),
        ("9905", m.Status.UNDELIVERED, m.EXPIRED),
    ],
)
def test_some_numbers_fare_alike_each_time(
    heard: list[m.Event], ending: str, status: m.Status, reason: m.Reason
) -> None:
    sent(text(f"44740012{ending}"))
    wait_until(lambda: heard)
    [receipt] = heard
    assert isinstance(receipt, m.Receipt)
    assert (receipt.status, receipt.reason) == (status, reason)


def test_a_wrong_key_is_our_fault() -> None:
    CarrierAccount.objects.update_or_create(slug="sandbox", defaults={"secret": "wrong"})
    [said] = sent(text())
    assert isinstance(said, m.Declined) and said.reason == m.MISCONFIGURED


def test_an_answer_reaches_the_platform(heard: list[m.Event]) -> None:
    Exchange().write(HANDSET, "80888", "STOP ✋")
    wait_until(lambda: heard)
    [sms] = heard
    assert isinstance(sms, m.IncomingSms)
    assert (sms.sender, sms.to, sms.text) == (HANDSET, "80888", "STOP ✋")


def test_a_webhook_that_failed_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []

    def fails_once(account: str, some: Sequence[m.Event]) -> None:
        tries.append(account)
        if len(tries) == 1:
            raise RuntimeError("the database is away")

    monkeypatch.setattr(ports.answers, "carried", fails_once)
    Exchange().write(HANDSET, "80888", "Hi")
    wait_until(lambda: len(tries) == 2)


def call(to: str = HANDSET) -> OutgoingCall:
    return OutgoingCall(uuid7(), "447400222222", to, (Say("Your code is 1 2 3"),))


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("9906", m.Status.BUSY),
        ("9907", m.Status.REJECTED),
        ("9908", m.Status.NO_ANSWER),
        ("9909", m.Status.ANSWERED),
    ],
)
def test_what_becomes_of_a_call(heard: list[m.Event], ending: str, status: m.Status) -> None:
    [said] = messenger().call([call(f"44740012{ending}")])
    assert isinstance(said, m.Accepted)
    wait_until(lambda: heard)
    [receipt] = heard
    assert isinstance(receipt, m.Receipt)
    assert (receipt.status, receipt.channel) == (status, m.Carries.VOICE)


def test_a_call_rings_until_somebody_answers(heard: list[m.Event]) -> None:
    [said] = messenger().call([call()])
    assert isinstance(said, m.Accepted)
    ringing = Store("carrier").get("call", said.provider_id)
    assert ringing is not None and ringing["state"] == "ringing"
    Exchange().end_call(said.provider_id, "answered")
    wait_until(lambda: heard)


@pytest.mark.parametrize(
    ("actions", "state", "heard_on_the_phone"),
    [
        ((Say("Welcome"), Play("https://example.com/a.mp3")), "answered", ["say", "play"]),
        ((Answer(), Patch("447400999999")), "answered", ["answer", "connect"]),
        ((Reject(),), "rejected", []),
        ((), "rejected", []),
    ],
)
def test_a_caller_hears_what_the_platform_says(
    monkeypatch: pytest.MonkeyPatch,
    actions: Sequence[Any],
    state: str,
    heard_on_the_phone: list[str],
) -> None:
    monkeypatch.setattr(ports.answers, "called", lambda _account, _call: actions)
    key = Exchange().dial(HANDSET, "447400222222")
    store = Store("carrier")
    wait_until(lambda: (store.get("call", key) or {})["state"] != "ringing")
    thing = store.get("call", key) or {}
    assert thing["state"] == state
    assert [action["do"] for action in thing["actions"]] == heard_on_the_phone


KEY = "0193c0de-0000-7000-8000-000000000001"


def test_a_caller_leaves_a_message_and_hears_what_comes_next(
    heard: list[m.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = (Say("Speak"), Record(KEY, 30), Say("Nothing heard"))
    monkeypatch.setattr(ports.answers, "called", lambda _account, _call: said)
    monkeypatch.setattr(ports.answers, "went_on", lambda _account, key: (Say(f"Got {key}"),))
    exchange, store = Exchange(), Store("carrier")
    key = exchange.dial(HANDSET, "447400000002")
    wait_until(lambda: (store.get("call", key) or {})["state"] == "recording")
    exchange.speak(key, 2)
    wait_until(lambda: heard)
    [recorded] = heard
    assert isinstance(recorded, m.Recorded)
    assert (recorded.key, recorded.seconds) == (KEY, 2)
    wait_until(lambda: len((store.get("call", key) or {})["actions"]) == 3)
    assert (store.get("call", key) or {})["actions"][-1]["text"] == f"Got {KEY}"
    sound = messenger().fetch_recording(recorded.provider_id)
    assert sound.content_type == "audio/wav" and sound.data.startswith(b"RIFF")
    messenger().delete_recording(recorded.provider_id)
    messenger().delete_recording(recorded.provider_id)
    with pytest.raises(RecordingError):
        messenger().fetch_recording(recorded.provider_id)


def test_a_caller_who_says_nothing_hears_the_rest_of_the_list(
    heard: list[m.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = (Record(KEY, 30), Say("Nothing heard"))
    monkeypatch.setattr(ports.answers, "called", lambda _account, _call: said)
    exchange, store = Exchange(), Store("carrier")
    key = exchange.dial(HANDSET, "447400000002")
    wait_until(lambda: (store.get("call", key) or {})["state"] == "recording")
    exchange.speak(key, 0)
    wait_until(lambda: len((store.get("call", key) or {})["actions"]) == 2)
    assert [event.provider_id for event in heard if isinstance(event, m.Recorded)] == [""]

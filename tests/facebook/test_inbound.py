"""What Meta's webhook tells, as its documentation prints it."""

import json
from pathlib import Path
from typing import Any

import pytest

from imiconnect.apps.channel_types.events import (
    Incoming,
    Opens,
    OptIn,
    Postback,
    Referral,
    Status,
    StatusKind,
)
from imiconnect.apps.channel_types.facebook.inbound import events_in

PAYLOADS = Path(__file__).parent / "payloads"


def told(name: str) -> Any:
    """Return the one event of a recorded call."""
    events = events_in((PAYLOADS / f"{name}.json").read_bytes())
    assert len(events) == 1
    return events[0]


def test_a_message() -> None:
    event = told("message")
    assert isinstance(event, Incoming)
    assert (event.account, event.address) == ("1001", "7001")
    assert (event.provider_id, event.text) == ("m_1", "hello ä")
    assert (event.payload, event.reply_to) == ("P1", "m_0")
    assert event.attachments[0].url == "https://cdn.example/a.png"
    assert event.at.timestamp() == 1700000000


def test_a_place() -> None:
    part = told("location").attachments[0]
    assert (part.kind, part.latitude, part.longitude) == ("location", 52.5, 13.4)


def test_get_started_is_a_postback() -> None:
    event = told("postback")
    assert isinstance(event, Postback)
    assert (event.payload, event.title, event.ref) == ("GET_STARTED", "Get Started", "poster")


def test_a_delivery_names_its_messages() -> None:
    event = told("delivery")
    assert isinstance(event, Status)
    assert (event.kind, event.sent_ids, event.watermark) == (
        StatusKind.DELIVERED, ("m_1", "m_2"), None,
    )  # fmt: skip


def test_a_delivery_without_names_has_its_watermark() -> None:
    event = told("delivery_watermark")
    assert event.sent_ids == ()
    assert event.watermark.timestamp() == 1700000000


def test_reading_is_a_watermark() -> None:
    event = told("read")
    assert (event.kind, event.watermark.timestamp()) == (StatusKind.READ, 1700000001)


def test_the_checkbox_names_no_person() -> None:
    event = told("optin_checkbox")
    assert isinstance(event, OptIn)
    assert (event.address, event.plugin, event.ref) == (
        "user_ref:unique-1",
        "checkbox",
        "form",
    )
    assert event.opens is Opens.NOTHING


def test_a_link_into_a_conversation() -> None:
    event = told("referral")
    assert isinstance(event, Referral)
    assert (event.ref, event.source, event.kind) == ("poster", "SHORTLINK", "OPEN_THREAD")


def test_the_own_messages_echo_is_left_out() -> None:
    assert events_in((PAYLOADS / "echo.json").read_bytes()) == []


def test_the_same_event_again_has_the_same_name() -> None:
    assert told("read").provider_id == told("read").provider_id


def test_several_entries_keep_their_pages() -> None:
    one = json.loads((PAYLOADS / "message.json").read_bytes())
    other = json.loads(json.dumps(one).replace("1001", "1002"))
    both = one | {"entry": one["entry"] + other["entry"]}
    events = events_in(json.dumps(both).encode())
    assert [event.account for event in events] == ["1001", "1002"]


@pytest.mark.parametrize("body", [b"[]", b'{"object": "user"}', b"no json"])
def test_what_is_no_page_is_an_error(body: bytes) -> None:
    with pytest.raises(ValueError, match="page|Expecting"):
        events_in(body)

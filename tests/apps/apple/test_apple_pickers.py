"""Lists and times to pick from: a template of the messaging API on a phone, and the answer."""

from typing import Any

import pytest
from django.test import Client

from imiconnect.apps import hooks
from imiconnect.apps.channel_types.apple_business_chat import pickers
from imiconnect.apps.channel_types.events import Event, Incoming
from imiconnect.rtm.ott.content import normalizer
from imiconnect.sandbox.apple_business_chat.world import store
from tests.apps.apple.conftest import AppleHandler, Send

PLAY = "/tools/sandbox/apple_business_chat/"
LIST = {
    "template_type": "list_picker",
    "title": "Which size?",
    "reply": "Chosen",
    "sections": [
        {
            "title": "Sizes",
            "multiple": True,
            "items": [
                {"identifier": "s", "title": "Small", "subtitle": "for one"},
                {"identifier": "l", "title": "Large"},
            ],
        }
    ],
}
SLOT = {"identifier": "a", "start": "2026-09-01T15:00:00Z", "duration": 9}
TIMES = {
    "template_type": "time_picker",
    "title": "When shall we call?",
    "timezone_offset": 60,
    "location": {"title": "Branch", "latitude": 51.5, "longitude": -0.1},
    "timeslots": [
        {"identifier": "a", "start": "2026-09-01T17:00:30+02:00", "duration": 1800},
        {"identifier": "b", "start": "2026-09-01T16:00:00Z", "duration": 1800},
    ],
}


def data_of_the_phone() -> dict[str, Any]:
    ((_key, kept),) = store.all("message", out=False)
    found: dict[str, Any] = kept["body"]["interactiveData"]["data"]
    return found


def press(client: Client, phone: str, item: str, taken: list[tuple[str, Event]]) -> Incoming:
    ((key, _kept),) = store.all("message", out=False)
    client.post(PLAY, {"act": "press", "customer": phone, "message": key, "item": item})
    hooks.work_through()
    (event,) = [event for _app, event in taken]
    assert isinstance(event, Incoming)
    return event


def test_a_list_is_picked_from(
    send: Send, signed_in: Client, phone: str, taken: list[tuple[str, Event]]
) -> None:
    send(template=LIST)
    section = data_of_the_phone()["listPicker"]["sections"][0]
    assert (section["multipleSelection"], section["items"][0]["subtitle"]) == (True, "for one")
    assert "Which size?" in signed_in.get(PLAY).text
    event = press(signed_in, phone, "l", taken)
    assert (event.text, event.payload) == ("Large", "l")


def test_a_time_is_picked(
    send: Send, signed_in: Client, phone: str, taken: list[tuple[str, Event]]
) -> None:
    send(template=TIMES)
    event = data_of_the_phone()["event"]
    assert [slot["startTime"] for slot in event["timeslots"]] == [
        "2026-09-01T15:00+0000",
        "2026-09-01T16:00+0000",
    ]
    assert (event["timezoneOffset"], event["location"]["title"]) == (60, "Branch")
    assert "When shall we call?" in signed_in.get(PLAY).text
    picked = press(signed_in, phone, "b", taken)
    assert (picked.text, picked.payload) == ("2026-09-01 16:00 UTC", "b")


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ({"template_type": "carousel"}, "not as documented"),
        ({"template_type": "list_picker", "title": "?"}, "sections"),
        (LIST | {"sections": []}, "something to pick"),
        (LIST | {"sections": [{"title": "None", "items": []}]}, "has items"),
        (LIST | {"sections": LIST["sections"] * 2}, "identifier of its own"),  # type: ignore[operator]
        (TIMES | {"timeslots": []}, "something to pick"),
        (
            TIMES
            | {
                "timeslots": [
                    {"identifier": "a", "start": "2026-09-01T15:00:00", "duration": 9}
                ]
            },
            "has a zone",
        ),
        (
            TIMES
            | {
                "timeslots": [
                    {"identifier": "a", "start": "2026-09-01T15:00:00Z", "duration": 0}
                ]
            },
            "lasts some seconds",
        ),
    ],
)
def test_a_wrong_template_says_what_is_wrong(template: dict[str, Any], words: str) -> None:
    assert words in str(pickers.problem_of(template))


def test_the_messaging_api_takes_a_picker_as_an_attachment() -> None:
    read = normalizer(AppleHandler().problem_of)
    payload = read({"text": "", "attachment": {"type": "template", "payload": TIMES}}, "apple")
    assert payload["template"] == TIMES

"""The action Record at Twilio: its verb, its webhooks, reading and deleting a recording."""

import base64
import datetime as dt
from typing import Any

import pytest

from imiconnect.numbers import ports
from imiconnect.numbers.carriers import messaging as m
from imiconnect.numbers.carriers.voice import HangUp, Record, RecordingError, Say
from tests.answering import answering
from tests.numbers.test_twilio_messages import HOOKS, SID, TOKEN, heard, messenger, post

__all__ = ["heard"]
KEY = "0193c0de-0000-7000-8000-000000000001"


def test_a_recording_is_asked_for_by_the_official_verb() -> None:
    body, _type = messenger().script([Say("Speak"), Record(KEY, 30, beep=False), HangUp()])
    assert body == (
        '<?xml version="1.0" encoding="UTF-8"?><Response><Say language="en-GB">Speak</Say>'
        f'<Record action="{HOOKS}/recorded/{KEY}" finishOnKey="#" maxLength="30" '
        f'playBeep="false" recordingStatusCallback="{HOOKS}/recording/{KEY}" '
        'recordingStatusCallbackEvent="completed absent" timeout="5" /><Hangup /></Response>'
    )


def test_after_a_recording_the_caller_hears_the_rest(
    heard: list[m.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def went_on(account: str, key: str) -> list[Any]:
        asked.append((account, key))
        return [Say("Thanks")]

    monkeypatch.setattr(ports.answers, "went_on", went_on)
    answer = post(f"recorded/{KEY}", CallSid="CA1", RecordingUrl="https://x", Digits="#")
    assert b"Thanks" in answer.content and asked == [("twilio", KEY)]
    monkeypatch.setattr(ports.answers, "went_on", lambda _account, _key: ())
    assert b"<Hangup />" in post(f"recorded/{KEY}", CallSid="CA1").content
    gone = post(f"recorded/{KEY}", CallSid="CA1", Digits="hangup")
    assert gone.content == b"<Response/>"


def test_twilio_tells_when_it_has_the_recording(heard: list[m.Event]) -> None:
    form = {
        "CallSid": "CA1",
        "RecordingSid": "RE1",
        "RecordingStatus": "completed",
        "RecordingDuration": "12",
        "RecordingStartTime": "Thu, 26 Nov 2026 10:00:00 +0000",
    }
    assert post(f"recording/{KEY}", **form).status_code == 200
    at = dt.datetime(2026, 11, 26, 10, tzinfo=dt.UTC)
    assert heard == [m.Recorded(KEY, "RE1", 12, at)]


@pytest.mark.parametrize(
    ("status", "events"), [("in-progress", 0), ("absent", 1), ("failed", 1)]
)
def test_a_recording_that_was_not_made_has_no_id(
    heard: list[m.Event], status: str, events: int
) -> None:
    post(f"recording/{KEY}", RecordingSid="RE1", RecordingStatus=status)
    assert heard == [m.Recorded(KEY, "")] * events


def test_a_recording_is_read_with_the_credentials_of_the_account() -> None:
    with answering(200, {"sound": 1}) as server:
        sound = messenger(server.url).fetch_recording("RE1")
    assert sound.data == b'{"sound": 1}'
    [asked] = server.requests
    assert asked.path == f"/2010-04-01/Accounts/{SID}/Recordings/RE1.mp3"
    assert asked.headers["Authorization"] == (
        "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
    )


@pytest.mark.parametrize(("status", "is_gone"), [(404, True), (500, False), (302, False)])
def test_a_recording_that_is_not_given_says_whether_to_ask_again(
    status: int, is_gone: bool
) -> None:
    with answering(status, {}) as server, pytest.raises(RecordingError) as error:
        messenger(server.url).fetch_recording("RE1")
    assert error.value.is_gone == is_gone


def test_deleting_a_recording_is_what_the_description_allows(prism: str) -> None:
    """Reading one is not in the description: it knows no address of a sound."""
    messenger(prism).delete_recording("RE" + "0" * 32)
    with pytest.raises(RecordingError):
        messenger(prism).delete_recording("RE1")


def test_a_recording_is_deleted_and_one_that_is_gone_is_no_error() -> None:
    for status in (204, 404):
        with answering(status, {}) as server:
            messenger(server.url).delete_recording("RE1")
        [asked] = server.requests
        assert (asked.method, asked.path) == (
            "DELETE", f"/2010-04-01/Accounts/{SID}/Recordings/RE1.json",
        )  # fmt: skip
    with answering(500, {}) as server, pytest.raises(RecordingError):
        messenger(server.url).delete_recording("RE1")

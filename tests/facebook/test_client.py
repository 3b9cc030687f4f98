"""The Graph client: what it sends, and what each documented error is called."""

import json
from typing import Any

import httpx
import pytest

from imiconnect.apps.channel_types import errors
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.facebook.client import GraphClient
from imiconnect.apps.channel_types.facebook.outbound import body_of, problem_of

SECRET = "test_app_secret"


def client_of(answer: Any) -> tuple[GraphClient, list[httpx.Request]]:
    """Return a client whose calls get ``answer``, and the list of its calls."""
    calls: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    http = httpx.Client(transport=httpx.MockTransport(take))
    return GraphClient("https://graph.test/v25.0", "1", SECRET, http=http), calls


def test_each_call_proves_the_secret() -> None:
    client, calls = client_of(httpx.Response(200, json={"message_id": "m_1"}))
    assert client.send("1001", "EAAtesttoken", {"message": {"text": "x"}}) == "m_1"
    proof = "2f6c99f265a9e1644d725e8f9c96e439fcbf40a73357d1d98ba8b98fbfe445e4"
    assert calls[0].url.params["appsecret_proof"] == proof
    assert calls[0].url.path == "/v25.0/1001/messages"
    assert "EAAtesttoken" not in str(calls[0].url)


REFUSALS = [
    ((1, None), errors.PROVIDER_FAILED),
    ((2, None), errors.PROVIDER_FAILED),
    ((4, None), errors.THROTTLED),
    ((613, None), errors.THROTTLED),
    ((80001, None), errors.THROTTLED),
    ((10, 2018278), errors.WINDOW_CLOSED),
    ((10, 2018065), errors.WINDOW_CLOSED),
    ((100, 2534022), errors.WINDOW_CLOSED),
    ((10, None), errors.PERMISSION),
    ((200, None), errors.PERMISSION),
    ((230, None), errors.PERMISSION),
    ((100, 2018001), errors.UNKNOWN_RECIPIENT),
    ((100, None), errors.CONTENT),
    ((190, 460), errors.CREDENTIALS),
    ((190, 463), errors.CREDENTIALS),
    ((368, None), errors.BLOCKED),
    ((551, 1545041), errors.UNAVAILABLE),
    ((10903, None), errors.UNAVAILABLE),
]


@pytest.mark.parametrize(("code", "outcome"), REFUSALS)
def test_each_documented_error_has_its_name(
    code: tuple[int, int | None], outcome: errors.Outcome
) -> None:
    error = {"code": code[0], "error_subcode": code[1], "message": "no"}
    client, _calls = client_of(httpx.Response(400, json={"error": error}))
    with pytest.raises(ChannelError) as raised:
        client.send("1001", "t", {})
    assert raised.value.outcome is outcome


def test_a_rate_limit_says_how_long_to_wait() -> None:
    usage = {"1001": [{"type": "messenger", "estimated_time_to_regain_access": 5}]}
    headers = {"X-Business-Use-Case-Usage": json.dumps(usage)}
    answer = httpx.Response(400, headers=headers, json={"error": {"code": 80006}})
    client, _calls = client_of(answer)
    with pytest.raises(ChannelError) as raised:
        client.send("1001", "t", {})
    assert raised.value.after == 300


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (httpx.ConnectError("x"), errors.UNREACHABLE),
        (httpx.ReadTimeout("x"), errors.UNREACHABLE),
        (httpx.Response(502, text="<html>"), errors.PROVIDER_FAILED),
        (httpx.Response(200, text="<html>"), errors.UNREADABLE),
        (httpx.Response(200, json={}), errors.UNREADABLE),
    ],
)
def test_what_is_no_answer_has_a_name_too(answer: Any, outcome: errors.Outcome) -> None:
    client, _calls = client_of(answer)
    with pytest.raises(ChannelError) as raised:
        client.send("1001", "t", {})
    assert raised.value.outcome is outcome


def test_quick_replies_have_their_payload() -> None:
    options = [{"title": "Red", "payload": "RED"}, {"title": "Blue"}]
    body = body_of("7001", "psid", {"message": "Which?", "quickReplies": {"options": options}})
    assert body["recipient"] == {"id": "7001"}
    assert [item["payload"] for item in body["message"]["quick_replies"]] == ["RED", "Blue"]


def test_a_file_is_an_attachment_of_its_kind() -> None:
    media = [{"contentType": "image/png", "file": "https://x.test/a.png"}]
    message = body_of("7001", "psid", {"message": "", "media": media})["message"]
    assert message["attachment"]["type"] == "image"


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"message": "x", "media": [{"file": "https://x"}]}, "one text, one attachment"),
        ({"message": ""}, "one text, one attachment"),
        ({"message": "x" * 2001}, "2,000"),
        ({"message": "x", "quickReplies": {"options": [{"title": "a"}] * 14}}, "13"),
        ({"message": "x", "quickReplies": {"options": [{"title": "a" * 21}]}}, "20"),
        ({"message": "x", "tag": "POST_PURCHASE_UPDATE"}, "withdrawn"),
        ({"message": "x", "tag": "SALE"}, "not one of"),
    ],
)
def test_what_messenger_does_not_take_is_said(payload: dict[str, Any], words: str) -> None:
    assert words in str(problem_of(payload))

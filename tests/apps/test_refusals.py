"""What each provider documents as a refusal, and what the platform calls it.

The tables are those of the providers' pages; a client's own table is not read here.
"""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from imiconnect.apps.channel_types.apple_business_chat.client import AppleClient
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.facebook.client import GraphClient
from imiconnect.apps.channel_types.twitter.client import TwitterClient
from imiconnect.apps.channel_types.wechat import client as wechat
from imiconnect.apps.channel_types.wechat.client import WeChatClient

Answer = Callable[[httpx.Request], httpx.Response]


def http_of(answer: Answer) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(answer))


def to_facebook(answer: Answer) -> None:
    client = GraphClient("https://graph.test/v25.0", "1", "secret", http=http_of(answer))
    client.send("1001", "token", {"message": {"text": "x"}})


def to_twitter(answer: Answer) -> None:
    client = TwitterClient("https://x.test", "k", "s", "t", "ts", http=http_of(answer))
    client.send("5501", {"text": "x"})


def to_wechat(answer: Answer) -> None:
    def with_token(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("stable_token"):
            return httpx.Response(200, json={"access_token": "T", "expires_in": 7200})
        return answer(request)

    client = WeChatClient("https://wx.test", "wx1", "s", client=http_of(with_token))
    client.send({"touser": "o", "msgtype": "text", "text": {"content": "x"}})


def to_apple(answer: Answer) -> None:
    client = AppleClient("https://apple.test/v1", "csp", b"k" * 32, http=http_of(answer))
    client.send({"v": 1, "id": "1", "sourceId": "b", "destinationId": "c", "type": "text"})


PROVIDERS = [to_facebook, to_twitter, to_wechat, to_apple]


@pytest.fixture(autouse=True)
def no_tokens() -> Iterator[None]:
    """Forget WeChat's access tokens of other tests."""
    wechat._tokens.clear()
    yield
    wechat._tokens.clear()


def refusal(send: Callable[[Answer], None], status: int, **answer: Any) -> ChannelError:
    with pytest.raises(ChannelError) as found:
        send(lambda request: httpx.Response(status, **answer))
    return found.value


@pytest.mark.parametrize(
    ("errcode", "name"),
    [
        (-1, "provider_failed"),
        (40001, "credentials"),
        (40003, "unknown_recipient"),
        (40004, "content"),
        (40007, "content"),
        (40008, "content"),
        (40013, "credentials"),
        (40014, "credentials"),
        (40125, "credentials"),
        (40164, "permission"),
        (41001, "content"),
        (41002, "credentials"),
        (42001, "credentials"),
        (43002, "content"),
        (43003, "content"),
        (43004, "unavailable"),
        (45002, "content"),
        (45009, "throttled"),
        (45011, "throttled"),
        (45015, "window_closed"),
        (45047, "window_closed"),
        (47001, "content"),
        (48001, "permission"),
        (48004, "blocked"),
        (50002, "unavailable"),
        (61004, "permission"),
    ],
)
def test_an_errcode_of_wechat(errcode: int, name: str) -> None:
    error = refusal(to_wechat, 200, json={"errcode": errcode, "errmsg": "no"})
    assert error.outcome.name == name
    assert str(errcode) in error.detail


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (32, "credentials"),
        (88, "throttled"),
        (89, "credentials"),
        (93, "permission"),
        (150, "unavailable"),
        (151, "unavailable"),
        (214, "content"),
        (226, "blocked"),
        (261, "permission"),
        (326, "blocked"),
        (349, "unavailable"),
        (354, "content"),
    ],
)
def test_a_numbered_error_of_twitter(code: int, name: str) -> None:
    body = {"errors": [{"code": code, "message": "no"}]}
    assert refusal(to_twitter, 403, json=body).outcome.name == name


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "content"),
        (401, "credentials"),
        (402, "permission"),
        (403, "unavailable"),
        (429, "throttled"),
        (503, "provider_failed"),
    ],
)
def test_a_problem_document_of_twitter(status: int, name: str) -> None:
    body = {"title": "No", "detail": "no", "status": status}
    assert refusal(to_twitter, status, json=body).outcome.name == name


def test_errors_of_twitter_may_come_with_200() -> None:
    body = {"errors": [{"code": 349, "message": "no"}]}
    assert refusal(to_twitter, 200, json=body).outcome.name == "unavailable"


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "content"),
        (401, "credentials"),
        (403, "credentials"),
        (404, "unknown_recipient"),
        (410, "unavailable"),
        (413, "content"),
        (429, "throttled"),
        (500, "provider_failed"),
    ],
)
def test_a_status_of_apple(status: int, name: str) -> None:
    assert refusal(to_apple, status).outcome.name == name


@pytest.mark.parametrize(
    ("code", "subcode", "name"),
    [
        (1, 0, "provider_failed"),
        (2, 0, "provider_failed"),
        (4, 0, "throttled"),
        (10, 0, "permission"),
        (10, 2018065, "window_closed"),
        (10, 2018278, "window_closed"),
        (10, 2534022, "window_closed"),
        (100, 0, "content"),
        (100, 2018001, "unknown_recipient"),
        (190, 458, "credentials"),
        (190, 460, "credentials"),
        (190, 463, "credentials"),
        (190, 467, "credentials"),
        (200, 0, "permission"),
        (210, 0, "permission"),
        (230, 0, "permission"),
        (299, 0, "permission"),
        (368, 0, "blocked"),
        (551, 1545041, "unavailable"),
        (613, 0, "throttled"),
        (2022, 0, "blocked"),
        (10900, 0, "unavailable"),
        (10903, 0, "unavailable"),
        (10904, 0, "unavailable"),
        (80001, 0, "throttled"),
        (80004, 0, "throttled"),
        (80006, 0, "throttled"),
    ],
)
def test_an_error_of_facebook(code: int, subcode: int, name: str) -> None:
    body = {"error": {"message": "no", "code": code, "error_subcode": subcode}}
    assert refusal(to_facebook, 400, json=body).outcome.name == name


@pytest.mark.parametrize("send", PROVIDERS)
@pytest.mark.parametrize("fault", [httpx.ConnectError("x"), httpx.ReadTimeout("x")])
def test_a_provider_that_is_away_or_too_slow_is_unreachable(
    send: Callable[[Answer], None], fault: Exception
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise fault

    with pytest.raises(ChannelError) as found:
        send(answer)
    assert (found.value.outcome.name, found.value.outcome.retryable) == ("unreachable", True)


@pytest.mark.parametrize("send", [to_twitter, to_apple, to_wechat])
def test_too_many_requests_says_when_to_come_again(send: Callable[[Answer], None]) -> None:
    error = refusal(send, 429, headers={"Retry-After": "11"})
    assert (error.outcome.name, error.after) == ("throttled", 11.0)


@pytest.mark.parametrize("send", [to_facebook, to_twitter, to_wechat])
def test_what_is_no_json_is_unreadable(send: Callable[[Answer], None]) -> None:
    assert refusal(send, 200, text="<html>").outcome.name == "unreadable"


def test_a_stale_token_of_wechat_is_replaced_once() -> None:
    answers = [{"errcode": 42001, "errmsg": "expired"}, {"errcode": 0, "errmsg": "ok"}]
    to_wechat(lambda request: httpx.Response(200, json=answers.pop(0)))
    assert answers == []

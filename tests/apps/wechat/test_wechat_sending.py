"""Messages to WeChat's double, over HTTP, and what becomes of its errors."""

import uuid

import pytest

from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.handler import OutMessage
from imiconnect.apps.channel_types.wechat.client import WeChatClient
from imiconnect.apps.channel_types.wechat.handler import WeChatHandler
from imiconnect.apps.connection import account_of
from imiconnect.apps.models import App
from imiconnect.sandbox.wechat.world import STORE
from tests.apps.wechat.conftest import APPID, Send, received

pytestmark = pytest.mark.usefixtures("twin")


def test_a_text_reaches_the_follower(send: Send) -> None:
    send(message="Ni hao 你好")
    assert received()[0]["body"] == {"content": "Ni hao 你好"}


def test_quick_replies_become_a_menu(send: Send) -> None:
    options = [{"title": "Yes", "payload": "Y"}, {"title": "No", "payload": ""}]
    send(message="Happy?", quickReplies={"options": options})
    menu = received()[0]["body"]
    assert [(item["id"], item["content"]) for item in menu["list"]] == [
        ("Y", "Yes"),
        ("No", "No"),
    ]


def test_a_picture_beside_a_text_becomes_an_article(send: Send) -> None:
    url = "https://northwind.example/a.png"
    send(message="Look", media=[{"contentType": "image/png", "file": url}])
    assert received()[0]["body"]["articles"][0]["picurl"] == url


def test_one_token_serves_many_messages(send: Send) -> None:
    send(message="one")
    send(message="two")
    assert len(STORE.all("token")) == 1


def test_a_token_that_has_ended_is_replaced_once(send: Send) -> None:
    send(message="one")
    for key, _data in STORE.all("token"):
        STORE.drop("token", key)
    STORE.change("account", APPID, token_until=0)
    send(message="two")
    assert len(received()) == 2


@pytest.mark.parametrize(
    ("switch", "name", "retryable"),
    [
        ("expired_token", "credentials", False),
        ("rate_limit", "throttled", True),
        ("closed_window", "window_closed", False),
        ("down", "provider_failed", True),
    ],
)
def test_an_error_of_wechat_has_its_name(
    send: Send, switch: str, name: str, retryable: bool
) -> None:
    STORE.set_switches({switch})
    with pytest.raises(ChannelError) as found:
        send(message="hi")
    assert (found.value.outcome.name, found.value.outcome.retryable) == (name, retryable)


def test_the_sixth_message_without_an_answer_finds_the_window_closed(send: Send) -> None:
    for number in range(5):
        send(message=str(number))
    with pytest.raises(ChannelError) as found:
        send(message="too many")
    assert found.value.outcome.name == "window_closed"


def test_a_stranger_is_an_unknown_recipient(wechat_app: App) -> None:
    handler = WeChatHandler()
    message = OutMessage(uuid.uuid4(), "oStranger", "wechatid", {"message": "hi"})
    with pytest.raises(ChannelError) as found:
        handler.send(account_of(wechat_app, handler), message)
    assert found.value.outcome.name == "unknown_recipient"


def test_a_text_that_is_too_long_is_not_sent(send: Send) -> None:
    with pytest.raises(ChannelError) as found:
        send(message="你" * 700)
    assert found.value.outcome.name == "content"
    assert not received()


def test_a_wrong_secret_breaks_the_check(wechat_app: App) -> None:
    with pytest.raises(ChannelError) as found:
        WeChatClient("http://testserver/sandbox/wechat", APPID, "x" * 32).token()
    assert found.value.outcome.breaks_app

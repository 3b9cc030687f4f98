"""What WeChat documents as refused, and what this platform refuses before WeChat is asked."""

import time
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps import services
from imiconnect.apps.channel_types.wechat.crypto import signature
from imiconnect.apps.channel_types.wechat.outbound import problem_of
from imiconnect.apps.models import App, HookEvent
from tests.apps.wechat.conftest import APPID, TOKEN


@pytest.fixture
def plain_app(wechat_app: App) -> App:
    """An app in plain mode, where WeChat signs no more than a moment and a nonce."""
    return services.update_app(app=wechat_app, config=wechat_app.config | {"mode": "plain"})


def push_plain(app: App, text: str, *, nonce: str, stamp: str) -> int:
    """Push a text with the signature that WeChat would give it; return the status."""
    query = f"timestamp={stamp}&nonce={nonce}&signature={signature(TOKEN, stamp, nonce)}"
    body = (
        "<xml><FromUserName>oOpenId</FromUserName><CreateTime>1700000000</CreateTime>"
        f"<MsgType>text</MsgType><Content>{text}</Content><MsgId>{len(text)}</MsgId></xml>"
    )
    url = f"/hooks/wechat/{app.app_id}/"
    answer = Client().post(url, body, content_type="text/xml", QUERY_STRING=query)
    return answer.status_code


def test_a_nonce_serves_one_plain_message_and_its_repetitions(plain_app: App) -> None:
    signed = {"nonce": f"n{time.time_ns()}", "stamp": str(int(time.time()))}
    assert push_plain(plain_app, "hi", **signed) == 200
    assert push_plain(plain_app, "hi", **signed) == 200
    assert push_plain(plain_app, "forged", **signed) == 403
    assert HookEvent.objects.count() == 1
    again = {"nonce": f"m{time.time_ns()}", "stamp": signed["stamp"]}
    assert push_plain(plain_app, "and another", **again) == 200


def test_an_old_check_of_the_server_settings_is_refused(wechat_app: App) -> None:
    stamp = str(int(time.time()) - 600)
    query = {
        "signature": signature(TOKEN, stamp, "n"),
        "timestamp": stamp,
        "nonce": "n",
        "echostr": "17",
    }
    assert Client().get(f"/hooks/wechat/{wechat_app.app_id}/", query).status_code == 403


def test_an_account_that_is_configured_is_in_no_second_app(
    wechat_app: App, outsider: Member
) -> None:
    with pytest.raises(ValidationError, match="already configured"):
        services.create_app(
            member=outsider,
            name="Copy",
            channel_type="wechat",
            config={"appid": APPID},
            secrets={"appsecret": "s" * 32},
        )


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"message": "你" * 683}, "2,048 bytes"),
        ({"template": {"name": "t"}}, "no templates"),
        ({"media": [{"id": "M", "contentType": "file"}]}, "an image, a voice or a video"),
        ({"message": "x", "media": [{"id": "M", "contentType": "image"}]}, "no text beside"),
        (
            {"media": [{"id": "M", "contentType": "image"}], "quickReplies": {"options": [{}]}},
            "without a file",
        ),
    ],
)
def test_content_that_wechat_would_refuse_is_refused_before(payload: Any, words: str) -> None:
    assert words in str(problem_of(payload))


def test_a_text_at_the_limit_is_taken() -> None:
    assert not problem_of({"message": "你" * 682})

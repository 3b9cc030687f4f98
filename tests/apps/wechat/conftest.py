"""A WeChat app, pushes to it as WeChat's double makes them, and messages from it."""

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps import services
from imiconnect.apps.channel_types.handler import OutMessage
from imiconnect.apps.channel_types.wechat import client as wechat_client
from imiconnect.apps.channel_types.wechat import media as uploads
from imiconnect.apps.channel_types.wechat.crypto import encrypt, signature
from imiconnect.apps.channel_types.wechat.handler import WeChatHandler
from imiconnect.apps.connection import account_of
from imiconnect.apps.models import App
from imiconnect.sandbox.wechat.world import STORE
from tests.apps.over_django import carry

APPID, OPENID = "wx0123456789abcdef", "oOpenId"
TOKEN, KEY = "T0ken", "B" * 42 + "A"
FOLLOWER = f"{APPID}/{OPENID}"
Send = Callable[..., Any]


@pytest.fixture
def wechat_app(admin: Member) -> App:
    """An app in safe mode."""
    return services.create_app(
        member=admin,
        name="Northwind on WeChat",
        channel_type="wechat",
        config={"appid": APPID},
        secrets={"appsecret": "s" * 32, "token": TOKEN, "aes_key": KEY},
    )


@pytest.fixture
def push(client: Client, wechat_app: App) -> Callable[..., Any]:
    """Push fields to the app; ``age`` in seconds, ``changed`` after signing."""

    def send(
        *,
        encrypted: bool = True,
        age: int = 0,
        nonce: str = "n",
        changed: dict[str, str] | None = None,
        appid: str = APPID,
        **fields: Any,
    ) -> Any:
        values = {"ToUserName": "gh_1", "FromUserName": OPENID, "CreateTime": "1700000000"}
        xml = "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in (values | fields).items())
        body, stamp = f"<xml>{xml}</xml>", str(int(time.time()) - age)
        query = {
            "timestamp": stamp,
            "nonce": nonce,
            "signature": signature(TOKEN, stamp, nonce),
        }
        if encrypted:
            sealed = encrypt(KEY, body.encode(), appid)
            query |= {
                "encrypt_type": "aes",
                "msg_signature": signature(TOKEN, stamp, nonce, sealed),
            }
            body = f"<xml><Encrypt>{sealed}</Encrypt></xml>"
        return client.post(
            f"/hooks/wechat/{wechat_app.app_id}/",
            body,
            content_type="text/xml",
            QUERY_STRING="&".join(f"{k}={v}" for k, v in (query | (changed or {})).items()),
        )

    return send


@pytest.fixture
def twin(settings: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The double, with the account and a follower who has just written."""
    carry(monkeypatch, settings)
    STORE.put("account", APPID, secret="s" * 32, original="gh_1")
    STORE.put("follower", FOLLOWER, follows=True, heard_at=time.time(), answers=0)
    wechat_client._tokens.clear()
    uploads._ids.clear()
    yield
    wechat_client._tokens.clear()
    uploads._ids.clear()


@pytest.fixture
def send(wechat_app: App, twin: None) -> Send:
    """Send a payload to the follower."""

    def act(**payload: Any) -> Any:
        handler = WeChatHandler()
        message = OutMessage(uuid.uuid4(), OPENID, "wechatid", payload)
        return handler.send(account_of(wechat_app, handler), message)

    return act


def received() -> list[dict[str, Any]]:
    """Return what the follower sees."""
    return [data for _key, data in STORE.all("message", follower=FOLLOWER, out=False)]

"""A WeChat app, and pushes to it as WeChat's double makes them."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps import services
from imiconnect.apps.channel_types.wechat.crypto import encrypt, signature
from imiconnect.apps.models import App

APPID, OPENID = "wx0123456789abcdef", "oOpenId"
TOKEN, KEY = "T0ken", "B" * 42 + "A"


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

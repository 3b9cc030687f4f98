"""The page where a person makes an account at WeChat's double and plays its followers."""

from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps import hooks
from imiconnect.apps.channel_types.events import Event, Incoming
from imiconnect.apps.models import App
from imiconnect.sandbox.wechat.world import STORE
from tests.apps.over_django import SITE, carry
from tests.apps.wechat.conftest import APPID, KEY, TOKEN

PAGE = "/tools/sandbox/wechat/"


@pytest.mark.parametrize("mode", ["safe", "plain", "compatible"])
def test_a_follower_writes_to_an_account_whose_server_is_set(
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    admin: Member,
    wechat_app: App,
    taken: list[tuple[str, Event]],
    mode: str,
) -> None:
    carry(monkeypatch, settings)
    App.objects.update(config=wechat_app.config | {"mode": mode})
    STORE.put("account", APPID, secret="s" * 32, original="gh_1")
    browser = Client()
    browser.force_login(admin.user)
    server = {
        "act": "server",
        "appid": APPID,
        "url": f"{SITE}/hooks/wechat/{wechat_app.app_id}/",
        "token": TOKEN,
        "aes_key": KEY,
        "mode": mode,
    }
    assert "has answered" in browser.post(PAGE, server, follow=True).content.decode()
    browser.post(PAGE, {"act": "follow", "appid": APPID, "openid": "oCora"})
    say = {"act": "say", "appid": APPID, "openid": "oCora", "text": "Ni hao"}
    page = browser.post(PAGE, say, follow=True).content.decode()
    assert "Ni hao" in page
    hooks.work_through()
    events = [event for _app, event in taken if isinstance(event, Incoming)]
    assert [event.text for event in events] == ["Ni hao"]


def test_a_server_that_does_not_echo_is_not_saved(
    settings: Any, monkeypatch: pytest.MonkeyPatch, admin: Member, wechat_app: App
) -> None:
    carry(monkeypatch, settings)
    STORE.put("account", APPID, secret="s" * 32, original="gh_1")
    browser = Client()
    browser.force_login(admin.user)
    url = f"{SITE}/hooks/wechat/{wechat_app.app_id}/"
    server = {"act": "server", "appid": APPID, "url": url, "token": "wrong", "aes_key": KEY}
    page = browser.post(PAGE, server | {"mode": "safe"}, follow=True).content.decode()
    assert "nothing is saved" in page

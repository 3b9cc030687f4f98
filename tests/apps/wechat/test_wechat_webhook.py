"""What WeChat pushes: signed, encrypted, each once, and turned into events."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect.apps import hooks
from imiconnect.apps.channel_types.events import Event, Incoming, OptIn, OptOut, Postback
from imiconnect.apps.channel_types.wechat.crypto import signature
from imiconnect.apps.models import App, HookEvent
from imiconnect.rtm.models import OnboardingStep
from tests.apps.wechat.conftest import OPENID, TOKEN

Push = Callable[..., Any]
Taken = list[tuple[str, Event]]


def event_of(taken: Taken) -> Event:
    """Work the stored calls through; return the one event."""
    hooks.work_through()
    ((_app, event),) = taken
    return event


def test_the_check_of_the_server_settings_gets_its_echo(
    client: Client, wechat_app: App
) -> None:
    stamp = str(int(time.time()))
    query = {
        "signature": signature(TOKEN, stamp, "n"),
        "timestamp": stamp,
        "nonce": "n",
        "echostr": "4375120948345356249",
    }
    url = f"/hooks/wechat/{wechat_app.app_id}/"
    assert client.get(url, query).content == b"4375120948345356249"
    assert client.get(url, query | {"signature": "0" * 40}).status_code == 403


def test_a_text_is_answered_at_once_and_taken_in_the_background(
    push: Push, taken: Taken
) -> None:
    answer = push(MsgType="text", Content="hi", MsgId="17")
    assert (answer.status_code, answer.content) == (200, b"success")
    assert not taken
    event = event_of(taken)
    assert isinstance(event, Incoming)
    assert (event.address, event.text, event.provider_id) == (OPENID, "hi", "17")


@pytest.mark.parametrize(
    "changed",
    [{"msg_signature": "0" * 40}, {"nonce": "other"}, {"timestamp": str(int(time.time()) - 1)}],
)
def test_a_push_that_is_not_signed_is_refused(push: Push, changed: dict[str, str]) -> None:
    assert push(MsgType="text", Content="hi", changed=changed).status_code == 403
    assert not HookEvent.objects.exists()


def test_an_old_push_is_refused(push: Push) -> None:
    assert push(MsgType="text", Content="hi", age=600).status_code == 403


def test_a_plain_push_is_refused_in_safe_mode(push: Push) -> None:
    assert push(MsgType="text", Content="hi", encrypted=False).status_code == 403


@pytest.mark.parametrize("mode", ["plain", "compatible"])
def test_a_plain_push_is_taken_in_the_other_modes(
    push: Push, taken: Taken, wechat_app: App, mode: str
) -> None:
    App.objects.update(config=wechat_app.config | {"mode": mode})
    assert push(MsgType="text", Content="hi", MsgId="1", encrypted=False).status_code == 200
    assert isinstance(event_of(taken), Incoming)


def test_a_push_for_another_account_gives_no_event(push: Push, taken: Taken) -> None:
    push(MsgType="text", Content="hi", appid="wxffffffffffffffff")
    hooks.work_through()
    assert not taken
    assert "another account" in HookEvent.objects.get().problem


def test_a_document_type_gives_no_event(client: Client, wechat_app: App, taken: Taken) -> None:
    App.objects.update(config=wechat_app.config | {"mode": "plain"})
    stamp = str(int(time.time()))
    bomb = '<!DOCTYPE x [<!ENTITY a "b">]><xml><FromUserName>&a;</FromUserName></xml>'
    query = f"timestamp={stamp}&nonce=n&signature={signature(TOKEN, stamp, 'n')}"
    url = f"/hooks/wechat/{wechat_app.app_id}/"
    client.post(url, bomb, content_type="text/xml", QUERY_STRING=query)
    hooks.work_through()
    assert not taken


def test_a_follower_opts_in_and_one_who_leaves_opts_out(push: Push, taken: Taken) -> None:
    push(MsgType="event", Event="subscribe", EventKey="qrscene_shop")
    push(MsgType="event", Event="unsubscribe", EventKey="", CreateTime="1700000001")
    hooks.work_through()
    (_one, first), (_two, second) = taken
    assert isinstance(first, OptIn)
    assert first.ref == "shop"
    assert isinstance(second, OptOut)


def test_a_menu_item_is_a_postback(push: Push, taken: Taken) -> None:
    push(MsgType="event", Event="CLICK", EventKey="BALANCE")
    event = event_of(taken)
    assert isinstance(event, Postback)
    assert event.payload == "BALANCE"


def test_a_place_is_an_attachment(push: Push, taken: Taken) -> None:
    push(MsgType="location", Location_X="52.1", Location_Y="-1.5", Label="Here", MsgId="2")
    event = event_of(taken)
    assert isinstance(event, Incoming)
    assert (event.attachments[0].latitude, event.text) == (52.1, "Here")


def test_the_start_keyword_in_a_push_begins_on_boarding(push: Push, wechat_app: App) -> None:
    App.objects.update(config=wechat_app.config | {"sender_id": "NORTHWIND"})
    push(MsgType="text", Content="#start", MsgId="3")
    hooks.work_through()
    step = OnboardingStep.objects.get(app=wechat_app, address=OPENID)
    assert (step.stage, step.provider_id) == ("asked", "3")

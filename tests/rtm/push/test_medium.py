"""``deliverychannel: push``: from a request to the devices, with one outcome each."""

import asyncio
import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.apps.push.clients.fcm import FcmClient
from imiconnect.apps.push.clients.outcomes import Problem, PushError
from imiconnect.apps.push.services import credentials_of
from imiconnect.rtm.connect.registration import Profile, register_device, unregister_device
from imiconnect.rtm.directory import Customer
from imiconnect.rtm.lanes import PUSH
from imiconnect.rtm.models import Attempt, Callback, Companion, Device, Message, PushAddress
from imiconnect.rtm.processors import mt, retry
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.push import addresses, companion, sending
from tests.rtm.conftest import Client as Intake
from tests.rtm.push.conftest import BUNDLE, Served

pytestmark = pytest.mark.django_db(transaction=True)
Order = Callable[..., dict[str, Any]]
PUSH_BODY: dict[str, Any] = {
    "ios": {"text": "Paid", "title": "Bank", "extras": {"badge": 3, "sound": "ping"}},
    "android": {"text": "Paid", "title": "Bank", "extras": {"customtags": {"order": "7"}}},
    "web": {"text": "Paid", "title": "Bank", "url": "https://bank.example/7"},
}


def phone(app: App, platform: str, token: str, user: str = "u1", device: str = "d1") -> Device:
    """Register a phone with its token."""
    profile = Profile(platform=platform, push_id=token)
    return register_device(app=app, user_id=user, device_id=device, profile=profile).device


@pytest.fixture
def push(intake: Intake, order: Order) -> Callable[..., Message]:
    """Send a push as a customer's server does, have it processed, and return the message."""

    def send(destination: Any = None, extras: Any = None, **parts: Any) -> Message:
        ios = PUSH_BODY["ios"]
        said = PUSH_BODY | {"ios": ios | {"extras": ios["extras"] | (extras or {})}}
        body = order(
            deliverychannel="push",
            destination=destination or [{"userid": ["u1"]}],
            channels={"push": said},
            **parts,
        )
        answer = intake.post("/resources/v1/messaging", json=body)
        assert answer.status_code == 202, answer.text
        mt.process_due(lane=PUSH)
        return Message.objects.order_by("-id")[0]

    return send


def state_of(message: Message) -> State:
    return State(Message.objects.get(pk=message.pk).state)


def test_every_device_of_a_user_is_reached_with_one_outcome(
    pushed: App, apns: Served, fcm: Served, push: Callable[..., Message]
) -> None:
    iphone, pixel = apns.new_device(BUNDLE), fcm.new_device("bank-1")
    phone(pushed, "ios", iphone)
    phone(pushed, "android", pixel, device="d2")
    message = push(expiry=None)
    [note] = apns.received(iphone)
    assert note["payload"]["aps"] == {
        "alert": {"title": "Bank", "body": "Paid"},
        "badge": 3,
        "sound": "ping",
    }
    assert note["payload"]["tid"] == str(message.pk)
    assert note["headers"]["apns-id"] == str(message.pk)
    [sent] = fcm.received(pixel)
    assert sent["data"] == {"order": "7", "tid": str(message.pk), "appId": pushed.app_id}
    assert 3500 < int(sent["android"]["ttl"].rstrip("s")) <= 3600
    attempt = Attempt.objects.get(message_id=message.pk)
    assert (attempt.route, attempt.detail) == ("push", {"devices": 2, "taken": 2})
    assert state_of(message) is State.SUBMITTED
    assert Callback.objects.filter(message_id=message.pk, event="submitted").count() == 1


def test_an_iphone_is_reached_through_firebase(
    by_firebase: App, fcm: Served, push: Callable[..., Message]
) -> None:
    iphone = fcm.new_device("bank-1")
    phone(by_firebase, "ios", iphone)
    message = push(expiry=None)
    [sent] = fcm.received(iphone)
    assert sent["apns"]["payload"] == {
        "aps": {"alert": {"title": "Bank", "body": "Paid"}, "badge": 3, "sound": "ping"}
    }
    headers = sent["apns"]["headers"]
    left = int(headers["apns-expiration"]) - timezone.now().timestamp()
    assert headers["apns-priority"] == "10"
    assert 3500 < left <= 3600
    assert sent["data"] == {"tid": str(message.pk), "appId": by_firebase.app_id}
    assert "android" not in sent
    assert state_of(message) is State.SUBMITTED


def test_what_apns_would_refuse_firebase_refuses(fcm: Served, by_firebase: App) -> None:
    iphone = fcm.new_device("bank-1")
    part: dict[str, Any] = {"headers": {"apns-priority": "9"}, "payload": {"aps": {}}}
    account = credentials_of(by_firebase, "ios")
    client = FcmClient(base_url=fcm.url, token_url=f"{fcm.url}/token", credentials=account)

    async def send() -> None:
        try:
            await client.send({"token": iphone, "apns": part})
        finally:
            await client.aclose()

    with pytest.raises(PushError) as found:
        asyncio.run(send())
    assert found.value.problem is Problem.CONTENT


def test_an_iphone_that_firebase_no_longer_knows_is_quarantined(
    by_firebase: App, fcm: Served, push: Callable[..., Message]
) -> None:
    iphone = fcm.new_device("bank-1")
    fcm.behave(iphone, "dead")
    phone(by_firebase, "ios", iphone)
    message = push()
    assert (state_of(message), Message.objects.get().code) == (State.FAILED, 7203)
    row = PushAddress.objects.get(platform="ios")
    assert row.quarantined_at is not None
    assert row.reason == "gone: UNREGISTERED"


def test_a_browser_is_reached_without_profile_by_its_push_id(
    pushed: App, web: Served, push: Callable[..., Message]
) -> None:
    site = credentials_of(pushed, "web")
    subscribed = web.subscribe(web.url, site.public_key)
    kept = addresses.subscribe(app=pushed, subscription=subscribed)
    message = push([{"pushid": [str(kept.pk)]}])
    [note] = web.received(subscribed["endpoint"])
    shown = json.loads(note["text"])
    assert shown["notification"]["navigate"] == "https://bank.example/7"
    assert (shown["tid"], note["urgency"]) == (str(message.pk), "high")
    assert state_of(message) is State.SUBMITTED


def test_a_request_that_a_push_service_cannot_read_fails_and_keeps_the_subscription(
    pushed: App, web: Served, push: Callable[..., Message]
) -> None:
    site = credentials_of(pushed, "web")
    subscribed = web.subscribe(web.url, site.public_key)
    kept = addresses.subscribe(app=pushed, subscription=subscribed)
    web.behave(subscribed["endpoint"], "bad")
    message = push([{"pushid": [str(kept.pk)]}])
    assert (state_of(message), Message.objects.get().code) == (State.FAILED, 7004)
    kept.refresh_from_db()
    assert kept.quarantined_at is None


@pytest.mark.parametrize("kind", ["customerid", "deviceid", "ios_pushid"])
def test_each_way_to_name_a_destination_finds_the_phone(
    pushed: App, apns: Served, push: Callable[..., Message], kind: str
) -> None:
    token = apns.new_device(BUNDLE)
    device = phone(pushed, "ios", token)
    device.customer = Customer.objects.create(
        organization=pushed.organization, customer_id="crn-1"
    )
    device.save()
    named = {"customerid": "crn-1", "deviceid": "d1", "ios_pushid": token}[kind]
    message = push([{kind: [named]}])
    assert len(apns.received(token)) == 1
    told = json.loads(Callback.objects.get(message_id=message.pk).body)
    info = told["deliveryInfoNotification"]["deliveryInfo"]
    assert (info["destination"], info["destinationType"]) == (named, kind)


def test_one_device_that_takes_it_is_enough(
    pushed: App, apns: Served, fcm: Served, push: Callable[..., Message]
) -> None:
    dead, alive = apns.new_device(BUNDLE), fcm.new_device("bank-1")
    apns.behave(dead, "dead")
    phone(pushed, "ios", dead)
    phone(pushed, "android", alive, device="d2")
    assert state_of(push()) is State.SUBMITTED
    row = PushAddress.objects.get(platform="ios")
    assert row.quarantined_at is not None
    assert row.reason == "gone: Unregistered"


def test_a_dead_token_fails_is_not_tried_again_and_is_deleted_after_a_week(
    pushed: App, apns: Served, push: Callable[..., Message]
) -> None:
    token = apns.new_device(BUNDLE)
    apns.behave(token, "dead")
    phone(pushed, "ios", token)
    first, second = push(), push()
    assert state_of(first) is State.FAILED
    assert Message.objects.get(pk=first.pk).code == 7203
    assert Message.objects.get(pk=second.pk).code == 7105
    now = timezone.now()
    assert addresses.delete_dead(now + dt.timedelta(days=6)) == 0
    assert addresses.delete_dead(now + dt.timedelta(days=8)) == 1


def test_a_token_that_registers_again_is_alive_again(
    pushed: App, apns: Served, push: Callable[..., Message]
) -> None:
    token = apns.new_device(BUNDLE)
    apns.behave(token, "dead")
    phone(pushed, "ios", token)
    push()
    apns.behave(token, "alive")
    phone(pushed, "ios", token)
    assert state_of(push()) is State.SUBMITTED


def test_a_throttled_push_waits_as_long_as_the_service_asks(
    pushed: App, fcm: Served, push: Callable[..., Message]
) -> None:
    token = fcm.new_device("bank-1")
    fcm.behave(token, "throttled")
    phone(pushed, "android", token)
    message = push()
    assert state_of(message) is State.QUEUED
    fcm.behave(token, "alive")
    now = timezone.now()
    assert mt.process_due(lane=PUSH, now=now + dt.timedelta(seconds=15)) == 0
    assert mt.process_due(lane=PUSH, now=now + dt.timedelta(seconds=25)) == 1
    assert state_of(message) is State.SUBMITTED


def test_wrong_credentials_fail_the_message_and_keep_the_token(
    pushed: App, apns: Served, push: Callable[..., Message]
) -> None:
    token = apns.new_device(BUNDLE)
    phone(pushed, "ios", token)
    key_id = credentials_of(pushed, "ios").key_id
    apns.memory.put("key", key_id, **{**apns.memory.get("key", key_id), "team": "OTHERTEAM1"})
    message = push()
    assert state_of(message) is State.FAILED
    assert "credentials" in Message.objects.get(pk=message.pk).reason
    assert PushAddress.objects.get().quarantined_at is None


def test_an_unregistered_device_gets_nothing(
    pushed: App, apns: Served, push: Callable[..., Message]
) -> None:
    token = apns.new_device(BUNDLE)
    unregister_device(device=phone(pushed, "ios", token))
    assert Message.objects.get(pk=push().pk).code == 7105
    assert apns.received(token) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({}, "7003"),
        ({"ios": {}}, "7003"),
        ({"web": {"text": "x", "url": "javascript:alert(1)"}}, "7004"),
        ({"android": {"text": "x", "priority": 9}}, "7004"),
        ({"android": {"text": "x", "extras": {"time_to_live": -1}}}, "7004"),
        ({"ios": "x"}, "7004"),
    ],
)
def test_wrong_content_is_refused(
    pushed: App, intake: Intake, order: Order, content: dict[str, Any], code: str
) -> None:
    body = order(deliverychannel="push", channels={"push": content})
    answer = intake.post("/resources/v1/messaging", json=body)
    assert answer.json()["response"][0]["code"] == code


def companion_order(order: Order) -> dict[str, Any]:
    content = {"message": {"text": "Hello"}, "notification": {"title": "Bank", "text": "News"}}
    return order(channels={"rt": content})


def test_an_in_app_message_has_a_companion_when_nobody_is_connected(
    pushed: App, apns: Served, intake: Intake, order: Order
) -> None:
    token = apns.new_device(BUNDLE)
    phone(pushed, "ios", token)
    intake.post("/resources/v1/messaging", json=companion_order(order))
    mt.process_due()
    message = Message.objects.get()
    assert companion.process_due() == 1
    [note] = apns.received(token)
    assert note["payload"]["aps"]["alert"] == {"title": "Bank", "body": "News"}
    assert state_of(message) is State.SUBMITTED
    routes = list(Attempt.objects.order_by("id").values_list("route", flat=True))
    assert (message.tried_at is not None, routes) == (True, ["push"])
    assert not Companion.objects.exists()
    assert companion.process_due() == 0


def test_a_connected_user_gets_no_companion(
    pushed: App, apns: Served, intake: Intake, order: Order
) -> None:
    token = apns.new_device(BUNDLE)
    device = phone(pushed, "ios", token)
    Device.objects.filter(pk=device.pk).update(is_connected=True)
    intake.post("/resources/v1/messaging", json=companion_order(order))
    mt.process_due()
    assert companion.process_due() == 0
    assert apns.received(token) == []


def test_a_companion_is_not_needed_once_the_user_has_connected(
    pushed: App, apns: Served, intake: Intake, order: Order
) -> None:
    token = apns.new_device(BUNDLE)
    device = phone(pushed, "ios", token)
    intake.post("/resources/v1/messaging", json=companion_order(order))
    mt.process_due()
    Device.objects.filter(pk=device.pk).update(is_connected=True)
    assert companion.process_due() == 1
    assert apns.received(token) == []
    assert not Companion.objects.exists()


def test_a_message_that_is_published_again_has_had_its_notification(
    pushed: App, apns: Served, intake: Intake, order: Order
) -> None:
    token = apns.new_device(BUNDLE)
    phone(pushed, "ios", token)
    intake.post("/resources/v1/messaging", json=companion_order(order))
    mt.process_due()
    assert companion.process_due() == 1
    # A device has come, and has gone before the message is published to it.
    retry.schedule_wake(pushed.pk, "u1")
    retry.process_due(now=timezone.now() + dt.timedelta(seconds=30))
    assert mt.process_due(now=timezone.now() + dt.timedelta(seconds=30)) == 1
    assert companion.process_due() == 0
    assert len(apns.received(token)) == 1


def test_a_companion_that_had_no_place_in_its_batch_has_not_been_tried(
    pushed: App,
    apns: Served,
    intake: Intake,
    order: Order,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = apns.new_device(BUNDLE)
    phone(pushed, "ios", token)
    intake.post("/resources/v1/messaging", json=companion_order(order))
    mt.process_due()
    with monkeypatch.context() as changed:
        changed.setattr(sending, "BEGIN_SECONDS", -1)
        assert companion.process_due() == 1
    assert Companion.objects.get().attempts == 0
    assert not Attempt.objects.filter(route="push").exists()
    assert companion.process_due(now=timezone.now() + dt.timedelta(seconds=2)) == 1
    assert len(apns.received(token)) == 1


def test_a_companion_waits_for_a_push_service_that_is_down(
    pushed: App, apns: Served, intake: Intake, order: Order
) -> None:
    token = apns.new_device(BUNDLE)
    phone(pushed, "ios", token)
    apns.behave(token, "down")
    intake.post("/resources/v1/messaging", json=companion_order(order))
    mt.process_due()
    companion.process_due()
    apns.behave(token, "alive")
    companion.process_due(now=timezone.now() + dt.timedelta(seconds=90))
    assert len(apns.received(token)) == 1
    assert not Companion.objects.exists()

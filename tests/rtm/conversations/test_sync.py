"""Devices of a user, and of a topic's subscribers, hear of what the others do."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy, as_stored
from imiconnect.identity import uuid7
from imiconnect.rtm import threads, topics
from imiconnect.rtm.connect.registration import Profile, register_device
from imiconnect.rtm.events import synced
from imiconnect.rtm.models import Device, Message, Thread, UserEvent
from imiconnect.rtm.processors import dr, events, fanout, mo, mt, retry
from imiconnect.sharing.models import Service
from tests.rtm.conftest import CLIENT_KEY
from tests.rtm.pages.conftest import log_message
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., dict[str, Any]]
Words = list[tuple[str, str]]


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Ask anew which apps sync their devices."""
    synced.forget()


@pytest.fixture
def synced_app(rtm_app: App) -> App:
    """The app, which syncs the devices of a user."""
    rtm_app.policy = rtm_app.policy | {"device_sync": True}
    rtm_app.save()
    return rtm_app


def call(intake: Any, action: str, user: str, **body: Any) -> Any:
    headers = {"secretKey": CLIENT_KEY}
    url = f"/rtmsAPI/api/v3/NB12345678/{action}"
    client_id = {"clientId": f"NB12345678/{user}/d1"}
    return intake.post(url, json=client_id | body, headers=headers).json()


def told() -> Words:
    rows = UserEvent.objects.order_by("id").values_list("address", "body")
    return [(address, body["payload_type"]) for address, body in rows]


def test_own_messages_and_reading_are_told_where_the_app_says_so(
    synced_app: App, service: Service, intake: Any, send: Any, device: Device
) -> None:
    message = send()
    call(intake, "mo", "u1", message="Hi")
    call(intake, "deliveryupdate", "u1", status=3, tids=[str(message.pk)])
    mo.process_due()
    dr.process_due()
    assert told() == [("u1", "sentByUser"), ("u1", "messageRead")]
    threads.delete_message(app=synced_app, user_id="u1", tid=message.pk, device_id="d1")
    assert told()[-1] == ("u1", "messageDeleted")


def test_nothing_is_told_where_the_app_does_not(
    rtm_app: App, service: Service, intake: Any, send: Any, device: Device
) -> None:
    message = send()
    call(intake, "mo", "u1", message="Hi")
    call(intake, "deliveryupdate", "u1", status=3, tids=[str(message.pk)])
    mo.process_due()
    dr.process_due()
    threads.delete_message(app=rtm_app, user_id="u1", tid=message.pk)
    assert told() == []


def test_events_are_published_once(
    synced_app: App, service: Service, intake: Any, device: Device, subscriber: Any
) -> None:
    inbox = subscriber("NB12345678/u1")
    tid = call(intake, "mo", "u1", message="Hi")["tid"]
    mo.process_due()
    assert events.process_due() == 1
    got = inbox.get(timeout=PATIENCE)
    assert (got["payload_type"], got["tid"], got["outgoing"]) == ("sentByUser", tid, True)
    assert (got["message"], got["deviceId"]) == ("Hi", "d1")
    assert events.process_due() == 0


def test_a_device_that_comes_later_hears_of_what_it_has_missed(
    synced_app: App, service: Service, device: Device
) -> None:
    now = timezone.now()
    for minutes in (30, 10):
        at = now - dt.timedelta(minutes=minutes)
        UserEvent.objects.create(
            app=synced_app, address="u1", body={}, created_at=at, due_at=None
        )
    Device.objects.create(
        app=synced_app, user_id="u1", device_id="d2", is_connected=True, last_seen_at=now,
        away_since=now - dt.timedelta(minutes=20), session_epoch=now.timestamp() * 1_000_000,
    )  # fmt: skip
    retry.schedule_wake(synced_app.pk, "u1", now=now)
    retry.process_due(now=now + dt.timedelta(minutes=1))
    due = UserEvent.objects.exclude(due_at=None)
    assert [row.created_at for row in due] == [now - dt.timedelta(minutes=10)]


def test_the_others_of_a_topic_hear_who_has_read(
    rtm_app: App, service: Service, intake: Any, order: Make, device: Device
) -> None:
    topic = topics.create_topic(app=rtm_app, name="news")
    topics.subscribe(topic=topic, user_ids=["u1", "u2", "u3"])
    intake.post("/resources/v1/messaging", json=order(destination=[{"topic": ["news"]}]))
    fanout.process_due()
    mt.process_due()
    mine = Message.objects.get(address="u1")
    call(intake, "deliveryupdate", "u1", status=3, tids=[str(mine.pk)])
    dr.process_due()
    assert sorted(told()) == [
        ("u2", "messageDelivered"), ("u2", "messageRead"),
        ("u3", "messageDelivered"), ("u3", "messageRead"),
    ]  # fmt: skip
    body = UserEvent.objects.filter(body__payload_type="messageRead")[0].body
    assert (body["senderId"], body["groupTid"]) == ("u1", mine.payload["groupTid"])


def test_closing_and_opening_a_thread_is_told(rtm_app: App, service: Service) -> None:
    thread = Thread.objects.create(app=rtm_app, user_id="u1")
    for status in ("Closed", "Active"):
        threads.update_thread(thread=thread, status=status)
    threads.update_thread(thread=thread, title="Order 17")
    assert [word for _user, word in told()] == ["closeThread", "reopenThread", "updateThread"]


def test_typing_is_told_at_once_and_not_kept(
    rtm_app: App, service: Service, subscriber: Any, client: Any, device: Device
) -> None:
    topic = topics.create_topic(app=rtm_app, name="news")
    topics.subscribe(topic=topic, user_ids=["u1", "u2"])
    thread = Thread.objects.create(app=rtm_app, topic=topic)
    inbox = subscriber("NB12345678/u2")
    body = {
        "clientId": "NB12345678/u1/d1", "thread": {"id": str(thread.pk)}, "state": "start",
    }  # fmt: skip
    url = "/rtmsAPI/api/v3/NB12345678/typing"
    answer = client.post(
        url, body, content_type="application/json", headers={"secretKey": CLIENT_KEY}
    )
    assert answer.json()["code"] == "0"
    got = inbox.get(timeout=PATIENCE)
    assert (got["payload_type"], got["senderId"]) == ("typingStart", "u1")
    assert told() == []


def policy(app: App, **fields: Any) -> None:
    app.policy = as_stored(Policy(profile_required=False, **fields))
    app.save()


def registered(app: App, user: str, device: str, platform: str = "android") -> None:
    register_device(app=app, user_id=user, device_id=device, profile=Profile(platform=platform))


def now_registered() -> set[tuple[str, str]]:
    rows = Device.objects.filter(unregistered_at=None)
    return set(rows.values_list("user_id", "device_id"))


def test_a_single_device_per_user_ends_the_others(rtm_app: App) -> None:
    policy(rtm_app, single_device_per_user=True)
    registered(rtm_app, "ana", "phone")
    registered(rtm_app, "ana", "tablet")
    assert now_registered() == {("ana", "tablet")}


def test_a_phone_is_one_users_unless_several_may_have_it(rtm_app: App) -> None:
    policy(rtm_app)
    registered(rtm_app, "ana", "phone")
    registered(rtm_app, "ben", "phone")
    assert now_registered() == {("ben", "phone")}
    policy(rtm_app, multi_user_per_device=True)
    registered(rtm_app, "cleo", "phone")
    assert now_registered() == {("ben", "phone"), ("cleo", "phone")}
    assert Device.objects.get(user_id="ben").access_token_digest is None


@pytest.mark.parametrize(("inbox", "hours"), [(False, 24), (True, 48)])
def test_without_an_inbox_nothing_waits_beyond_a_day(
    rtm_app: App, service: Service, send: Any, inbox: bool, hours: int
) -> None:
    rtm_app.policy = rtm_app.policy | {"server_inbox": inbox, "expiry_seconds": 48 * 3600}
    rtm_app.save()
    message = send()
    assert message.expires_at - message.created_at == dt.timedelta(hours=hours)


def test_without_an_inbox_there_is_no_history(
    rtm_app: App, service: Service, client: Any, device: Device
) -> None:
    rtm_app.policy = rtm_app.policy | {"server_inbox": False}
    rtm_app.save()
    thread = Thread.objects.create(app=rtm_app, user_id="u1")
    base = "/rtmsAPI/api/v3/apps/NB12345678/user/u1"
    headers = {"secretKey": CLIENT_KEY}
    for path in (f"threads/{thread.pk}/messages", "unreadthreads"):
        assert client.get(f"{base}/{path}", headers=headers).json()["code"] == "67"
    rtm_app.policy = rtm_app.policy | {"server_inbox": True}
    rtm_app.save()
    answer = client.get(f"{base}/unreadthreads", headers=headers).json()
    assert (answer["code"], answer["unread_thread_count"]) == ("0", 0)


def test_deleting_is_told_once_and_only_of_a_message_that_is_there(
    rtm_app: App, service: Service
) -> None:
    policy(rtm_app, device_sync=True)
    tid = log_message(service, rtm_app, address="u1").pk
    assert not threads.delete_message(app=rtm_app, user_id="u1", tid=uuid7())
    assert not threads.delete_message(app=rtm_app, user_id="u2", tid=tid)
    assert told() == []
    assert threads.delete_message(app=rtm_app, user_id="u1", tid=tid)
    assert threads.delete_message(app=rtm_app, user_id="u1", tid=tid)
    assert told() == [("u1", "messageDeleted")]

"""A message reaches every device of its user, also one that comes after the first receipt."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.apps.policy import DAY_SECONDS
from imiconnect.rtm import threads, topics
from imiconnect.rtm.connect.registration import Profile, register_device, set_user_id
from imiconnect.rtm.connect.registration import unregister_device as unregister
from imiconnect.rtm.journey import journey_of
from imiconnect.rtm.models import Callback, Device, Message, OpenMessage, OwedMessage
from imiconnect.rtm.processors import dr, fanout, mt, owed, retry
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing.models import Service
from tests.rtm.conftest import CLIENT_KEY
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

Confirm = Callable[..., None]


@pytest.fixture
def tablet(rtm_app: App, device: Device) -> Device:
    """The device ``d2`` of the user ``u1``, who has ``d1`` too; it is away."""
    return Device.objects.create(app=rtm_app, user_id="u1", device_id="d2")


@pytest.fixture
def confirm(intake: Any) -> Confirm:
    """Return a function by which a device confirms messages, and the receipts are applied."""

    def say(device_id: str, *tids: Any, user: str = "u1", status: int = 2) -> None:
        body = {
            "clientId": f"NB12345678/{user}/{device_id}", "status": status,
            "tids": [str(tid) for tid in tids],
        }  # fmt: skip
        url = "/rtmsAPI/api/v3/NB12345678/deliveryupdate"
        assert intake.post(url, json=body, headers={"secretKey": CLIENT_KEY}).json()
        assert dr.process_due()

    return say


def comes(device: Device, now: dt.datetime | None = None) -> None:
    """Let a device connect, and its wake-ups happen."""
    now = now or timezone.now()
    epoch = int(now.timestamp() * 1_000_000)
    Device.objects.filter(pk=device.pk).update(is_connected=True, session_epoch=epoch)
    retry.schedule_wake(device.app_id, device.user_id, now=now)
    retry.process_due(now=now + dt.timedelta(minutes=1))


def published() -> int:
    """Publish what is due once the wake-ups of ``comes`` have happened."""
    return owed.process_due(now=timezone.now() + dt.timedelta(minutes=2))


def test_a_user_of_one_device_has_nothing_that_waits(
    send: Any, device: Device, confirm: Confirm
) -> None:
    message = send()
    mt.process_due()
    confirm("d1", message.pk)
    assert not OwedMessage.objects.exists()


@pytest.mark.parametrize("inbox", [True, False])
def test_a_device_that_comes_later_gets_what_another_has_confirmed(
    rtm_app: App, send: Any, tablet: Device, confirm: Confirm, subscriber: Any, inbox: bool
) -> None:
    rtm_app.policy = rtm_app.policy | {"server_inbox": inbox}
    rtm_app.save()
    message = send()
    mt.process_due()
    confirm("d1", message.pk)
    first = Message.objects.get()
    inbox_of_user = subscriber("NB12345678/u1")
    comes(tablet)
    assert published() == 1
    got = inbox_of_user.get(timeout=PATIENCE)
    assert (got["tid"], got["deviceId"]) == (str(message.pk), "d2")
    assert (got["message"], got["thread"]["id"]) == ("Hello", str(message.thread_id))
    confirm("d2", message.pk)
    assert not OwedMessage.objects.exists()
    again = Message.objects.get()
    assert (again.state, again.device_id) == (State.DELIVERED, "d1")
    assert again.delivered_at == first.delivered_at
    assert not OpenMessage.objects.exists()
    told = Callback.objects.order_by("id").values_list("event", flat=True)
    assert list(told) == ["submitted", "delivered"]


def test_devices_that_are_there_together_are_done_with_their_own_receipts(
    send: Any, tablet: Device, confirm: Confirm
) -> None:
    message = send()
    mt.process_due()
    confirm("d1", message.pk)
    assert [row.device_id for row in OwedMessage.objects.all()] == [tablet.pk]
    waits = [event for event in journey_of(Message.objects.get()).events if event.expected]
    assert [event.facts[0][1] for event in waits if event.key.startswith("owed")] == ["d2"]
    confirm("d2", message.pk, status=3)
    assert not OwedMessage.objects.exists()
    assert Message.objects.get().state == State.READ


def test_what_is_confirmed_by_two_devices_at_once_waits_for_neither(
    send: Any, tablet: Device, intake: Any, confirm: Confirm
) -> None:
    message = send()
    mt.process_due()
    url, headers = "/rtmsAPI/api/v3/NB12345678/deliveryupdate", {"secretKey": CLIENT_KEY}
    body = {"clientId": "NB12345678/u1/d1", "status": 2, "tids": [str(message.pk)]}
    intake.post(url, json=body, headers=headers)
    confirm("d2", message.pk)
    assert not OwedMessage.objects.exists()


def test_what_has_expired_meanwhile_is_not_sent(
    send: Any, tablet: Device, confirm: Confirm
) -> None:
    message = send()
    mt.process_due()
    confirm("d1", message.pk)
    later = message.expires_at + dt.timedelta(seconds=1)
    comes(tablet, now=later)
    owed.process_due(now=later + dt.timedelta(minutes=1))
    assert not OwedMessage.objects.exists(), "sent it would wait for its receipt"


def test_without_an_inbox_it_waits_for_a_day_at_most(
    rtm_app: App, send: Any, tablet: Device, confirm: Confirm
) -> None:
    rtm_app.policy = rtm_app.policy | {
        "server_inbox": False, "expiry_seconds": 5 * DAY_SECONDS,
    }  # fmt: skip
    rtm_app.save()
    message = send()
    mt.process_due()
    confirm("d1", message.pk)
    waits = OwedMessage.objects.get().expires_at - message.created_at
    assert waits == dt.timedelta(days=1)


def test_what_the_user_has_deleted_meanwhile_is_not_sent(
    rtm_app: App, send: Any, tablet: Device, confirm: Confirm
) -> None:
    message = send()
    mt.process_due()
    confirm("d1", message.pk)
    threads.delete_message(app=rtm_app, user_id="u1", tid=message.pk, device_id="d1")
    comes(tablet)
    published()
    assert not OwedMessage.objects.exists()


def test_what_is_for_one_device_waits_for_no_other(
    send: Any, tablet: Device, confirm: Confirm
) -> None:
    message = send(destination=[{"deviceid": ["d1"]}])
    mt.process_due()
    confirm("d1", message.pk)
    assert Message.objects.get().state == State.DELIVERED
    assert not OwedMessage.objects.exists()


def test_a_device_that_registers_later_is_owed_nothing_of_before(
    rtm_app: App, send: Any, device: Device, confirm: Confirm
) -> None:
    message = send()
    mt.process_due()
    confirm("d1", message.pk)
    register_device(app=rtm_app, user_id="u1", device_id="d2", profile=Profile())
    assert not OwedMessage.objects.exists()


@pytest.mark.parametrize("leaves", ["unregistered", "given away"])
def test_a_device_that_leaves_its_user_gets_nothing_more(
    send: Any, tablet: Device, confirm: Confirm, leaves: str
) -> None:
    message = send()
    mt.process_due()
    confirm("d1", message.pk)
    if leaves == "unregistered":
        unregister(device=tablet)
    else:
        set_user_id(device=tablet, user_id="u2")
    assert not OwedMessage.objects.exists()
    message = send()
    mt.process_due()
    confirm("d1", message.pk)
    assert not OwedMessage.objects.exists()


def test_with_one_device_per_user_nothing_waits_for_the_one_before(
    rtm_app: App, send: Any, tablet: Device, confirm: Confirm
) -> None:
    rtm_app.policy = rtm_app.policy | {"single_device_per_user": True}
    rtm_app.save()
    message = send()
    mt.process_due()
    confirm("d1", message.pk)
    assert OwedMessage.objects.exists()
    register_device(app=rtm_app, user_id="u1", device_id="d3", profile=Profile())
    assert not OwedMessage.objects.exists()


def test_a_user_who_takes_a_shared_phone_again_gets_what_was_missed(
    rtm_app: App, send: Any, device: Device, confirm: Confirm
) -> None:
    rtm_app.policy = rtm_app.policy | {"multi_user_per_device": True}
    rtm_app.save()
    android = Profile(platform="android")
    phone = register_device(app=rtm_app, user_id="u1", device_id="d2", profile=android).device
    register_device(app=rtm_app, user_id="u2", device_id="d2", profile=android)
    message = send()
    mt.process_due()
    confirm("d1", message.pk)
    register_device(app=rtm_app, user_id="u1", device_id="d2", profile=android)
    comes(phone)
    published()
    row = OwedMessage.objects.get()
    assert (row.device_id, row.sent) == (phone.pk, 1)


def test_all_devices_of_a_topics_subscribers_get_what_is_sent_to_it(
    rtm_app: App, service: Service, intake: Any, order: Any, tablet: Device, confirm: Confirm
) -> None:
    topic = topics.create_topic(app=rtm_app, name="news")
    topics.subscribe(topic=topic, user_ids=["u1", "u2"])
    intake.post("/resources/v1/messaging", json=order(destination=[{"topic": ["news"]}]))
    fanout.process_due()
    mt.process_due()
    mine = Message.objects.get(address="u1")
    confirm("d1", mine.pk)
    comes(tablet)
    published()
    row = OwedMessage.objects.get()
    assert (row.message_id, row.device_id, row.sent) == (mine.pk, tablet.pk, 1)


def test_of_very_many_devices_those_seen_last_wait(
    rtm_app: App, send: Any, device: Device, confirm: Confirm
) -> None:
    now, most = timezone.now(), owed.MOST_DEVICES
    others = [
        Device(
            app=rtm_app,
            user_id="u1",
            device_id=f"x{number}",
            last_seen_at=now - dt.timedelta(minutes=number),
        )
        for number in range(most + 2)
    ]
    Device.objects.bulk_create(others)
    message = send()
    mt.process_due()
    confirm("d1", message.pk)
    kept = set(OwedMessage.objects.values_list("device_id", flat=True))
    assert kept == {row.pk for row in others[:most]}


def test_a_device_that_never_confirms_is_left_in_peace(
    send: Any, tablet: Device, confirm: Confirm
) -> None:
    message = send()
    mt.process_due()
    confirm("d1", message.pk)
    now = timezone.now()
    for number in range(owed.MOST_TIMES):
        assert OwedMessage.objects.get().sent == number
        comes(tablet, now=now)
        assert owed.process_due(now=now + dt.timedelta(minutes=1)) == 1
    assert not OwedMessage.objects.exists()


def test_what_the_broker_does_not_take_is_sent_again(
    send: Any, tablet: Device, confirm: Confirm, settings: Any
) -> None:
    message = send()
    mt.process_due()
    confirm("d1", message.pk)
    now = timezone.now()
    comes(tablet, now=now)
    url, settings.RTM_BROKER_URL = settings.RTM_BROKER_URL, "mqtt://127.0.0.1:1"
    owed.link.close()
    owed.process_due(now=now + dt.timedelta(minutes=1))
    settings.RTM_BROKER_URL = url
    row = OwedMessage.objects.get()
    assert (row.sent, row.due_at is None) == (0, False)
    assert owed.process_due(now=now + dt.timedelta(minutes=2)) == 1
    assert OwedMessage.objects.get().sent == 1

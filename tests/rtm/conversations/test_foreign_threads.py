"""What devices say to threads where they may not write changes nothing there."""

import datetime as dt
import json
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.accounts.models import Organization
from imiconnect.apps.models import App
from imiconnect.rtm.models import Device, Message, Thread, Topic
from imiconnect.rtm.processors import mo
from imiconnect.rtm.protocol.topics import uplink
from imiconnect.rtm.topics import subscribe
from imiconnect.rtm.uplink.inbox import Inbox
from imiconnect.sharing.models import Service

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = timezone.now() - dt.timedelta(days=3)


@pytest.fixture
def mallory(rtm_app: App, service: Service) -> Device:
    """A device that names threads of others."""
    return Device.objects.create(app=rtm_app, user_id="mallory", device_id="d")


def closed(app: App, **place: Any) -> Thread:
    """Make a thread that was closed days ago."""
    row: Thread = Thread.objects.create(app=app, status="Closed", updated_at=LONG_AGO, **place)
    return row


def say(device: Device, thread: Thread) -> Message:
    """Publish a message to a thread, as over MQTT, and return what the log has."""
    body = {"op": "mo", "message": "Let me in", "thread": {"id": str(thread.pk)}}
    topic = uplink(device.app.app_id, device.user_id, device.device_id)
    Inbox().write([(topic, json.dumps(body).encode())])
    assert mo.process_due() == 1
    return Message.objects.get()


def is_as_before(thread: Thread) -> bool:
    thread.refresh_from_db()
    return (thread.status, thread.updated_at, thread.waits_since) == ("Closed", LONG_AGO, None)


def test_the_thread_of_another_user_stays_closed(rtm_app: App, mallory: Device) -> None:
    thread = closed(rtm_app, user_id="jane")
    said = say(mallory, thread)
    assert is_as_before(thread)
    assert said.thread_id not in (None, thread.pk), "it is in the writer's own"


def test_a_thread_of_another_organization_stays_closed(
    mallory: Device, other_organization: Organization
) -> None:
    foreign = App.objects.create(
        organization=other_organization, app_id="NB87654321", name="Shop",
        channel_type="mobile_web",
    )  # fmt: skip
    thread = closed(foreign, user_id="mallory")
    say(mallory, thread)
    assert is_as_before(thread)


@pytest.mark.parametrize(("access", "subscribed"), [("ReadWrite", False), ("Read", True)])
def test_the_thread_of_a_topic_stays_closed_for_who_may_not_write_there(
    rtm_app: App, mallory: Device, news: Topic, access: str, subscribed: bool
) -> None:
    Topic.objects.update(access=access)
    subscribe(topic=news, user_ids=["mallory"] if subscribed else [])
    thread = closed(rtm_app, topic=news)
    assert say(mallory, thread).code == 7004
    assert is_as_before(thread)


def test_who_may_write_opens_it_again(rtm_app: App, mallory: Device, news: Topic) -> None:
    subscribe(topic=news, user_ids=["mallory"])
    thread = closed(rtm_app, topic=news)
    assert say(mallory, thread).thread_id == thread.pk
    thread.refresh_from_db()
    assert thread.status == "Active"
    assert thread.updated_at > LONG_AGO

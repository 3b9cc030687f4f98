"""What the gateway answers about apps and services."""

from typing import Any

import pytest
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm import bindings, tasks
from imiconnect.rtm.models import Callback, Device, Message
from imiconnect.sharing import services as sharing

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(admin: Member) -> App:
    config = {"platform": "web", "systems": ["chrome"]}
    return apps.create_app(member=admin, name="Shop", channel_type="mobile_web", config=config)


def test_health_counts_devices_and_knows_the_last_messages(app: App) -> None:
    Device.objects.create(app=app, user_id="alice", device_id="1", is_connected=True)
    Device.objects.create(app=app, user_id="bob", device_id="2")
    now = timezone.now()
    values = {"organization": app.organization, "app": app, "channel": "rt"}
    Message.objects.create(
        transid=app.pk,
        address="alice",
        created_at=now,
        direction=Message.Direction.MO,
        **values,
    )
    health = bindings.health_of(app)
    assert (health.connected_devices, health.registered_devices) == (1, 2)
    assert (health.last_received_at, health.last_sent_at) == (now, None)


def test_an_app_with_devices_or_messages_is_kept(app: App) -> None:
    Device.objects.create(app=app, user_id="alice", device_id="1")
    Message.objects.create(
        organization=app.organization,
        app=app,
        channel="rt",
        transid=app.pk,
        address="alice",
        created_at=timezone.now(),
    )
    with pytest.raises(apps.Blocked) as caught:
        apps.delete_app(app=app)
    assert len(caught.value.blockers) == 2
    assert App.objects.filter(pk=app.pk).exists()


def test_a_service_with_pending_callbacks_is_kept(admin: Member) -> None:
    service = sharing.create_service(member=admin, name="Alerts")
    Callback.objects.create(
        organization=service.organization,
        service=service,
        kind=Callback.Kind.DR,
        event="delivered",
        url="https://example.com/",
        body="{}",
    )
    with pytest.raises(sharing.Blocked, match="callbacks"):
        sharing.delete_service(service=service)


def test_a_new_policy_is_announced_after_the_commit(
    app: App, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(
        bindings.celery, "send_task", lambda name, args, **_: sent.append((name, args))
    )
    with django_capture_on_commit_callbacks(execute=True):
        apps.set_policy(app=app, policy=apps.Policy(retry_count=1))
        assert not sent
    assert sent == [("rtm.publish_policy", [app.app_id, ["chrome", "web"]])]


def test_the_announcement_reaches_devices_on_every_system(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, bytes]] = []

    def publish(_link: Any, batch: list[tuple[str, bytes]]) -> list[bool]:
        told.extend(batch)
        return [True] * len(batch)

    monkeypatch.setattr(type(tasks.link), "publish", publish)
    for platform in ("tizen os", "tizen os", "no#topic", ""):
        Device.objects.create(
            app=app, user_id="alice", device_id=str(uuid7()), platform=platform,
            is_connected=True,
        )  # fmt: skip
    reached = tasks.publish_policy(app.app_id, ["chrome", "web"])
    names = {topic.removeprefix(f"{app.app_id}/Updates/") for topic, _ in told}
    assert {"chrome", "web", "edge", "linux", "android", "tizen%20os"} <= names
    assert reached == len(told) == len(names)
    assert not names & {"no#topic", ""}

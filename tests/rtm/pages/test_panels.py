"""What the gateway shows on the dashboard."""

import datetime as dt
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App, AppHealth
from imiconnect.identity import first_uuid7_at
from imiconnect.rtm.figures import counts_of_today, midnight
from imiconnect.rtm.models import Callback, Device, MessageBatch, OpenMessage
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing import services as sharing
from imiconnect.sharing.models import Service


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


def test_figures_of_today_lead_to_the_filtered_log(
    service: Service, app: App, make_message: Any, viewer: Member, client_of: Any
) -> None:
    for _ in range(3):
        make_message(service, app, state=State.READ)
    make_message(service, app, state=State.FAILED)
    client = client_of(viewer)
    page = client.get("/").content.decode()
    url = f"/messages/?state=3&amp;since={midnight(timezone.now()):%Y-%m-%dT%H%%3A%M}"
    assert url in page
    assert len(client.get(url.replace("&amp;", "&")).context["rows"]) == 3


def test_every_hour_of_today_counts_and_yesterday_does_not(
    service: Service, app: App, make_message: Any, viewer: Member
) -> None:
    now = midnight(timezone.now()) + dt.timedelta(hours=9, minutes=30)
    for moment in (now, now - dt.timedelta(hours=2), now - dt.timedelta(hours=10)):
        make_message(service, app, id=first_uuid7_at(moment), created_at=moment)
    assert counts_of_today(viewer, now).counts[("rt", int(State.QUEUED))] == 2


def test_earlier_hours_are_counted_once_a_while(
    service: Service, app: App, make_message: Any, viewer: Member,
    django_assert_num_queries: Any,
) -> None:  # fmt: skip
    now = midnight(timezone.now()) + dt.timedelta(hours=9, minutes=30)
    counts_of_today(viewer, now)
    with django_assert_num_queries(1):
        counts_of_today(viewer, now)


def test_figures_say_how_old_they_are(
    service: Service, app: App, make_message: Any, viewer: Member
) -> None:
    early = midnight(timezone.now()) + dt.timedelta(hours=9, minutes=30)
    moment = early - dt.timedelta(hours=2)
    make_message(service, app, id=first_uuid7_at(moment), created_at=moment)
    assert counts_of_today(viewer, early).as_of == early
    later = early + dt.timedelta(seconds=40)
    make_message(service, app, id=first_uuid7_at(later), created_at=later)
    today = counts_of_today(viewer, later)
    assert (today.as_of, sum(today.counts.values())) == (early, 2)


def test_the_dashboard_says_when_the_figures_were_counted(
    service: Service, viewer: Member, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = midnight(timezone.now()) + dt.timedelta(hours=9, minutes=30)
    monkeypatch.setattr("imiconnect.rtm.panels.timezone.now", lambda: now)
    assert "Counted just now." in client_of(viewer).get("/").content.decode()
    later = now + dt.timedelta(minutes=1)
    monkeypatch.setattr("imiconnect.rtm.panels.timezone.now", lambda: later)
    page = client_of(viewer).get("/").content.decode()
    assert "earlier hours at" in page
    assert "09:30" in page


def test_figures_of_another_organization_stay_apart(
    service: Service, app: App, make_message: Any, viewer: Member, outsider: Member
) -> None:
    make_message(service, app)
    now = timezone.now()
    assert sum(counts_of_today(viewer, now).counts.values()) == 1
    assert sum(counts_of_today(outsider, now).counts.values()) == 0


def test_the_chart_counts_the_messages_of_each_minute(
    service: Service, app: App, make_message: Any, viewer: Member, client_of: Any
) -> None:
    make_message(service, app)
    make_message(service, app, direction=1, state=State.RECEIVED)
    answer = client_of(viewer).get("/messages/per-minute.json").json()
    assert len(answer["times"]) == 60
    assert [sum(series["values"]) for series in answer["series"]] == [1, 1]


def test_a_failing_callback_needs_attention(
    service: Service, viewer: Member, client_of: Any
) -> None:
    Callback.objects.create(
        organization=service.organization, service=service, kind="dr", event="read",
        url="https://shop.example/dr", body="{}", state="failed",
    )  # fmt: skip
    assert "1 callback could not be delivered" in client_of(viewer).get("/").content.decode()


def test_a_suspended_service_needs_attention(
    service: Service, viewer: Member, client_of: Any
) -> None:
    sharing.set_state(service=service, state=Service.State.SUSPENDED)
    assert "“Updates” is suspended" in client_of(viewer).get("/").content.decode()


def test_a_stuck_queue_needs_attention(
    service: Service, app: App, make_message: Any, viewer: Member, outsider: Member,
    client_of: Any,
) -> None:  # fmt: skip
    long_ago = timezone.now() - dt.timedelta(minutes=5)
    make_message(service, app)
    OpenMessage.objects.update(due_at=long_ago)
    batched = make_message(service, app)
    OpenMessage.objects.filter(pk=batched.pk).update(due_at=None)
    MessageBatch.objects.create(priority=2, due_at=long_ago, size=1, messages=[batched.pk])
    words = "2 messages wait to be sent for over two minutes"
    assert words in client_of(viewer).get("/").content.decode()
    assert words not in client_of(outsider).get("/").content.decode()


def test_apps_tell_how_many_devices_are_connected(
    app: App, viewer: Member, client_of: Any
) -> None:
    Device.objects.create(app=app, user_id="alice", device_id="d1", is_connected=True)
    Device.objects.create(app=app, user_id="bob", device_id="d2")
    assert "1 of 2 devices connected" in client_of(viewer).get("/").content.decode()


def test_an_app_of_a_provider_shows_its_health_instead_of_devices(
    app: App, viewer: Member, client_of: Any
) -> None:
    App.objects.filter(pk=app.pk).update(channel_type="facebook")
    page = client_of(viewer).get("/").text
    assert "No device registered yet" not in page
    assert f'href="/apps/{app.pk}/"' in page
    AppHealth.objects.create(app=app, state=AppHealth.State.BROKEN, problem="The token ended")
    assert "The token ended" in client_of(viewer).get("/").text


def test_first_steps_are_done_as_they_happen(
    service: Service, app: App, make_message: Any, developer: Member, client_of: Any
) -> None:
    client = client_of(developer)

    def done() -> set[str]:
        steps = client.get("/").context["steps"]
        return {shown.step.slug for shown in steps if shown.done}

    assert not {"device", "message", "receipt"} & done()
    Device.objects.create(app=app, user_id="alice", device_id="d1")
    make_message(service, app)
    assert {"device", "message"} <= done()

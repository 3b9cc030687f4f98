"""A share that ends: what waits fails with a code, and what comes in goes to others."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.accounts.models import Member, Organization, Team
from imiconnect.apps.models import App
from imiconnect.rtm.callbacks.typing import tell_service
from imiconnect.rtm.desk.services import reply
from imiconnect.rtm.models import Callback, Device, Inbound, Message, RuleEvent, Thread
from imiconnect.rtm.onboarding.answering import hearers
from imiconnect.rtm.processors import mo, mt, rules
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.rest.base import find_service
from imiconnect.rtm.rest.errors import RtmsError
from imiconnect.rtm.rules.sources import news_of, note_devices
from imiconnect.rtm.streams import create_stream, use_stream
from imiconnect.sharing.models import Allocation, AppShare, RuleRun, Service
from imiconnect.sharing.rules.services import Draft, create_rule
from imiconnect.sharing.shares import share_app, unshare
from tests.rtm.conftest import SERVICE_KEY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shared(service: Service, rtm_app: App, team: Team, admin: Member) -> Team:
    """A team that has the service, and the app by a share."""
    Service.objects.filter(pk=service.pk).update(group=team.group, team=team)
    share_app(member=admin, app=rtm_app, level=team)
    return team


def over(_admin: Member, _app: App, _team: Team) -> None:
    AppShare.objects.update(ends_at=timezone.now() - dt.timedelta(seconds=1))


def removed(admin: Member, app: App, team: Team) -> None:
    unshare(member=admin, app=app, level=team)


ENDS = pytest.mark.parametrize("end", [over, removed])


@pytest.fixture
def second(organization: Organization, rtm_app: App, shared: Team) -> Service:
    """A live service of the organization, which uses the app too, after the team's."""
    row = Service.objects.create(
        organization=organization,
        name="Second",
        state=Service.State.LIVE,
        inbound_url="https://second.test/mo",
        typing_events=True,
    )
    Allocation.objects.create(service=row, app=rtm_app, channel="rt")
    for used in Service.objects.all():
        for listens in ("message", "device"):
            draft = Draft(name=listens, listens=listens, action="message", text="Thanks")
            create_rule(service=used, draft=draft)
    return row


def say(app: App, **body: Any) -> Message:
    """Let a device send a message; return it as it is logged."""
    Inbound.objects.create(
        app_id=app.pk, address="u1", device_id="d1", body={"message": "Hi", **body}
    )
    mo.process_due()
    return Message.objects.filter(direction=Message.Direction.MO).latest("pk")


def ran() -> set[Service]:
    """Return the services whose rules have seen what was noted."""
    rules.process_due()
    assert not RuleEvent.objects.exists()
    return {run.service for run in RuleRun.objects.select_related("service")}


@ENDS
def test_queued_messages_fail_when_the_share_ends(
    end: Any,
    intake: Any,
    order: Callable[..., dict[str, Any]],
    shared: Team,
    rtm_app: App,
    admin: Member,
) -> None:
    answer = intake.post("/resources/v1/messaging", json=order())
    assert answer.status_code == 202, answer.text
    end(admin, rtm_app, shared)
    mt.process_due()
    row = Message.objects.get()
    assert (row.state, row.code) == (State.FAILED, 7018)
    assert intake.post("/resources/v1/messaging", json=order()).status_code == 403


@ENDS
def test_what_comes_in_after_the_end_goes_to_the_next_service_that_may_use_the_app(
    end: Any, shared: Team, second: Service, service: Service, rtm_app: App, admin: Member
) -> None:
    assert say(rtm_app).service_id == service.pk
    Callback.objects.all().delete()
    RuleEvent.objects.all().delete()
    end(admin, rtm_app, shared)
    assert say(rtm_app).service_id == second.pk
    assert [(row.service, row.url) for row in Callback.objects.all()] == [
        (second, "https://second.test/mo")
    ]
    assert ran() == {second}


@ENDS
def test_what_comes_in_after_the_end_reaches_nobody_when_no_other_service_may(
    end: Any, shared: Team, service: Service, rtm_app: App, admin: Member
) -> None:
    create_rule(
        service=service,
        draft=Draft(name="Thanks", listens="message", action="message", text="Thanks"),
    )
    end(admin, rtm_app, shared)
    message = say(rtm_app)
    assert (message.state, message.service_id) == (State.RECEIVED, None)
    assert not Callback.objects.exists()
    assert ran() == set()


@ENDS
def test_a_thread_of_the_unshared_service_goes_on_with_the_next(
    end: Any, shared: Team, second: Service, service: Service, rtm_app: App, admin: Member
) -> None:
    thread = Thread.objects.create(app=rtm_app, user_id="u1", service=service)
    end(admin, rtm_app, shared)
    message = say(rtm_app, thread={"id": str(thread.pk)})
    assert (message.thread_id, message.service_id) == (thread.pk, second.pk)
    assert Callback.objects.get().service == second
    assert ran() == {second}
    share_app(member=admin, app=rtm_app, level=shared)
    assert say(rtm_app, thread={"id": str(thread.pk)}).service_id == service.pk


def test_a_thread_of_a_stream_goes_to_the_services_of_the_stream_first(
    shared: Team, second: Service, service: Service, rtm_app: App, admin: Member
) -> None:
    third = Service.objects.create(organization=admin.organization, name="Third", state="live")
    Allocation.objects.create(service=third, app=rtm_app, channel="rt")
    stream = create_stream(member=admin, name="Support")
    for used in (service, third):
        use_stream(service=used, stream=stream)
    thread = Thread.objects.create(app=rtm_app, user_id="u1", stream=stream)
    assert say(rtm_app, thread={"id": str(thread.pk)}).service_id == service.pk
    removed(admin, rtm_app, shared)
    assert say(rtm_app, thread={"id": str(thread.pk)}).service_id == third.pk


def test_a_thread_leaves_a_service_that_uses_the_app_no_more(
    second: Service, service: Service, rtm_app: App
) -> None:
    thread = Thread.objects.create(app=rtm_app, user_id="u1", service=service)
    Allocation.objects.filter(service=service).delete()
    assert say(rtm_app, thread={"id": str(thread.pk)}).service_id == second.pk


@ENDS
def test_an_unshared_service_hears_no_typing_and_no_devices_and_answers_nobody(
    end: Any,
    shared: Team,
    second: Service,
    service: Service,
    rtm_app: App,
    device: Device,
    admin: Member,
) -> None:
    Service.objects.update(typing_events=True)
    thread = Thread.objects.create(app=rtm_app, user_id="u1", service=service)
    end(admin, rtm_app, shared)
    tell_service(thread, "u1", True)
    assert Callback.objects.get().service == second
    note_devices([news_of(device, {"battery": 4})])
    assert ran() == {second}
    (sent,) = reply(thread=thread, agent=admin, text="Hello")
    assert Message.objects.get(transid=sent.transid).service_id == second.pk
    assert hearers([rtm_app.pk]) == {rtm_app.pk: second.pk}


@ENDS
def test_the_key_of_an_unshared_service_opens_no_threads(
    end: Any, shared: Team, service: Service, rtm_app: App, admin: Member
) -> None:
    assert find_service(rtm_app, SERVICE_KEY, source=None) == service
    end(admin, rtm_app, shared)
    with pytest.raises(RtmsError):
        find_service(rtm_app, SERVICE_KEY, source=None)

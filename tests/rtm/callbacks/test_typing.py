"""A service's server hears that a customer types, where it asked for it."""

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.identity import first_uuid7_at
from imiconnect.rtm import housekeeping
from imiconnect.rtm.callbacks.outbox import Job, Result
from imiconnect.rtm.callbacks.outcomes import Try, Verdict
from imiconnect.rtm.models import Callback, Customer, Device, Thread
from imiconnect.sharing.models import Service
from tests.rtm.conftest import CLIENT_KEY, device, rtm_app, service

__all__ = ["device", "rtm_app", "service"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread(rtm_app: App, device: Device) -> Thread:
    """A conversation of the user u1."""
    made: Thread = Thread.objects.create(app=rtm_app, user_id="u1")
    return made


def types(thread: Thread, state: str = "start") -> None:
    """Let the device say that its user types."""
    body = {"clientId": "NB12345678/u1/d1", "thread": {"id": str(thread.pk)}, "state": state}
    answer = Client(headers={"secretKey": CLIENT_KEY}).post(
        "/rtmsAPI/api/v3/NB12345678/typing", body, content_type="application/json"
    )
    assert answer.json()["code"] == "0"


@pytest.fixture
def asking(service: Service) -> Service:
    """The service wants to hear of it."""
    Service.objects.update(typing_events=True)
    return service


def test_beginning_and_end_are_told_in_the_envelope_of_messages(
    thread: Thread, device: Device, asking: Service
) -> None:
    customer = Customer.objects.create(organization=asking.organization, customer_id="c1")
    Device.objects.update(customer=customer)
    types(thread)
    types(thread, "stop")
    rows = list(Callback.objects.order_by("pk"))
    assert [row.event for row in rows] == ["typingStart", "typingStop"]
    assert {(row.service, row.url) for row in rows} == {(asking, asking.inbound_url)}
    told = json.loads(rows[0].body)
    assert (told["userId"], told["channel"], told["appId"]) == ("c1", "Rtm", "NB12345678")
    assert (told["event"], told["threadId"]) == ("typingStart", str(thread.pk))


@pytest.mark.parametrize(
    "change",
    [{"typing_events": False}, {"inbound_url": ""}, {"state": "suspended"}],
)
def test_nothing_is_told_unless_a_live_service_asks(
    thread: Thread, asking: Service, change: dict[str, Any]
) -> None:
    Service.objects.update(**change)
    types(thread)
    assert not Callback.objects.exists()


def test_a_try_that_fails_is_the_only_one(thread: Thread, asking: Service) -> None:
    types(thread)
    row = Callback.objects.get()
    job = Job(row.pk, row.service_id, row.url, "customer.test", row.body, row.attempts)
    result = Result(job, Try(status=503), 0.0)
    assert result.verdict == Verdict.FAILED


def test_what_was_told_is_kept_for_a_day(thread: Thread, asking: Service) -> None:
    types(thread)
    old = first_uuid7_at(timezone.now() - dt.timedelta(days=1, minutes=1))
    Callback.objects.update(id=old)
    types(thread, "stop")
    housekeeping.delete_old(timezone.now())
    assert Callback.objects.get().event == "typingStop"


def test_it_is_switched_on_at_the_tab_and_over_rest(
    service: Service, admin: Member, client_of: Any
) -> None:
    client = client_of(admin)
    form = {"card": "inbound", "inbound_url": service.inbound_url, "typing_events": "on"}
    assert client.post(f"/services/{service.pk}/inbound/", form).status_code == 302
    url = f"/api/v1/services/{service.pk}/"
    assert client.get(url).json()["typing_events"] is True
    body = json.dumps({"typing_events": False})
    answer = client.patch(url, body, "application/json").json()
    assert (answer["typing_events"], answer["inbound_url"]) == (False, service.inbound_url)

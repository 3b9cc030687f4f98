"""The journey page of one message."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.rtm.models import Attempt, Callback, CallbackAttempt, Message
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing.models import Service


def text_of(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def delivered(service: Service, app: App, make_message: Any) -> Message:
    """A message that failed once, was sent again, delivered, read and told of."""
    start = timezone.now() - dt.timedelta(seconds=30)
    second = dt.timedelta(seconds=1)
    message: Message = make_message(
        service, app, state=State.READ, code=7502, created_at=start, device_id="phone-1",
        submitted_at=start + 4 * second, delivered_at=start + 5 * second,
        read_at=start + 6 * second, attempts=2,
        payload={"message": "Hello", "extras": {"accessToken": "s3cret-of-a-customer"}},
    )  # fmt: skip
    for number, good in ((1, False), (2, True)):
        Attempt.objects.create(
            message_id=message.pk, organization=service.organization, number=number,
            route="mqtt", started_at=start + 2 * number * second - second / 1000,
            finished_at=start + 2 * number * second, succeeded=good,
            code=7501 if good else 7202, reason="" if good else "The broker did not answer.",
        )  # fmt: skip
    callback = Callback.objects.create(
        organization=service.organization, service=service, message_id=message.pk, kind="dr",
        event="delivered", url="https://shop.example/dr", body='{"a": 1}', state="delivered",
    )  # fmt: skip
    CallbackAttempt.objects.create(
        callback=callback, number=1, status_code=200, duration_ms=42, response="ok"
    )
    return message


def test_the_verdict_comes_before_the_timeline(
    delivered: Message, viewer: Member, client_of: Any
) -> None:
    text = text_of(client_of(viewer).get(f"/messages/{delivered.pk}/"))
    assert text.index("Read by the customer") < text.index("Timeline")


def test_events_are_in_the_order_in_which_they_happened(
    delivered: Message, viewer: Member, client_of: Any
) -> None:
    response = client_of(viewer).get(f"/messages/{delivered.pk}/")
    titles = [str(event.title) for event in response.context["journey"].events]
    assert titles == [
        "Accepted", "Attempt 1 failed", "Attempt 2: published to the broker",
        "Delivered", "Read", "Callback “delivered”: attempt 1",
    ]  # fmt: skip


def test_times_are_utc_with_milliseconds(
    delivered: Message, viewer: Member, client_of: Any
) -> None:
    text = text_of(client_of(viewer).get(f"/messages/{delivered.pk}/"))
    moment = delivered.created_at
    assert f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d} UTC" in text


def test_secrets_in_a_payload_are_masked(
    delivered: Message, viewer: Member, client_of: Any
) -> None:
    text = text_of(client_of(viewer).get(f"/messages/{delivered.pk}/"))
    assert "s3cret-of-a-customer" not in text
    assert "••••••" in text


def test_a_waiting_message_names_its_next_try(
    service: Service, app: App, make_message: Any, viewer: Member, client_of: Any
) -> None:
    message = make_message(service, app)
    events = client_of(viewer).get(f"/messages/{message.pk}/").context["journey"].events
    expected = [str(event.title) for event in events if event.expected]
    assert expected == ["Next attempt", "Expires"]


def test_a_waiting_callback_names_its_next_try(
    delivered: Message, viewer: Member, client_of: Any
) -> None:
    due = timezone.now() + dt.timedelta(seconds=60)
    Callback.objects.filter(message_id=delivered.pk).update(state="pending", due_at=due)
    journey = client_of(viewer).get(f"/messages/{delivered.pk}/").context["journey"]
    assert journey.is_open
    assert str(journey.events[-1].title) == "Callback “delivered”: next attempt"
    assert journey.events[-1].at == due


def test_the_open_page_gets_only_what_has_changed(
    delivered: Message, viewer: Member, client_of: Any
) -> None:
    client = client_of(viewer)
    digest = client.get(f"/messages/{delivered.pk}/").context["journey"].digest
    headers = {"HX-Request": "true"}
    url = f"/messages/{delivered.pk}/?seen={digest}"
    assert client.get(url, headers=headers).status_code == 204
    Message.objects.filter(pk=delivered.pk).update(clicked_at=timezone.now())
    changed = client.get(url, headers=headers)
    assert "Clicked" in text_of(changed)
    assert "<html" not in text_of(changed)


def test_a_failed_message_says_why_and_what_to_do(
    service: Service, app: App, make_message: Any, viewer: Member, client_of: Any
) -> None:
    message = make_message(
        service, app, state=State.FAILED, code=7105, reason="Customer profile not found",
        closed_at=timezone.now(),
    )  # fmt: skip
    text = text_of(client_of(viewer).get(f"/messages/{message.pk}/"))
    assert "code 7105" in text
    assert "Customer profile not found" in text
    assert "No device is registered" in text


def test_a_transid_leads_to_its_message(
    service: Service, app: App, make_message: Any, viewer: Member, client_of: Any
) -> None:
    transid = uuid.UUID(int=make_message(service, app).pk.int + 1)
    message = make_message(service, app, id=uuid.UUID(int=transid.int + 1), transid=transid)
    response = client_of(viewer).get(f"/messages/{transid}/")
    assert response.headers["Location"] == f"/messages/{message.pk}/"


def test_another_organizations_message_does_not_exist(
    delivered: Message, outsider: Member, client_of: Any
) -> None:
    client = client_of(outsider)
    assert client.get(f"/messages/{delivered.pk}/").status_code == 404
    assert client.get(f"/messages/{uuid.uuid4()}/").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_journey(
    delivered: Message, viewer: Member, client_of: Any, django_assert_max_num_queries: Any
) -> None:
    callback = Callback.objects.get(message_id=delivered.pk)
    for number in range(2, 12):
        CallbackAttempt.objects.create(callback=callback, number=number, error="late")
    client = client_of(viewer)
    client.get("/messages/")
    with django_assert_max_num_queries(8):
        client.get(f"/messages/{delivered.pk}/")

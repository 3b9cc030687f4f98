"""The processors on real rows, with the real broker."""

import datetime as dt
import json
import queue
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm import broker
from imiconnect.rtm.models import (
    Attempt,
    Callback,
    Device,
    Message,
    MessageBatch,
    OpenMessage,
    Receipt,
    Thread,
    Wake,
)
from imiconnect.rtm.processors import dr, expiry, mt, retry
from imiconnect.rtm.processors.claims import LEASE_SECONDS, take
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.threads import delete_message
from imiconnect.sharing.models import Service
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Message]
Subscribe = Callable[[str], "queue.Queue[dict[str, Any]]"]


def state_of(message: Message) -> State:
    """Return the state in the database."""
    return State(Message.objects.get(pk=message.pk).state)


def receive(message: Message, kind: int, **fields: Any) -> None:
    """Put a receipt of the addressee into the inbox."""
    values = {"app_id": message.app_id, "address": message.address, "device_id": "d1"}
    Receipt.objects.create(tid=message.pk, kind=kind, **(values | fields))


def callbacks_of(message: Message) -> list[str]:
    """Return the events of the outbox for a message, oldest first."""
    rows = Callback.objects.filter(message_id=message.pk).order_by("id")
    return list(rows.values_list("event", flat=True))


def test_a_due_message_reaches_the_subscriber(send: Send, subscriber: Subscribe) -> None:
    received = subscriber("NB12345678/u1")
    message = send(correlationid="c1")
    assert mt.process_due() == 1
    body = received.get(timeout=PATIENCE)
    assert (body["tid"], body["message"], body["channel"]) == (str(message.pk), "Hello", "rt")
    assert body["thread"]["id"] == str(message.thread_id)
    assert state_of(message) is State.SUBMITTED
    attempt = Message.objects.get(pk=message.pk).first_try
    assert attempt is not None
    assert (attempt.number, attempt.route, attempt.succeeded) == (1, "mqtt", True)
    assert not Attempt.objects.exists()
    waiting = OpenMessage.objects.get(pk=message.pk)
    assert (waiting.due_at, waiting.claimed_until) == (None, None)
    assert callbacks_of(message) == ["submitted"]


def test_receipts_move_a_message_and_tell_the_customer(send: Send) -> None:
    message = send(correlationid="c1", callbackData="mine")
    mt.process_due()
    receive(message, 2)
    dr.process_due()
    assert state_of(message) is State.DELIVERED
    receive(message, 3)
    dr.process_due()
    row = Message.objects.get(pk=message.pk)
    assert (row.state, row.code, row.device_id) == (State.READ, 7502, "d1")
    assert row.delivered_at and row.read_at and row.closed_at
    assert not OpenMessage.objects.exists()
    assert callbacks_of(message) == ["submitted", "delivered", "read"]
    body = json.loads(Callback.objects.get(event="delivered").body)
    notice = body["deliveryInfoNotification"]
    assert notice["correlationid"] == "c1"
    assert notice["callbackData"] == "mine"
    assert notice["transid"] == str(message.transid)
    info = notice["deliveryInfo"]
    assert (info["deliveryStatus"], info["code"], info["Description"]) == (
        "Delivered", "7500", "Delivered",
    )  # fmt: skip
    assert (info["destination"], info["destinationType"]) == ("u1", "userid")


def test_a_read_receipt_alone_means_delivered_too(send: Send) -> None:
    message = send()
    receive(message, 3)
    dr.process_due()
    assert state_of(message) is State.READ
    assert callbacks_of(message) == ["delivered", "read"]


def test_the_same_receipt_twice_tells_once(send: Send) -> None:
    message = send()
    for _ in range(3):
        receive(message, 2)
    dr.process_due()
    receive(message, 2)
    dr.process_due()
    assert callbacks_of(message) == ["delivered"]


def test_a_receipt_of_another_user_matches_nothing(send: Send) -> None:
    message = send()
    receive(message, 2, address="u2")
    receive(message, 2, app_id=uuid.uuid4())
    dr.process_due()
    assert state_of(message) is State.QUEUED
    assert not Receipt.objects.exists()


def test_a_receipt_before_its_message_waits_for_it(rtm_app: App) -> None:
    Receipt.objects.create(tid=uuid7(), app_id=rtm_app.pk, address="u1", kind=2)
    dr.process_due()
    waiting = Receipt.objects.get()
    assert waiting.attempts == 1
    assert waiting.due_at > timezone.now()


def test_a_receipt_that_never_matches_is_gone_after_a_day(rtm_app: App) -> None:
    Receipt.objects.create(
        tid=uuid7(),
        app_id=rtm_app.pk,
        address="u1",
        kind=2,
        received_at=timezone.now() - dt.timedelta(days=1),
    )
    dr.process_due()
    assert not Receipt.objects.exists()


def test_a_failed_publish_is_tried_again_after_the_interval(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send()
    monkeypatch.setattr(broker.Link, "publish", lambda self, batch: [False] * len(batch))
    mt.process_due()
    waiting = OpenMessage.objects.get(pk=message.pk)
    assert waiting.failures == 1
    assert waiting.due_at is not None
    assert 55 < (waiting.due_at - timezone.now()).total_seconds() <= 60
    row = Message.objects.get(pk=message.pk)
    assert (row.state, row.code, row.attempts) == (State.QUEUED, 7202, 1)


def test_a_message_has_failed_when_its_tries_are_used_up(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send()
    monkeypatch.setattr(broker.Link, "publish", lambda self, batch: [False] * len(batch))
    for _ in range(3):
        OpenMessage.objects.update(due_at=timezone.now())
        mt.process_due()
    row = Message.objects.get(pk=message.pk)
    assert (row.state, row.attempts, row.is_failed) == (State.FAILED, 3, True)
    assert row.closed_at
    assert Attempt.objects.filter(message_id=message.pk, succeeded=False).count() == 3
    assert not OpenMessage.objects.exists()
    assert callbacks_of(message) == ["failed"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda service, app: Service.objects.update(state="suspended"), 7007),
        (lambda service, app: App.objects.update(state="off"), 7018),
        (lambda service, app: service.allocations.all().delete(), 7018),
    ],
)
def test_what_may_not_be_sent_any_more_fails_with_the_reason(
    send: Send, service: Service, rtm_app: App, change: Any, code: int
) -> None:
    message = send()
    change(service, rtm_app)
    mt.process_due()
    row = Message.objects.get(pk=message.pk)
    assert (row.state, row.code) == (State.FAILED, code)
    assert row.reason


def test_a_customer_without_a_user_fails_as_not_found(send: Send) -> None:
    message = send(destination=[{"customerid": ["nobody"]}])
    mt.process_due()
    row = Message.objects.get(pk=message.pk)
    assert (row.state, row.code) == (State.FAILED, 7105)
    notice = json.loads(Callback.objects.get().body)["deliveryInfoNotification"]
    assert notice["deliveryInfo"]["destination"] == "nobody"
    assert notice["deliveryInfo"]["destinationType"] == "customerid"


def test_a_message_past_its_time_expires_once(send: Send) -> None:
    message = send()
    later = timezone.now() + dt.timedelta(hours=2)
    assert expiry.process_due(now=later) == 1
    assert expiry.process_due(now=later) == 0
    row = Message.objects.get(pk=message.pk)
    assert (row.state, row.code) == (State.EXPIRED, 7208)
    assert callbacks_of(message) == ["failed"]
    info = json.loads(Callback.objects.get().body)["deliveryInfoNotification"]["deliveryInfo"]
    assert info["deliveryStatus"] == "Un-Delivered"


def test_a_message_that_its_user_has_deleted_goes_out_no_more(
    send: Send, subscriber: Subscribe
) -> None:
    received = subscriber("NB12345678/u1")
    first, sent, left = send(), send(), send()
    delete_message(app=first.app, user_id="u1", tid=first.pk)
    mt.process_due()
    delete_message(app=first.app, user_id="u1", tid=sent.pk)
    mt.wake(first.app_id, "u1")
    later = timezone.now() + dt.timedelta(seconds=30)
    retry.process_due(now=later)
    mt.process_due(now=later)
    told = [received.get(timeout=PATIENCE)["tid"] for _time in range(3)]
    assert Counter(told) == {str(sent.pk): 1, str(left.pk): 2}
    receive(sent, Receipt.Kind.DELIVERED)
    dr.process_due()
    expiry.process_due(now=first.expires_at)
    assert [state_of(message) for message in (first, sent)] == [State.EXPIRED, State.DELIVERED]


def test_a_late_receipt_leaves_an_expired_message_alone(send: Send) -> None:
    message = send()
    expiry.process_due(now=timezone.now() + dt.timedelta(hours=2))
    receive(message, 2)
    dr.process_due()
    assert state_of(message) is State.EXPIRED
    assert callbacks_of(message) == ["failed"]


@pytest.mark.parametrize("is_connected", [True, False])
def test_who_is_connected_is_woken_when_a_node_of_the_broker_comes(
    send: Send, device: Device, is_connected: bool
) -> None:
    Device.objects.update(is_connected=is_connected)
    message = send()
    mt.process_due()
    assert retry.schedule_connected() == is_connected
    assert retry.process_due() == is_connected
    assert mt.process_due() == is_connected
    assert Message.objects.get(pk=message.pk).attempts == 1 + is_connected


def test_a_device_that_connects_gets_what_is_open(send: Send, subscriber: Subscribe) -> None:
    message = send()
    mt.process_due()
    received = subscriber("NB12345678/u1")
    assert message.app_id
    mt.wake(message.app_id, "u1")
    assert retry.process_due() == 0
    later = timezone.now() + dt.timedelta(seconds=1)
    assert retry.process_due(now=later) == 1
    assert mt.process_due(now=later) == 1
    assert received.get(timeout=PATIENCE)["tid"] == str(message.pk)
    assert Wake.objects.count() == len(retry.WAKE_SECONDS) - 1
    assert callbacks_of(message) == ["submitted"]
    assert Message.objects.get(pk=message.pk).attempts == 2


def test_a_wake_up_sends_nothing_that_is_delivered(send: Send) -> None:
    message = send()
    mt.process_due()
    receive(message, 2)
    dr.process_due()
    assert message.app_id
    mt.wake(message.app_id, "u1")
    later = timezone.now() + dt.timedelta(seconds=1)
    retry.process_due(now=later)
    assert mt.process_due(now=later) == 0


@pytest.mark.parametrize("alone", [False, True], ids=["batch", "alone"])
def test_a_claim_that_nobody_finished_is_due_again_after_the_lease(
    alone: bool, send: Send
) -> None:
    send()
    now = timezone.now()
    if alone:
        MessageBatch.objects.all().delete()
        OpenMessage.objects.update(due_at=now)
    assert len(take(10, now)) == 1
    assert len(take(10, now)) == 0
    assert len(take(10, now + dt.timedelta(seconds=LEASE_SECONDS + 1))) == 1


def test_higher_priority_is_claimed_first(send: Send) -> None:
    send(priority=1)
    high = send(priority=3)
    assert take(1, timezone.now()).named == [high.pk]


def test_messages_of_one_order_are_claimed_in_batches(
    intake: Any, order: Callable[..., dict[str, Any]], service: Service
) -> None:
    users = [f"u{number}" for number in range(MessageBatch.MOST + 1)]
    body = order(destination=[{"userid": users}])
    assert intake.post("/resources/v1/messaging", json=body).status_code == 202
    assert sorted(MessageBatch.objects.values_list("size", flat=True)) == [1, MessageBatch.MOST]
    assert mt.process_due(limit=1) + mt.process_due(limit=1) == MessageBatch.MOST + 1
    assert not MessageBatch.objects.exists()


def test_a_batch_leaves_out_what_went_its_own_way(send: Send, subscriber: Subscribe) -> None:
    received = subscriber("NB12345678/u1")
    closed, again, sent, left = (send() for _ in range(4))
    OpenMessage.objects.filter(pk=closed.pk).delete()
    OpenMessage.objects.filter(pk=again.pk).update(
        due_at=timezone.now() + dt.timedelta(hours=1)
    )
    Message.objects.filter(pk=sent.pk).update(state=State.SUBMITTED)
    assert mt.process_due() == 4
    assert received.get(timeout=PATIENCE)["tid"] == str(left.pk)
    tried = Message.objects.filter(tried_at__isnull=False).values_list("pk", flat=True)
    assert list(tried) == [left.pk]
    assert OpenMessage.objects.count() == 3


def test_a_batch_that_the_broker_did_not_take_is_due_one_by_one(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker.Link, "publish", lambda link, batch: [False] * len(batch))
    message = send()
    assert mt.process_due() == 1
    assert not MessageBatch.objects.exists()
    assert OpenMessage.objects.filter(pk=message.pk, due_at__gt=timezone.now()).exists()


def test_a_message_to_a_closed_thread_opens_it_once(send: Send) -> None:
    first = send()
    mt.process_due()
    Thread.objects.update(status="Closed", updated_at=timezone.now())
    OpenMessage.objects.update(due_at=timezone.now())
    mt.process_due()
    assert Thread.objects.get(pk=first.thread_id).status == "Closed"
    second = send()
    mt.process_due()
    thread = Thread.objects.get(pk=second.thread_id)
    assert (thread.status, thread.updated_at) == ("Active", second.created_at)

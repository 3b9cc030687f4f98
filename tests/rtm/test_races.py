"""Processors that are at the same rows at the same time, in real transactions."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from imiconnect.rtm import broker
from imiconnect.rtm.models import Attempt, Callback, Message, OpenMessage, Receipt
from imiconnect.rtm.processors import dr, expiry, mt
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing.models import Service

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 300


@pytest.fixture
def accepted(
    intake: Any, order: Callable[..., dict[str, Any]], service: Service
) -> list[Message]:
    """Some hundred messages of as many users."""
    users = [f"u{number}" for number in range(COUNT)]
    body = order(destination=[{"userid": users}])
    assert intake.post("/resources/v1/messaging", json=body).status_code == 202
    return list(Message.objects.order_by("id"))


def together(*works: Callable[[], Any]) -> list[int]:
    """Run functions at the same time, each until it finds nothing; return what they did."""
    start = threading.Barrier(len(works))
    done = [0] * len(works)

    def run(number: int, work: Callable[[], Any]) -> None:
        start.wait()
        try:
            while count := work():
                done[number] += count
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return done


def test_two_processors_send_each_message_once(
    accepted: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[bytes] = []

    def publish(_link: Any, batch: list[tuple[str, bytes]]) -> list[bool]:
        published.extend(payload for _, payload in batch)
        return [True] * len(batch)

    monkeypatch.setattr(broker.Link, "publish", publish)
    done = together(*[lambda: mt.process_due(limit=20)] * 3)
    assert sum(done) == COUNT
    assert len(published) == len(set(published)) == COUNT
    assert Message.objects.filter(tried_at__isnull=False).count() == COUNT
    assert not Attempt.objects.exists()
    assert set(Message.objects.values_list("state", "attempts")) == {(State.SUBMITTED, 1)}


def test_expiry_and_receipts_give_each_message_one_outcome(accepted: list[Message]) -> None:
    later = timezone.now() + dt.timedelta(hours=2)
    Receipt.objects.bulk_create(
        Receipt(tid=m.pk, app_id=m.app_id, address=m.address, kind=kind)
        for m in accepted
        for kind in (2, 3)
    )
    together(
        lambda: expiry.process_due(limit=10, now=later),
        lambda: dr.process_due(limit=17),
        lambda: dr.process_due(limit=23),
        lambda: expiry.process_due(limit=11, now=later),
    )
    states = list(Message.objects.values_list("state", flat=True))
    assert set(states) <= {State.READ, State.EXPIRED}
    failed = Callback.objects.filter(event="failed").count()
    assert failed == states.count(State.EXPIRED)
    assert Callback.objects.filter(event="delivered").count() == states.count(State.READ)
    assert Callback.objects.filter(event="read").count() == states.count(State.READ)
    assert not OpenMessage.objects.exists()
    assert not Receipt.objects.exists()


def test_sending_and_receipts_at_the_same_time_lose_nothing(
    accepted: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker.Link, "publish", lambda link, batch: [True] * len(batch))
    Receipt.objects.bulk_create(
        Receipt(tid=m.pk, app_id=m.app_id, address=m.address, kind=2) for m in accepted
    )
    together(lambda: mt.process_due(limit=20), lambda: dr.process_due(limit=20))
    assert set(Message.objects.values_list("state", flat=True)) == {State.DELIVERED}
    assert not OpenMessage.objects.exists()
    assert Callback.objects.filter(event="delivered").count() == COUNT

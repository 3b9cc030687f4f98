"""Receipts that name a moment: applied to what was sent before, whenever it is written down."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import transaction
from django.utils import timezone

from imiconnect.rtm.models import Callback, Message, ProviderReceipt, Receipt, Watermark
from imiconnect.rtm.outcomes import Dispatched, Outcome
from imiconnect.rtm.processors import dr, mt, provider, watermarks
from imiconnect.rtm.processors.watermarks import Until
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.routes import ROUTES, Parcel
from tests.racing import met_by

pytestmark = pytest.mark.django_db(transaction=True)

#: When the provider was asked to take the message.
ASKED = timezone.now() - dt.timedelta(minutes=1)
SOON, BEFORE = ASKED + dt.timedelta(seconds=1), ASKED - dt.timedelta(seconds=1)
READ, DELIVERED = Receipt.Kind.READ, Receipt.Kind.DELIVERED


@pytest.fixture
def message(send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch) -> Message:
    """A message that the provider was asked for a minute ago, once it is ``written``."""

    def route(parcels: list[Parcel]) -> list[Outcome]:
        return [
            Dispatched({}, provider_ids=("p-1",), account="acme", asked_at=ASKED)
            for _parcel in parcels
        ]

    monkeypatch.setitem(ROUTES, "rt", ("acme", route))
    return send()


def written() -> None:
    """Send what is due, and write down the provider's id of it."""
    assert mt.process_due() == 1


def told(message: Message, at: dt.datetime, kind: Receipt.Kind = READ) -> None:
    """Let the provider name a moment."""
    assert message.app_id
    with transaction.atomic():
        watermarks.note("rt", "acme", message.app_id, [Until(message.address, kind, at)])


def state_of(message: Message) -> State:
    """Return the state once the gateway has worked on all that it knows."""
    while provider.process_due() or dr.process_due():
        pass
    return State(Message.objects.get(pk=message.pk).state)


def test_what_was_sent_before_the_moment_is_read(message: Message) -> None:
    written()
    told(message, SOON)
    assert state_of(message) is State.READ
    assert Message.objects.get(pk=message.pk).read_at == SOON


def test_what_is_written_down_after_its_receipt_is_read(message: Message) -> None:
    told(message, SOON)
    provider.process_due()
    written()
    assert state_of(message) is State.READ


def test_what_was_sent_after_the_moment_is_not_read(message: Message) -> None:
    told(message, BEFORE)
    provider.process_due()
    written()
    assert state_of(message) is State.SUBMITTED
    told(message, BEFORE)
    assert state_of(message) is State.SUBMITTED


def test_a_receipt_waits_for_what_is_just_being_written_down(message: Message) -> None:
    told(message, SOON, DELIVERED)
    met_by(written, provider.process_due)
    assert state_of(message) is State.DELIVERED


def test_what_is_being_written_down_waits_for_a_receipt_that_comes(message: Message) -> None:
    told(message, SOON, DELIVERED)
    met_by(provider.process_due, written)
    assert state_of(message) is State.DELIVERED


def test_a_moment_that_is_told_again_changes_nothing(message: Message) -> None:
    written()
    told(message, SOON)
    assert state_of(message) is State.READ
    told(message, SOON)
    told(message, BEFORE)
    provider.process_due()
    assert not Receipt.objects.exists()
    assert not ProviderReceipt.objects.exists()
    assert Watermark.objects.get().read_until == SOON
    assert Callback.objects.filter(event="read").count() == 1

"""What providers hand over: receipts by their own ids, and messages, each once."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from imiconnect.apps.models import App
from imiconnect.rtm.models import Callback, Message, ProviderReceipt, ProviderRef, Receipt
from imiconnect.rtm.outcomes import Dispatched, Outcome
from imiconnect.rtm.processors import dr, mo, mt, provider
from imiconnect.rtm.processors.provider import ProviderNews
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.provider_inbox import ProviderMessage, take_in
from imiconnect.rtm.routes import ROUTES, Parcel
from imiconnect.sharing.models import Service

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Message]
Taken = Callable[..., Message]


@pytest.fixture
def taken(send: Send, monkeypatch: pytest.MonkeyPatch) -> Taken:
    """Have a message taken by a provider that gives it the ids named."""

    def take(*names: str) -> Message:
        message = send()

        def route(parcels: list[Parcel]) -> list[Outcome]:
            return [Dispatched({}, provider_ids=names, account="acme") for _ in parcels]

        monkeypatch.setitem(ROUTES, "rt", ("acme", route))
        assert mt.process_due() == 1
        return message

    return take


def told(*news: ProviderNews) -> None:
    """Let the provider say something, and the gateway work on it."""
    with transaction.atomic():
        provider.note("rt", "acme", news)
    provider.process_due()
    dr.process_due()


def state_of(message: Message) -> State:
    """Return the state in the database."""
    return State(Message.objects.get(pk=message.pk).state)


def test_a_receipt_by_the_providers_id_delivers_its_message(taken: Taken) -> None:
    message = taken("p-1")
    told(ProviderNews("p-1", Receipt.Kind.DELIVERED))
    assert state_of(message) is State.DELIVERED


def test_a_message_in_two_parts_is_delivered_with_the_second(taken: Taken) -> None:
    message = taken("p-1", "p-2")
    told(ProviderNews("p-1", Receipt.Kind.DELIVERED))
    told(ProviderNews("p-1", Receipt.Kind.DELIVERED))
    assert state_of(message) is State.SUBMITTED
    told(ProviderNews("p-2", Receipt.Kind.DELIVERED))
    assert state_of(message) is State.DELIVERED


def test_a_failure_of_one_part_fails_the_message_with_its_code(taken: Taken) -> None:
    message = taken("p-1", "p-2")
    told(ProviderNews("p-2", Receipt.Kind.FAILED, 7203, "Absent subscriber"))
    failed = Message.objects.get(pk=message.pk)
    assert (failed.state, failed.code, failed.reason) == (
        int(State.FAILED),
        7203,
        "Absent subscriber",
    )


def test_a_receipt_that_comes_before_its_id_waits_for_it(taken: Taken) -> None:
    told(ProviderNews("p-1", Receipt.Kind.DELIVERED))
    waiting = ProviderReceipt.objects.get()
    message = taken("p-1")
    provider.process_due(now=waiting.due_at)
    dr.process_due(now=waiting.due_at)
    assert state_of(message) is State.DELIVERED
    assert not ProviderReceipt.objects.exists()


def test_an_id_of_another_account_is_not_this_message(taken: Taken) -> None:
    message = taken("p-1")
    ProviderRef.objects.update(account="other")
    told(ProviderNews("p-1", Receipt.Kind.DELIVERED))
    assert state_of(message) is State.SUBMITTED


def incoming(**fields: Any) -> ProviderMessage:
    """Make a message of a customer."""
    values = {"channel": "sms", "address": "447700900123", "account": "acme"}
    return ProviderMessage(**(values | {"body": {"message": "Hi"}} | fields))


def taken_in(message: ProviderMessage) -> bool:
    """Hand a message over; tell whether it was new."""
    with transaction.atomic():
        return message.id in take_in([message])


def test_a_message_that_is_handed_over_twice_is_logged_once(
    rtm_app: App, service: Service
) -> None:
    assert taken_in(incoming(channel="rt", app_id=rtm_app.pk, provider_id="m-1"))
    assert not taken_in(incoming(channel="rt", app_id=rtm_app.pk, provider_id="m-1"))
    mo.process_due()
    assert Message.objects.filter(direction=Message.Direction.MO).count() == 1


def test_a_message_over_a_number_goes_to_the_service_of_its_keyword(service: Service) -> None:
    owner = {"organization_id": service.organization_id, "service_id": service.pk}
    assert taken_in(incoming(channel="rt", **owner))
    mo.process_due()
    logged = Message.objects.get()
    assert (logged.service_id, logged.app_id, logged.thread_id) == (service.pk, None, None)
    assert logged.payload == {"message": "Hi"}
    body = json.loads(Callback.objects.get(message_id=logged.pk).body)
    assert body["message"] == "Hi"


def test_a_message_of_an_app_that_is_gone_is_dropped(service: Service) -> None:
    assert taken_in(incoming(app_id=uuid.uuid4()))
    assert mo.process_due() == 1
    assert not Message.objects.exists()

"""A batch of pushes: what cannot be sent costs the others nothing, whoever they belong to."""

import asyncio
import datetime as dt
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.apps.push.clients.web import Keys, Subscription
from imiconnect.apps.push.services import configure_push, credentials_of
from imiconnect.rtm.models import PushAddress
from imiconnect.rtm.outcomes import Dispatched, Failed, Outcome, Postponed, RetryAt
from imiconnect.rtm.processors.claims import LEASE_SECONDS
from imiconnect.rtm.push import addresses, route, sending
from imiconnect.sandbox.calls import asgi
from imiconnect.vault import digest
from tests.rtm.push.conftest import BUNDLE, Served, served
from tests.rtm.push.test_medium import PUSH_BODY, phone
from tests.rtm.push.test_web_push import AUTH, BROWSER_PUBLIC

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def beside(pushed: App, outsider: Member, fcm: Served) -> Callable[[route.Order], Outcome]:
    """Send an order in one batch with one of Harbour, which arrives, and return its outcome."""
    other = App.objects.create(
        organization=outsider.organization,
        app_id="HB12345678",
        name="Ferries",
        channel_type="mobile_web",
        policy=pushed.policy,
        config=pushed.config,
    )
    account = credentials_of(pushed, "android")
    configure_push(app=other, platform="android", credentials=account)
    token = fcm.new_device("bank-1")
    phone(other, "android", token)

    def send(bad: route.Order) -> Outcome:
        found, good = route.send([bad, order_to(other)])
        assert isinstance(good, Dispatched)
        assert len(fcm.received(token)) == 1
        return found

    return send


def order_to(app: App, kind: str = "userid", name: str = "u1", **extras: Any) -> route.Order:
    content = {platform: {"text": "Paid", "extras": extras} for platform in PUSH_BODY}
    later = timezone.now() + dt.timedelta(hours=1)
    return route.Order(uuid.uuid4(), app.pk, kind, name, content, later.timestamp())


@pytest.fixture
def answers(pushed: App, apns: Served, settings: Any) -> Iterator[threading.Event]:
    """Let Apple take calls and answer none of them until the event is set."""
    may_answer, there = threading.Event(), asgi(apns.twin.answer)

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        while scope["type"] == "http" and not may_answer.is_set():
            await asyncio.sleep(0.02)
        await there(scope, receive, send)

    with served(slow) as url:
        settings.APNS_URLS = {"production": url, "sandbox": url}
        yield may_answer
        may_answer.set()


def test_a_batch_to_a_push_service_that_hangs_ends_within_its_lease_whatever_the_number(
    pushed: App, apns: Served, answers: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sending.BEGIN_SECONDS + sending.TIMEOUT < LEASE_SECONDS
    for name, value in {"AT_ONCE": 2, "TIMEOUT": 0.3, "BEGIN_SECONDS": 0.4}.items():
        monkeypatch.setattr(sending, name, value)
    tokens = [apns.new_device(BUNDLE) for _ in range(8)]
    for number, token in enumerate(tokens):
        phone(pushed, "ios", token, user=f"u{number}", device=f"d{number}")
    orders = [order_to(pushed, name=f"u{number}") for number in range(8)]
    outcomes = route.send(orders)
    later = [number for number, came in enumerate(outcomes) if isinstance(came, Postponed)]
    assert all(isinstance(outcomes[number], RetryAt) for number in set(range(8)) - set(later))
    assert later == list(range(8))[-len(later) :]
    assert 4 <= len(later) < 8, "two calls at once, each cut at its time"
    answers.set()
    monkeypatch.undo()
    found = route.send([orders[number] for number in later])
    assert all(isinstance(came, Dispatched) for came in found)
    assert [len(apns.received(tokens[number])) for number in later] == [1] * len(later)


def test_a_message_that_some_devices_were_asked_to_take_has_been_tried(
    pushed: App, apns: Served, answers: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"AT_ONCE": 1, "TIMEOUT": 0.3, "BEGIN_SECONDS": 0.2}.items():
        monkeypatch.setattr(sending, name, value)
    for device in ("d1", "d2"):
        phone(pushed, "ios", apns.new_device(BUNDLE), device=device)
    assert isinstance(route.send([order_to(pushed)])[0], RetryAt)


def kept_once(app: App, endpoint: str) -> str:
    """Plant a subscription as it was kept before its endpoint would have been refused."""
    found = Subscription(endpoint, Keys(BROWSER_PUBLIC, AUTH))
    row = PushAddress.objects.create(
        app=app,
        platform="web",
        digest=digest(endpoint),
        address=msgspec.json.encode(found).decode(),
    )
    return str(row.pk)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://xn--/x",
        "https://xn--a.example/x",
        "https://[fe80::1%25x]/",
        "https://[2001::1]/",
    ],
)
def test_what_one_address_cannot_be_sent_to_costs_its_message_alone(
    pushed: App, beside: Callable[[route.Order], Outcome], endpoint: str
) -> None:
    outcome = beside(order_to(pushed, "pushid", kept_once(pushed, endpoint)))
    assert isinstance(outcome, Failed)
    with pytest.raises(addresses.BadAddress):
        subscription = Subscription(endpoint, Keys(BROWSER_PUBLIC, AUTH))
        addresses.subscribe(app=pushed, subscription=msgspec.to_builtins(subscription))


@pytest.mark.parametrize("change", [{"contact": "a@[127.0.0.1]"}, {"key": "A" * 43}])
def test_what_one_site_cannot_be_signed_with_costs_its_messages_alone(
    pushed: App, beside: Callable[[route.Order], Outcome], change: dict[str, str]
) -> None:
    wrong = msgspec.structs.replace(credentials_of(pushed, "web"), **change)
    configure_push(app=pushed, platform="web", credentials=wrong)
    name = kept_once(pushed, "https://push.example/1")
    assert isinstance(beside(order_to(pushed, "pushid", name)), Failed)


@pytest.mark.parametrize(
    "extras",
    [
        {"collapse_key": "é"},
        {"collapse_key": "a b" * 90},
        {"collapse_key": "a\nb"},
        {"badge": "²"},
        {"badge": "9" * 5000},
        {"badge": {}},
    ],
)
def test_what_one_message_cannot_say_in_a_header_or_badge_holds_up_none(
    pushed: App,
    apns: Served,
    beside: Callable[[route.Order], Outcome],
    extras: dict[str, Any],
) -> None:
    token = apns.new_device(BUNDLE)
    phone(pushed, "ios", token)
    assert isinstance(beside(order_to(pushed, **extras)), Dispatched)
    [note] = apns.received(token)
    assert "badge" not in note["payload"]["aps"]

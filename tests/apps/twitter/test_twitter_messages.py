"""Direct messages in and out through the twin, receipts, and errors by their names."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from imiconnect.apps import health, hooks
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.events import Event, Incoming, Status
from imiconnect.apps.channel_types.handler import OutMessage
from imiconnect.apps.channel_types.twitter.handler import TwitterHandler
from imiconnect.apps.channel_types.twitter.inbound import is_signed, proof
from imiconnect.apps.connection import account_of
from imiconnect.apps.models import App
from imiconnect.rtm.models import ProviderReceipt, Receipt
from imiconnect.sandbox.twitter import telling
from imiconnect.sandbox.twitter.world import store
from tests.apps.twitter.conftest import BANK, CORA

Taken = list[tuple[str, Event]]


def send(app: App, to: str = CORA, **payload: Any) -> Any:
    """Send a payload to a customer."""
    handler = TwitterHandler()
    message = OutMessage(uuid.uuid4(), to, "twitterid", payload)
    return handler.send(account_of(app, handler), message)


def received() -> list[dict[str, Any]]:
    """Return what the customer sees."""
    return [data for _key, data in store.all("message", out=False)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"challenge_string", "sha256=583uAmerwtjpykYEAEm+CEIRm6dOywK4QKRr0ha/Pd4="),
        (b'{"for_user_id":"1"}', "sha256=oRimJrTZrI4uVjsQH57pPKpqjT4OqxThx4oyH5FVI5I="),
    ],
)
def test_the_proof_is_that_of_the_vectors(data: bytes, expected: str) -> None:
    assert proof("test_consumer_secret", data) == expected
    headers = {"x-twitter-webhooks-signature": expected}
    assert is_signed("test_consumer_secret", data, headers)


def test_a_check_registers_the_webhook_once_and_subscribes(twitter_app: App) -> None:
    health.check_now(app=twitter_app)
    health.check_now(app=twitter_app)
    assert len(store.all("hook")) == 1
    assert dict(store.all("account"))[BANK]["hook"]
    assert App.objects.get().checkup.state == "healthy"


def test_a_direct_message_is_taken_in(twitter_app: App, taken: Taken) -> None:
    health.check_now(app=twitter_app)
    data = {"text": "hello!", "quick_reply_response": {"type": "options", "metadata": "r"}}
    assert telling.tell_message(BANK, CORA, "208", data)
    hooks.work_through()
    ((_app, event),) = taken
    assert isinstance(event, Incoming)
    assert (event.address, event.text, event.payload) == (CORA, "hello!", "r")


def test_what_the_account_itself_sends_is_no_message(twitter_app: App, taken: Taken) -> None:
    own = {
        "type": "message_create",
        "id": "1",
        "created_timestamp": "1",
        "message_create": {"sender_id": BANK, "message_data": {"text": "own"}},
    }
    raw = json.dumps({"for_user_id": BANK, "direct_message_events": [own]})
    answer = Client().post(
        "/hooks/twitter/",
        raw,
        content_type="application/json",
        headers={"x-twitter-webhooks-signature": telling._mac(raw.encode())},
    )
    assert answer.status_code == 200
    hooks.work_through()
    assert not taken


def test_an_event_without_a_signature_is_refused(twitter_app: App) -> None:
    answer = Client().post("/hooks/twitter/", "{}", content_type="application/json")
    assert answer.status_code == 403


def test_reading_is_told_up_to_a_moment(twitter_app: App, taken: Taken) -> None:
    health.check_now(app=twitter_app)
    assert telling.tell_reading(BANK, CORA, "77")
    hooks.work_through()
    ((_app, event),) = taken
    assert isinstance(event, Status)
    assert event.watermark
    assert event.sent_ids == ("77",)


def test_a_reading_that_comes_before_its_message_is_recorded_waits_for_it(
    twitter_app: App,
) -> None:
    health.check_now(app=twitter_app)
    assert telling.tell_reading(BANK, CORA, "77")
    hooks.work_through()
    waiting = ProviderReceipt.objects.exclude(provider_id="").get()
    assert (waiting.provider_id, waiting.kind) == ("77", Receipt.Kind.READ)


def test_a_text_reaches_the_customer(twitter_app: App) -> None:
    sent = send(twitter_app, message="Hi, Cora")
    assert received()[0]["text"] == "Hi, Cora"
    assert sent.provider_id == store.all("message", out=False)[0][0]


def test_quick_replies_go_by_the_older_version(twitter_app: App) -> None:
    options = [{"title": "Red", "payload": "r", "description": ""}]
    send(twitter_app, message="Which?", quickReplies={"options": options})
    assert received()[0]["options"] == [{"label": "Red", "metadata": "r"}]


def test_a_document_goes_as_its_address(twitter_app: App) -> None:
    url = "https://a.example/1.pdf"
    send(twitter_app, message="Look", media=[{"contentType": "application/pdf", "file": url}])
    assert received()[0]["text"] == f"Look\n{url}"


@pytest.mark.parametrize(
    ("switch", "name", "retryable"),
    [
        ("expired_token", "credentials", False),
        ("rate_limit", "throttled", True),
        ("closed_window", "unavailable", False),
        ("down", "provider_failed", True),
    ],
)
def test_an_error_of_x_has_its_name(
    twitter_app: App, switch: str, name: str, retryable: bool
) -> None:
    store.set_switches({switch})
    with pytest.raises(ChannelError) as found:
        send(twitter_app, message="hi")
    assert (found.value.outcome.name, found.value.outcome.retryable) == (name, retryable)


def test_a_limit_says_when_to_go_on(twitter_app: App) -> None:
    store.set_switches({"rate_limit"})
    with pytest.raises(ChannelError) as found:
        send(twitter_app, message="hi")
    assert found.value.after == pytest.approx(60.0, abs=5)


def test_too_many_quick_replies_are_refused_before_sending(twitter_app: App) -> None:
    options = [{"title": str(n), "payload": "", "description": ""} for n in range(21)]
    with pytest.raises(ChannelError) as found:
        send(twitter_app, message="Which?", quickReplies={"options": options})
    assert found.value.outcome.name == "content"

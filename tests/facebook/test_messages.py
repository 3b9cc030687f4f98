"""Messages between a service and a customer in Messenger, through the double."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imiconnect.apps import hooks
from imiconnect.apps.channel_types.facebook.handler import FacebookHandler
from imiconnect.apps.channel_types.handler import Sent
from imiconnect.apps.models import App, HookEvent
from imiconnect.audit.models import AuditEntry
from imiconnect.rtm.lanes import OTT
from imiconnect.rtm.models import Attempt, Callback, Contact, Message, OpenMessage
from imiconnect.rtm.ott import profiles, sending
from imiconnect.rtm.processors import dr, mo, mt, provider
from imiconnect.rtm.protocol.states import State
from imiconnect.sandbox.facebook import telling
from imiconnect.sharing.models import Allocation, Service
from tests.facebook.conftest import PAGE, PSID, Later

pytestmark = pytest.mark.django_db(transaction=True)
PLAY = "/tools/sandbox/facebook/"


@pytest.fixture
def rtm_app(page_app: App) -> App:
    """The app that the service of the gateway's tests uses: the page's."""
    return page_app


@pytest.fixture
def connected(page_app: App, service: Service, client: Client) -> App:
    """The page is subscribed, and the service gets everything of it."""
    Allocation.objects.update(channel="fb")
    kinds = {"fb": ["submitted", "delivered", "read", "failed"]}
    Service.objects.update(receipt_kinds=kinds)
    client.post(f"/apps/{page_app.pk}/check/")
    return page_app


def play(client: Client, act: str, text: str = "", **values: str) -> None:
    """Do something as the customer Cora, and let the platform work on it."""
    client.post(PLAY, {"psid": PSID, "act": act, "text": text, **values})
    work()


def work() -> None:
    """Let everything that is due be done."""
    hooks.work_through()
    profiles.read_due()
    mo.process_due()
    provider.process_due()
    dr.process_due()


@pytest.fixture
def send(connected: App, intake: Any) -> Callable[..., Message]:
    """Send by the messaging API, and let the gateway hand it to the provider."""

    def send(text: str = "Hello Cora", to: str = PSID, **channel: Any) -> Message:
        content = {"text": text, **channel} if text else channel
        body = {
            "deliverychannel": "fb",
            "appid": connected.app_id,
            "destination": [{"psid": [to]}],
            "channels": {"OTT-Messaging": {"fb": content}},
        }
        answer = intake.post("/resources/v1/messaging", json=body)
        assert answer.status_code == 202, answer.text
        mt.process_due(lane=OTT)
        return Message.objects.get(transid=answer.json()["response"][0]["transid"])

    return send


def bodies(kind: str) -> list[dict[str, Any]]:
    """Return what went to the customer's server."""
    return [json.loads(row.body) for row in Callback.objects.filter(kind=kind)]


def test_a_customers_message_reaches_the_service(connected: App, client: Client) -> None:
    play(client, "message", "Hällo")
    message = Message.objects.get(direction=Message.Direction.MO)
    assert (message.channel, message.address) == ("fb", PSID)
    assert message.payload["message"] == "Hällo"
    told = bodies("mo")[0]
    assert (told["psid"], told["message"], told["event"]) == (PSID, "Hällo", "MO")
    assert told["appId"] == connected.app_id


def test_a_message_that_is_told_twice_in_other_bytes_is_one(
    connected: App, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bytes] = []
    post = telling._post
    monkeypatch.setattr(telling, "_post", lambda body: told.append(body) or post(body))
    play(client, "message", "Hello")
    post(told[0].replace(b'"time":', b'"time": '))
    work()
    assert HookEvent.objects.count() == 2
    assert Message.objects.count() == 1


def test_a_webhook_keeps_no_words_once_they_are_in_the_log(
    connected: App, client: Client
) -> None:
    play(client, "message", "Hello")
    assert bytes(HookEvent.objects.get().body) == b""


def test_get_started_is_a_postback_for_rules(connected: App, client: Client) -> None:
    client.post(
        f"/apps/{connected.pk}/facebook/welcome/", {"enabled": "on", "payload": "START"}
    )
    play(client, "postback", "Get Started")
    payload = Message.objects.get().payload
    assert payload["event"] == "postback"
    assert payload["interactiveData"]["payload"] == "START"
    assert bodies("mo")[0]["interactiveData"]["title"] == "Get Started"


def test_send_to_messenger_is_an_opt_in(connected: App, client: Client) -> None:
    play(client, "optin", ref="home")
    assert Message.objects.get().payload == {
        "message": "", "event": "optin",
        "extras": {"ref": "home", "plugin": "send_to_messenger"},
    }  # fmt: skip
    assert Contact.objects.get().address == PSID


def test_an_answer_arrives_and_its_receipts_come_back(
    send: Callable[..., Message], client: Client, later: Later
) -> None:
    play(client, "message", "Hi")
    message = send("Hello Cora")
    assert message.state == State.SUBMITTED
    assert "Hello Cora" in client.get(f"{PLAY}?page={PAGE}&psid={PSID}").text
    later.run()
    work()
    message.refresh_from_db()
    assert message.state == State.DELIVERED
    play(client, "read")
    message.refresh_from_db()
    assert message.state == State.READ
    words = [
        b["deliveryInfoNotification"]["deliveryInfo"]["deliveryStatus"] for b in bodies("dr")
    ]
    assert sorted(words) == ["Delivered", "Read", "Submitted"]


def test_what_is_read_before_the_platform_has_written_it_down_is_read(
    send: Callable[..., Message], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(client, "message", "Hi")
    hand_over = FacebookHandler.send

    def and_read(*asked: Any) -> Sent:
        sent = hand_over(*asked)
        play(client, "read")
        return sent

    monkeypatch.setattr(FacebookHandler, "send", and_read)
    message = send("Hello Cora")
    work()
    message.refresh_from_db()
    assert message.state == State.READ


def test_a_quick_reply_comes_back_with_its_payload(
    send: Callable[..., Message], client: Client
) -> None:
    play(client, "message", "Hi")
    options = [{"label": "Red", "metadata": "RED"}]
    send("Which?", quick_reply={"type": "options", "options": options})
    assert "Red" in client.get(f"{PLAY}?page={PAGE}&psid={PSID}").text
    play(client, "message", "Red", payload="RED")
    data = Message.objects.filter(direction=Message.Direction.MO).latest("id").payload
    assert data["interactiveData"] == {
        "type": "quickReplyPostback", "title": "Red", "payload": "RED",
    }  # fmt: skip


REFUSALS = [
    ("expired_token", State.FAILED, 7202, "Reconnect"),
    ("closed_window", State.FAILED, 7201, "the customer writes first"),
    ("rate_limit", State.QUEUED, 7202, "more slowly"),
    ("down", State.QUEUED, 7201, "fault of its own"),
]


@pytest.mark.parametrize(("switch", "state", "code", "words"), REFUSALS)
def test_each_refusal_has_its_outcome(
    send: Callable[..., Message],
    client: Client,
    twin: Any,
    switch: str,
    state: State,
    code: int,
    words: str,
) -> None:
    play(client, "message", "Hi")
    twin.set_switches({switch})
    message = send()
    assert (message.state, message.code) == (state, code)
    assert words in message.reason
    attempt = Attempt.objects.get(message_id=message.pk)
    assert (attempt.route, attempt.succeeded) == ("facebook", False)


def test_an_expired_token_breaks_the_app_at_the_first_message(
    send: Callable[..., Message], client: Client, twin: Any, connected: App, mailoutbox: Any
) -> None:
    play(client, "message", "Hi")
    twin.set_switches({"expired_token"})
    send()
    send()
    connected.refresh_from_db()
    assert connected.checkup.state == "broken"
    assert len(mailoutbox) == 1


def test_a_rate_limit_is_tried_again_when_facebook_says(
    send: Callable[..., Message], client: Client, twin: Any
) -> None:
    play(client, "message", "Hi")
    twin.set_switches({"rate_limit"})
    message = send()
    due = OpenMessage.objects.get().due_at
    assert dt.timedelta(seconds=1) < due - timezone.now() < dt.timedelta(seconds=5)
    twin.set_switches(set())
    mt.process_due(lane=OTT, now=timezone.now() + dt.timedelta(seconds=5))
    message.refresh_from_db()
    assert message.state == State.SUBMITTED


def test_a_window_that_is_over_is_not_even_tried(
    send: Callable[..., Message], client: Client, later: Later, twin: Any
) -> None:
    play(client, "message", "Hi")
    Contact.objects.update(last_in_at=timezone.now() - dt.timedelta(hours=25))
    before = len(twin.all("message"))
    assert send().reason.endswith("the customer writes first.")
    assert len(twin.all("message")) == before
    assert send("By a person", tag="HUMAN_AGENT").state == State.SUBMITTED


def test_a_customer_of_nobody_is_unknown(send: Callable[..., Message]) -> None:
    message = send(to="999")
    assert (message.state, message.code) == (State.FAILED, 7203)


def test_an_app_keeps_within_its_rate(
    connected: App,
    client: Client,
    intake: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play(client, "message", "Hi")
    monkeypatch.setattr(sending, "AT_ONCE", 1)
    body = {
        "deliverychannel": "fb",
        "appid": connected.app_id,
        "destination": [{"psid": [PSID] * 50}],
        "channels": {"fb": {"text": "x"}},
    }
    assert intake.post("/resources/v1/messaging", json=body).status_code == 202
    mt.process_due(lane=OTT)
    waiting = OpenMessage.objects.filter(due_at__isnull=False)
    assert waiting.count() == 10
    assert not waiting.filter(failures__gt=0).exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"text": "x" * 2001}, "2,000"),
        ({"text": "x", "tag": "ACCOUNT_UPDATE"}, "withdrawn"),
        ({}, "text"),
        ({"attachment": {"type": "image", "payload": {}}}, "url"),
        ({"text": 5}, "documented"),
    ],
)
def test_content_that_messenger_refuses_is_not_accepted(
    connected: App,
    intake: Any,
    content: dict[str, Any],
    words: str,
) -> None:
    body = {
        "deliverychannel": "fb",
        "appid": connected.app_id,
        "destination": [{"psid": [PSID]}],
        "channels": {"fb": content},
    }
    answer = intake.post("/resources/v1/messaging", json=body)
    assert answer.status_code == 400
    assert words in answer.json()["response"][0]["description"]


def _is_ours(record: Any) -> bool:
    """Tell whether a line would be written: the database's own are only for developers."""
    return not record.name.startswith(("django.db", "psycopg"))


def test_no_token_is_in_any_record(
    send: Callable[..., Message],
    client: Client,
    twin: Any,
    connected: App,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    play(client, "message", "Hi")
    send()
    twin.set_switches({"expired_token"})
    send()
    token = twin.all("token", kind="page", page=PAGE)[0][0]
    kept = [str(row) for row in Attempt.objects.values_list("detail", "reason")]
    kept += [str(row) for row in AuditEntry.objects.values_list("before", "after")]
    kept += [str(row) for row in Message.objects.values_list("payload", "reason")]
    kept += [str(row) for row in Callback.objects.values_list("body")]
    kept += [client.get(url).text for url in ("/apps/", f"/apps/{connected.pk}/")]
    kept.append(client.get(f"/api/v1/apps/{connected.pk}/").text)
    kept.append("\n".join(row.getMessage() for row in caplog.records if _is_ours(row)))
    assert token not in " ".join(kept)
    assert telling.hook_url().endswith("/hooks/facebook/")

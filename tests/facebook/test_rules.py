"""The specification's rules on Facebook: a thank-you on Get Started, a sign-in by opt-in."""

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.rtm.lanes import OTT
from imiconnect.rtm.models import Callback, Contact, Customer, Message, Receipt, RuleEvent
from imiconnect.rtm.ott import profiles
from imiconnect.rtm.processors import dr, mt, rules
from imiconnect.rtm.protocol.states import State
from imiconnect.sandbox.facebook import world
from imiconnect.sharing.models import Rule, Service
from imiconnect.sharing.rules.services import Draft, create_rule
from tests.facebook.conftest import PSID
from tests.facebook.test_messages import connected, play, rtm_app, send  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db(transaction=True)


def test_get_started_is_thanked_for(
    connected: App,  # noqa: F811 - the fixture
    service: Service,
    client: Client,
) -> None:
    client.post(
        f"/apps/{connected.pk}/facebook/welcome/", {"enabled": "on", "payload": "START"}
    )
    create_rule(
        service=service,
        draft=Draft(
            name="Thanks",
            listens="postback",
            conditions=[{"field": "payload", "operator": "is", "value": "START"}],
            action="message",
            text="Thank you for visiting",
        ),
    )
    play(client, "postback", "Get Started")
    rules.process_due()
    mt.process_due(lane=OTT)
    answer = Message.objects.get(direction=Message.Direction.MT)
    assert (answer.channel, answer.address, answer.app) == ("fb", PSID, connected)
    assert answer.payload["message"] == "Thank you for visiting"
    assert answer.state == State.SUBMITTED


def test_send_to_messenger_signs_somebody_in(
    connected: App,  # noqa: F811 - the fixture
    service: Service,
    client: Client,
) -> None:
    create_rule(
        service=service,
        draft=Draft(
            name="Sign in",
            listens="optin",
            action="url",
            url="https://northwind.example/signed-in",
        ),
    )
    play(client, "optin", "session-7", ref="session-7")
    rules.process_due()
    told = json.loads(Callback.objects.get(kind="ru").body)
    assert (told["event"], told["data"]["from"]) == ("optin", PSID)
    assert told["data"]["ref"] == "session-7"


def ticked(client: Client, service: Service) -> Message:
    """Tick a checkbox, with a rule that answers; return the answer."""
    create_rule(
        service=service,
        draft=Draft(
            name="Welcome",
            listens="optin",
            conditions=[{"field": "plugin", "operator": "is", "value": "checkbox"}],
            action="message",
            text="Thank you for signing up",
        ),
    )
    play(client, "checkbox", ref="order-7", user_ref="unique-9")
    rules.process_due()
    mt.process_due(lane=OTT)
    found: Message = Message.objects.get(direction=Message.Direction.MT)
    return found


def test_whoever_ticks_a_checkbox_is_logged_and_answered_once(
    connected: App,  # noqa: F811 - the fixture
    service: Service,
    client: Client,
) -> None:
    answer = ticked(client, service)
    assert (answer.address, answer.state) == ("user_ref:unique-9", State.SUBMITTED)
    logged = Message.objects.get(direction=Message.Direction.MO)
    assert logged.payload["extras"] == {"ref": "order-7", "plugin": "checkbox"}
    assert not Contact.objects.filter(address=logged.address).exists()
    ((_key, kept),) = world.store.all("user_ref")
    assert kept["used"]


def test_the_answer_to_a_checkbox_is_delivered_for_meta_tells_no_more(
    connected: App,  # noqa: F811 - the fixture
    service: Service,
    client: Client,
) -> None:
    answer = ticked(client, service)
    dr.process_due()
    answer.refresh_from_db()
    assert (answer.state, answer.code) == (State.DELIVERED, 7500)


def test_what_is_sent_to_a_person_waits_for_metas_word(
    connected: App,  # noqa: F811 - the fixture
    client: Client,
    send: Any,  # noqa: F811 - the fixture
) -> None:
    play(client, "message", "Hello")
    sent = send("Hello Cora")
    assert not Receipt.objects.filter(tid=sent.id).exists()


def test_meta_takes_no_second_message_to_a_checkbox(
    connected: App,  # noqa: F811 - the fixture
    service: Service,
    client: Client,
    send: Any,  # noqa: F811 - the fixture
) -> None:
    ticked(client, service)
    assert send("Once more", to="user_ref:unique-9").state == State.FAILED


def test_a_followed_link_is_logged_and_acted_on(
    connected: App,  # noqa: F811 - the fixture
    service: Service,
    client: Client,
) -> None:
    create_rule(
        service=service,
        draft=Draft(
            name="Poster",
            listens="referral",
            conditions=[{"field": "ref", "operator": "is", "value": "poster-3"}],
            action="url",
            url="https://northwind.example/poster",
        ),
    )
    play(client, "referral", ref="poster-3")
    rules.process_due()
    told = json.loads(Callback.objects.get(kind="ru").body)
    assert (told["event"], told["data"]["source"]) == ("referral", "SHORTLINK")
    assert Message.objects.get().payload["event"] == "referral"
    assert Contact.objects.get(address=PSID).last_in_at is not None


@pytest.fixture
def greeting(connected: App, service: Service) -> Rule:  # noqa: F811 - the fixture
    """A rule that greets whoever writes by name."""
    draft = Draft(
        name="Greeting",
        listens="message",
        action="message",
        text="Hello {{profile.first_name}} of {{profile.city}}, thank you",
    )
    return create_rule(service=service, draft=draft)


def said() -> list[str]:
    """Return what was said to customers, oldest first."""
    rows = Message.objects.filter(direction=Message.Direction.MT).order_by("pk")
    return [row.payload["message"] for row in rows]


def test_the_first_answer_calls_a_customer_by_name(greeting: Rule, client: Client) -> None:
    play(client, "message", "Hello")
    rules.process_due()
    assert said() == ["Hello Cora of , thank you"]
    contact = Contact.objects.get()
    assert contact.profile["name"] == "Cora Customer"
    assert contact.profile_due_at is None


def test_the_master_profile_of_a_linked_customer_stands_above(
    greeting: Rule, client: Client
) -> None:
    play(client, "message", "Hello")
    customer = Customer.objects.create(
        organization=greeting.organization,
        customer_id="c1",
        attributes={"first_name": "Coraline", "city": "Bern"},
    )
    Contact.objects.update(customer=customer)
    rules.process_due()
    assert said() == ["Hello Coraline of Bern, thank you"]


def test_rules_wait_for_a_profile_a_moment_and_no_longer(
    greeting: Rule, client: Client, twin: Any
) -> None:
    twin.set_switches({"down"})
    play(client, "message", "Hello")
    assert Contact.objects.get().profile_due_at > timezone.now() + dt.timedelta(minutes=5)
    rules.process_due()
    assert said() == ["Hello  of , thank you"]


def test_without_an_answer_of_the_provider_an_event_is_due_five_seconds_later(
    greeting: Rule, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "read_due", lambda: 0)
    play(client, "message", "Hello")
    event = RuleEvent.objects.get()
    wait = event.due_at - timezone.now()
    assert dt.timedelta() < wait <= dt.timedelta(seconds=5)

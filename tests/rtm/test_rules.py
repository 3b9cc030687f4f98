"""Rules of services carried out: events noted, planned once, done once, within limits."""

import datetime as dt
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.connect.device_events import report_event
from imiconnect.rtm.connect.registration import Profile, update_profile
from imiconnect.rtm.models import (
    Callback,
    Customer,
    Device,
    Inbound,
    Message,
    Receipt,
    RuleEvent,
)
from imiconnect.rtm.processors import dr, mo, mt
from imiconnect.rtm.processors.rules import process_due
from imiconnect.rtm.rules import acting, planning
from imiconnect.rtm.rules.intake import note_events
from imiconnect.rtm.rules.sources import Heard, note_messages
from imiconnect.sharing.models import Rule, RuleRun, Service
from imiconnect.sharing.rules import limits
from imiconnect.sharing.rules.events import Event
from imiconnect.sharing.rules.services import Draft, create_rule

pytestmark = pytest.mark.django_db(transaction=True)

MakeRule = Callable[..., Rule]


@pytest.fixture
def rule(service: Service) -> MakeRule:
    """Make a rule of the service that thanks whoever writes, unless told otherwise."""

    def make(**parts: Any) -> Rule:
        values: dict[str, Any] = {
            "name": f"Rule {service.rules.count()}",
            "listens": "message",
            "action": "message",
            "text": "Thank you for “{{text}}”",
        }
        return create_rule(service=service, draft=Draft(**values | parts))

    return make


def say(app: App, text: str, user: str = "u1", **body: Any) -> None:
    """Let a device send a message, and log it."""
    Inbound.objects.create(
        app_id=app.pk, address=user, device_id="d1", body={"message": text, **body}
    )
    mo.process_due()


def sent() -> list[tuple[str, str]]:
    """Return addressee and text of each message to a customer, oldest first."""
    rows = Message.objects.filter(direction=0).order_by("id")
    return [(row.address, row.payload["message"]) for row in rows]


def event_of(service: Service, app: App, **parts: Any) -> Event:
    values: dict[str, Any] = {
        "kind": "message",
        "organization_id": service.organization_id,
        "channel": "rt",
        "address": "u1",
        "app_id": app.pk,
        "service_id": service.pk,
        "values": {"text": "Hello"},
    }
    return Event(**values | parts)


def test_a_message_is_answered_in_its_own_thread(
    rtm_app: App, service: Service, rule: MakeRule
) -> None:
    made = rule()
    say(rtm_app, "Hello")
    assert process_due() == 2
    assert sent() == [("u1", "Thank you for “Hello”")]
    incoming, answer = Message.objects.order_by("id")
    assert answer.thread_id == incoming.thread_id
    run = RuleRun.objects.get()
    assert (run.rule, run.state, run.transid) == (made, "done", answer.transid)
    assert not RuleEvent.objects.exists()


def test_a_keyword_calls_a_url(rtm_app: App, service: Service, rule: MakeRule) -> None:
    savings = {"field": "keyword", "operator": "one_of", "value": "SAVINGS, SAVE"}
    rule(
        listens="keyword",
        conditions=[savings],
        action="url",
        url="https://customer.test/savings",
    )
    say(rtm_app, "savings please")
    say(rtm_app, "hello")
    process_due()
    callback = Callback.objects.get(kind=Callback.Kind.RULE)
    assert callback.url == "https://customer.test/savings"
    body = json.loads(callback.body)
    assert (body["event"], body["data"]["keyword"]) == ("message", "SAVINGS")
    assert body["rule"]["name"] == "Rule 0"
    assert RuleRun.objects.get().pk == callback.pk


def test_a_button_is_a_postback(rtm_app: App, service: Service, rule: MakeRule) -> None:
    started = {"field": "payload", "operator": "is", "value": "GET_STARTED"}
    rule(listens="postback", conditions=[started], text="Thank you for visiting")
    say(rtm_app, "Get Started", interactiveData={"payload": "GET_STARTED"})
    process_due()
    assert sent() == [("u1", "Thank you for visiting")]


def test_a_battery_below_five_percent_is_told_once(
    rtm_app: App, service: Service, rule: MakeRule, device: Device
) -> None:
    low = {"field": "battery", "operator": "falls_below", "value": "5"}
    rule(listens="device", conditions=[low], text="Your battery is at {{battery}} percent")
    for level in ("40", "4", "3"):
        report_event(device=device, event="BATTERYCHANGE", data={"level": level})
        process_due()
    assert sent() == [("u1", "Your battery is at 4 percent")]


def test_an_attribute_that_stays_the_same_is_no_event(
    rtm_app: App, service: Service, rule: MakeRule, device: Device
) -> None:
    rule(listens="device", text="{{battery}}")
    for _ in range(2):
        update_profile(device=device, profile=Profile(attributes={"battery": "4"}))
    assert RuleEvent.objects.count() == 1


def test_a_receipt_is_an_event(
    rtm_app: App, service: Service, rule: MakeRule, send: Callable[..., Message]
) -> None:
    read = {"field": "status", "operator": "is", "value": "read"}
    rule(listens="receipt", conditions=[read], text="You have read {{correlation_id}}")
    message = send(correlationid="c1")
    mt.process_due()
    Receipt.objects.create(tid=message.pk, app_id=rtm_app.pk, address="u1", kind=3)
    dr.process_due()
    process_due()
    assert sent()[1:] == [("u1", "You have read c1")]


def test_a_rule_does_not_answer_the_receipts_of_its_own_message(
    rtm_app: App, service: Service, rule: MakeRule, send: Callable[..., Message]
) -> None:
    rule(listens="receipt", text="A receipt came")
    send()
    for _ in range(4):
        mt.process_due()
        process_due()
    assert [text for _, text in sent()] == ["Hello", "A receipt came"]
    skipped = RuleRun.objects.get(state="skipped")
    assert skipped.reason == planning.LOOP


@pytest.mark.parametrize(
    ("payload", "kinds"),
    [
        ({"message": "Hello"}, {"message"}),
        ({"event": "optin", "extras": {"ref": "s-7"}}, {"optin"}),
        ({"event": "optout", "extras": {"ref": "s-7"}}, set()),
        ({"event": "postback", "interactiveData": {"payload": "P"}}, {"postback"}),
        ({"message": "Yes", "interactiveData": {"payload": "YES"}}, {"message", "postback"}),
    ],
)
def test_what_providers_tell_has_its_kind(
    payload: dict[str, Any],
    kinds: set[str],
    rtm_app: App,
    service: Service,
    rule: MakeRule,
) -> None:
    for listens in ("message", "optin", "postback", "receipt"):
        rule(listens=listens, text="Hello")
    heard = Heard(
        id=uuid7(),
        organization_id=service.organization_id,
        service_id=service.pk,
        app_id=rtm_app.pk,
        thread_id=None,
        channel="fb",
        address="4711",
        to="NB12345678",
        payload=payload,
        at=timezone.now(),
    )
    note_messages([heard])
    assert set(RuleEvent.objects.values_list("kind", flat=True)) == kinds


def test_the_opt_in_of_a_plugin_reaches_the_service_of_the_app(
    rtm_app: App, service: Service, rule: MakeRule
) -> None:
    rule(listens="optin", action="url", url="https://customer.test/sign-in")
    optin = event_of(
        service, rtm_app, kind="optin", service_id=None, values={"ref": "session-7"}
    )
    with transaction.atomic():
        assert note_events([optin]) == 1
    process_due()
    assert json.loads(Callback.objects.get().body)["data"]["ref"] == "session-7"


def test_an_event_that_no_rule_waits_for_leaves_no_row(
    rtm_app: App, service: Service, rule: MakeRule
) -> None:
    rule(listens="postback", text="Hello")
    rule(is_active=False)
    say(rtm_app, "Hello")
    assert not RuleEvent.objects.exists()


def test_an_event_that_is_rolled_back_is_none(
    rtm_app: App, service: Service, rule: MakeRule
) -> None:
    rule()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        note_events([event_of(service, rtm_app)])
        raise ZeroDivisionError
    assert not RuleEvent.objects.exists()


def test_the_same_event_acts_once_though_it_is_told_twice(
    rtm_app: App, service: Service, rule: MakeRule
) -> None:
    rule()
    event = event_of(service, rtm_app)
    note_events([event])
    process_due()
    note_events([event])
    process_due()
    assert len(sent()) == 1


def test_an_action_whose_record_is_lost_is_not_done_again(
    rtm_app: App, service: Service, rule: MakeRule
) -> None:
    rule()
    rule(name="Tell", action="url", url="https://customer.test/told")
    note_events([event_of(service, rtm_app)])
    process_due()
    done = RuleRun.objects.get(transid__isnull=False)
    RuleRun.objects.update(state="pending", due_at=timezone.now(), transid=None)
    assert acting.act_due(limit=10, now=timezone.now()) == 2
    assert len(sent()) == 1
    assert Callback.objects.count() == 1
    again = RuleRun.objects.get(pk=done.pk)
    assert (again.state, again.transid) == ("done", done.transid)


def test_an_action_of_a_processor_that_died_is_taken_over(
    rtm_app: App, service: Service, rule: MakeRule, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule()
    note_events([event_of(service, rtm_app)])
    now = timezone.now()

    def dies(_requests: Any) -> Any:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(acting, "send_requests", dies)
        with pytest.raises(ConnectionError):
            process_due(now=now)
    assert process_due(now=now) == 0
    later = now + dt.timedelta(seconds=acting.LEASE_SECONDS)
    assert process_due(now=later) == 1
    assert len(sent()) == 1


def test_what_is_too_old_is_dropped_with_a_reason(
    rtm_app: App, service: Service, rule: MakeRule
) -> None:
    rule()
    note_events([event_of(service, rtm_app)])
    now = timezone.now()
    planning.plan_due(limit=10, now=now)
    acting.act_due(limit=10, now=now + dt.timedelta(days=1))
    assert RuleRun.objects.get().reason == acting.LATE
    assert not sent()


def test_a_service_that_is_suspended_does_nothing(
    rtm_app: App, service: Service, rule: MakeRule
) -> None:
    rule()
    note_events([event_of(service, rtm_app)])
    Service.objects.update(state=Service.State.SUSPENDED)
    process_due()
    assert not RuleRun.objects.exists()


def test_an_app_that_the_service_may_not_use_is_refused_with_its_code(
    rtm_app: App, service: Service, rule: MakeRule
) -> None:
    rule()
    note_events([event_of(service, rtm_app)])
    service.allocations.all().delete()
    process_due()
    run = RuleRun.objects.get()
    assert (run.state, run.code) == ("failed", 7018)
    assert "not an app that this service uses" in run.reason


def test_rules_act_in_their_order_until_one_stops(
    rtm_app: App, service: Service, rule: MakeRule
) -> None:
    rule(text="first")
    rule(text="second", stops=True)
    rule(text="third")
    say(rtm_app, "Hello")
    process_due()
    assert {text for _, text in sent()} == {"first", "second"}


def test_a_rule_acts_so_often_a_minute(rtm_app: App, service: Service, rule: MakeRule) -> None:
    rule(limit_per_minute=2)
    note_events([event_of(service, rtm_app, address=f"u{n}") for n in range(3)])
    process_due()
    assert len(sent()) == 2
    assert RuleRun.objects.get(state="skipped").reason == limits.LIMIT


def test_a_rule_pauses_for_a_customer(rtm_app: App, service: Service, rule: MakeRule) -> None:
    rule(pause_seconds=3600)
    for user in ("u1", "u1", "u2"):
        note_events([event_of(service, rtm_app, address=user)])
        process_due()
    assert [user for user, _ in sent()] == ["u1", "u2"]


def test_two_machines_that_answer_each_other_stop(
    rtm_app: App, service: Service, rule: MakeRule
) -> None:
    rule()
    note_events([event_of(service, rtm_app) for _ in range(12)])
    process_due()
    assert len(sent()) == limits.FLOOD_A_MINUTE
    assert set(RuleRun.objects.filter(state="skipped").values_list("reason", flat=True)) == {
        limits.FLOOD
    }


def test_texts_know_the_profile_of_the_customer(
    rtm_app: App, service: Service, rule: MakeRule, device: Device
) -> None:
    grace = Customer.objects.create(
        organization=service.organization, customer_id="1001", attributes={"name": "Grace"}
    )
    Device.objects.filter(pk=device.pk).update(customer=grace)
    rule(text="Hello {{profile.name}} ({{customer_id}})")
    say(rtm_app, "Hello")
    process_due()
    assert sent() == [("u1", "Hello Grace (1001)")]


def test_an_event_of_another_organization_is_not_seen(
    rtm_app: App, service: Service, rule: MakeRule
) -> None:
    rule()
    assert note_events([event_of(service, rtm_app, organization_id=uuid7())]) == 0


def test_two_processors_at_once_hold_the_limit_of_a_rule(
    rtm_app: App, service: Service, rule: MakeRule
) -> None:
    rule(limit_per_minute=5)
    note_events([event_of(service, rtm_app, address=f"u{n}") for n in range(40)])

    def work() -> None:
        while planning.plan_due(limit=4, now=timezone.now()):
            pass
        connection.close()

    runs = [threading.Thread(target=work) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert RuleRun.objects.count() == 40
    assert RuleRun.objects.filter(state="pending").count() == 5

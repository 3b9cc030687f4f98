"""Rules as the service writes them, and how they judge an event."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.audit.models import AuditEntry
from imiconnect.identity import uuid7
from imiconnect.sharing import services as sharing
from imiconnect.sharing.models import Rule, Service
from imiconnect.sharing.rules import services
from imiconnect.sharing.rules.events import Event
from imiconnect.sharing.rules.matching import judge
from imiconnect.sharing.rules.rendering import filled, render
from imiconnect.sharing.rules.services import Draft


def draft(**parts: Any) -> Draft:
    values = {"name": "Thanks", "listens": "message", "action": "message", "text": "Thank you"}
    return Draft(**{**values, **parts})


def event(**parts: Any) -> Event:
    values: dict[str, Any] = {
        "kind": "message", "organization_id": uuid7(), "channel": "rt", "address": "u1",
    }  # fmt: skip
    return Event(**values | parts)


def judged(rule: Rule, seen: Event, now: dt.datetime | None = None) -> bool:
    return judge(rule, seen, seen.variables(), now or timezone.now()).matches


@pytest.fixture
def rule(service: Service) -> Rule:
    return services.create_rule(service=service, draft=draft())


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"name": " "}, "name"),
        ({"listens": "rain"}, "listens"),
        ({"action": "dance"}, "action"),
        ({"text": ""}, "text"),
        ({"text": "{{colour}}"}, "text"),
        ({"recipient": ""}, "recipient"),
        ({"action": "url", "url": ""}, "url"),
        ({"action": "url", "url": "ftp://customer.test/"}, "url"),
        ({"channel": "smoke"}, "channel"),
        ({"send_channel": "smoke"}, "send_channel"),
        ({"limit_per_minute": 0}, "limit_per_minute"),
        ({"pause_seconds": -1}, "pause_seconds"),
        ({"listens": "keyword"}, "conditions"),
        ({"conditions": [{"field": "x", "operator": "is", "value": "1"}]}, "conditions"),
        ({"conditions": [{"field": "text", "operator": "like", "value": "1"}]}, "conditions"),
        ({"conditions": [{"field": "text", "operator": "is", "value": " "}]}, "conditions"),
        ({"conditions": [{"field": "text", "operator": "below", "value": "x"}]}, "conditions"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_at_its_field(
    parts: dict[str, Any], field: str, service: Service
) -> None:
    with pytest.raises(ValidationError) as refused:
        services.create_rule(service=service, draft=draft(**parts))
    assert list(refused.value.message_dict) == [field]


def test_an_end_before_the_beginning_is_refused(service: Service) -> None:
    now = timezone.now()
    with pytest.raises(ValidationError, match="end must come after"):
        services.create_rule(service=service, draft=draft(starts_at=now, ends_at=now))


def test_two_rules_of_a_service_have_two_names(service: Service, rule: Rule) -> None:
    with pytest.raises(ValidationError, match="rule with this name"):
        services.create_rule(service=service, draft=draft(name="THANKS"))


def test_an_app_that_the_service_does_not_use_is_refused(service: Service, app: App) -> None:
    with pytest.raises(ValidationError, match="does not use this app"):
        services.create_rule(service=service, draft=draft(app=app))
    sharing.allocate(service=service, app=app)
    rule = services.create_rule(service=service, draft=draft(app=app, send_app=app))
    assert (rule.channel, rule.send_channel) == ("rt", "rt")


def test_an_app_that_a_rule_names_is_not_deleted_under_it(service: Service, app: App) -> None:
    from imiconnect.apps.services import deletion_blockers

    sharing.allocate(service=service, app=app)
    services.create_rule(service=service, draft=draft(app=app))
    for allocation in service.allocations.all():
        sharing.deallocate(allocation=allocation)
    assert ["The rule Thanks of Alerts names it."] == [
        str(blocker.text) for blocker in deletion_blockers(app)
    ]


def test_rules_move_up_and_down(service: Service) -> None:
    rules = [services.create_rule(service=service, draft=draft(name=name)) for name in "ABC"]
    services.move_rule(rule=rules[2], position=0)
    services.move_rule(rule=rules[0], position=99)
    assert [rule.name for rule in service.rules.in_order()] == ["C", "B", "A"]
    entry = AuditEntry.objects.filter(action="rule.moved").first()
    assert (entry.before, entry.after) == ({"position": 1}, {"position": 2})


def test_two_rules_cannot_have_one_place(service: Service, rule: Rule) -> None:
    other = services.create_rule(service=service, draft=draft(name="Other"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Rule.objects.filter(pk=other.pk).update(position=rule.position)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_change_is_recorded_with_what_was_before(rule: Rule) -> None:
    services.update_rule(rule=rule, text="Many thanks")
    entry = AuditEntry.objects.get(action="rule.updated")
    assert (entry.before, entry.after) == ({"text": "Thank you"}, {"text": "Many thanks"})


def test_pausing_and_deleting_are_recorded(rule: Rule) -> None:
    services.set_active(rule=rule, active=False)
    assert Rule.objects.get(pk=rule.pk).state == "paused"
    services.set_active(rule=rule, active=True)
    services.delete_rule(rule=rule)
    actions = AuditEntry.objects.filter(action__startswith="rule.").order_by("id")
    assert list(actions.values_list("action", flat=True)) == [
        "rule.created", "rule.paused", "rule.resumed", "rule.deleted",
    ]  # fmt: skip


def test_a_changed_action_forgets_what_it_does_not_need(rule: Rule) -> None:
    services.update_rule(rule=rule, action="url", url="https://customer.test/")
    rule.refresh_from_db()
    assert (rule.text, rule.recipient, rule.url) == ("", "", "https://customer.test/")


@pytest.mark.parametrize(
    ("operator", "value", "found", "before", "matches"),
    [
        ("is", "yes", " YES ", None, True),
        ("is_not", "yes", "no", None, True),
        ("is_not", "yes", "yes", None, False),
        ("one_of", "a, b", "B", None, True),
        ("one_of", "a, b", "", None, False),
        ("contains", "loan", "A LOAN please", None, True),
        ("starts_with", "help", "Help me", None, True),
        ("below", "5", "4%", None, True),
        ("below", "5", "5", None, False),
        ("above", "5", 5.5, None, True),
        ("below", "5", "much", None, False),
        ("falls_below", "5", 4, 40, True),
        ("falls_below", "5", 4, None, True),
        ("falls_below", "5", 3, 4, False),
    ],
)
def test_a_condition_compares(
    operator: str, value: str, found: Any, before: Any, matches: bool
) -> None:
    part = {"field": "battery", "operator": operator, "value": value}
    rule = Rule(listens="device", conditions=[part])
    seen = event(kind="device", values={"battery": found}, before={"battery": before})
    assert judged(rule, seen) is matches


def test_what_an_event_does_not_tell_matches_nothing() -> None:
    part = {"field": "battery", "operator": "is_not", "value": "5"}
    assert not judged(Rule(listens="device", conditions=[part]), event(kind="device"))


def test_a_rule_holds_within_its_validity(rule: Rule) -> None:
    now = timezone.now()
    rule.starts_at, rule.ends_at = now, now + dt.timedelta(hours=1)
    assert not judged(rule, event(), now - dt.timedelta(seconds=1))
    assert judged(rule, event(), now)
    assert not judged(rule, event(), now + dt.timedelta(hours=1))


def test_a_verdict_gives_its_reasons() -> None:
    part = {"field": "text", "operator": "contains", "value": "loan"}
    rule = Rule(listens="message", conditions=[part], is_active=False, channel="sms")
    seen = event(values={"text": "Hello"})
    verdict = judge(rule, seen, seen.variables(), timezone.now())
    assert [check.text for check in verdict.checks if not check.passed] == [
        "It did not come by SMS.",
        "It is paused.",
        "Text: asked for contains “loan”, found “Hello”.",
    ]


@given(st.text(), st.text())
def test_filling_in_never_fails_and_fills_nothing_twice(text: str, value: str) -> None:
    assert filled("{{a}}" + text.replace("{", ""), {"a": value}) == value + text.replace(
        "{", ""
    )


def test_a_call_goes_out_by_voice(service: Service, admin: Member) -> None:
    rule = Rule(
        service=service, listens="keyword", action="call", recipient="{{from}}", text="Savings"
    )
    seen = event(channel="sms", address="447700900123", values={"text": "SAVINGS"})
    act = render(rule, seen, seen.variables(), {})
    assert act["request"]["deliverychannel"] == "voice"
    assert act["request"]["destination"] == [{"msisdn": ["447700900123"]}]

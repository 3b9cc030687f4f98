"""Rules over pages and REST: the wizard, the list, one rule, and trying an event out."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.sharing import services as sharing
from imiconnect.sharing.models import Rule, RuleRun, Service
from imiconnect.sharing.rules.services import Draft, create_rule

ClientOf = Callable[[Member], Client]


@pytest.fixture
def used(service: Service, app: App) -> Service:
    """The service with an app."""
    sharing.allocate(service=service, app=app)
    return service


@pytest.fixture
def rule(used: Service) -> Rule:
    return create_rule(service=used, draft=thanks("Thanks"))


def thanks(name: str, **parts: Any) -> Draft:
    values: dict[str, Any] = {"listens": "message", "action": "message", "text": "Thank you"}
    return Draft(name=name, **values | parts)


def url(service: Service, page: str, *args: Any) -> str:
    return reverse(f"services:{page}", args=[service.pk, *args])


def step(client: Client, service: Service, slug: str, **values: Any) -> Any:
    return client.post(url(service, "new_rule", slug), values)


def test_the_wizard_makes_a_rule_in_the_documented_order(
    used: Service, app: App, developer: Member, client_of: ClientOf
) -> None:
    client = client_of(developer)
    step(client, used, "channel", way=f"app:{app.pk}")
    step(client, used, "event", listens="keyword")
    refused = step(client, used, "conditions", keywords="")
    assert refused.status_code == 422
    step(client, used, "conditions", keywords="SAVINGS", field_1="text", value_1="call")
    step(client, used, "action", action="call")
    step(client, used, "call", recipient="{{from}}", text="Savings for {{from}}")
    terms = {"limit_per_minute": "5", "pause_seconds": "3600", "is_active": "on"}
    last = step(client, used, "name", name="Savings", ends_at="2099-01-01T00:00", **terms)
    assert last.url == url(used, "new_rule", "review")
    review = client.get(last.url).content.decode()
    assert "Keyword (first word) is one of “SAVINGS”" in review
    assert "SAVE" in review
    step(client, used, "review")
    made = Rule.objects.get()
    assert (made.listens, made.action, made.app, made.channel) == ("keyword", "call", app, "rt")
    assert (made.limit_per_minute, made.pause_seconds, made.created_by) == (
        5, 3600, developer.user,
    )  # fmt: skip
    assert made.conditions[1] == {"field": "text", "operator": "is", "value": "call"}


def test_answers_for_one_service_are_not_those_for_another(
    used: Service, developer: Member, client_of: ClientOf
) -> None:
    other = sharing.create_service(member=developer, name="Other")
    client = client_of(developer)
    step(client, used, "channel", way="")
    assert client.get(url(other, "new_rule", "event")).url == url(other, "new_rule", "channel")


def test_the_list_moves_and_pauses(
    used: Service, rule: Rule, developer: Member, client_of: ClientOf
) -> None:
    second = create_rule(service=used, draft=thanks("Second"))
    client = client_of(developer)
    page = client.get(url(used, "rules")).content.decode()
    assert page.index("Thanks") < page.index("Second")
    client.post(url(used, "rule_up", second.pk))
    assert [row.name for row in used.rules.in_order()] == ["Second", "Thanks"]
    client.post(url(used, "pause_rule", rule.pk))
    assert "Paused" in client.get(url(used, "rules")).content.decode()


def test_a_rule_is_changed_on_its_page(
    used: Service, rule: Rule, developer: Member, client_of: ClientOf
) -> None:
    client, page = client_of(developer), url(used, "rule", rule.pk)
    conditions = {"card": "conditions", "field_1": "text", "operator_1": "contains"}
    client.post(page, {**conditions, "value_1": "loan"})
    details = {"card": "details", "way": "", "recipient": "{{from}}"}
    assert client.post(page, {**details, "text": "{{colour}}"}).status_code == 422
    client.post(page, {**details, "text": "Many thanks"})
    terms = {"card": "terms", "name": "Loans", "limit_per_minute": "7", "pause_seconds": "0"}
    client.post(page, {**terms, "is_active": "on", "stops": "on"})
    rule.refresh_from_db()
    assert (rule.name, rule.text, rule.stops) == ("Loans", "Many thanks", True)
    assert rule.conditions == [{"field": "text", "operator": "contains", "value": "loan"}]


def test_event_and_action_of_a_rule_are_changed_on_its_page(
    used: Service, rule: Rule, developer: Member, client_of: ClientOf
) -> None:
    loan = {"field": "text", "operator": "contains", "value": "loan"}
    Rule.objects.filter(pk=rule.pk).update(conditions=[loan])
    client, page = client_of(developer), url(used, "rule", rule.pk)
    kind = {"card": "kind", "listens": "keyword", "action": "url"}
    assert "Enter the keyword" in client.post(page, kind).content.decode()
    kind["keywords"] = "LOAN, CREDIT"
    assert "Enter the URL to notify" in client.post(page, kind).content.decode()
    kind["url"] = "https://customer.test/loans"
    assert client.post(page, kind).status_code == 302
    rule.refresh_from_db()
    assert (rule.listens, rule.action, rule.url) == ("keyword", "url", kind["url"])
    assert (rule.text, rule.conditions[1]) == ("", loan)
    device = {"card": "kind", "listens": "receipt", "action": "message", "text": "Sorry"}
    refused = client.post(page, device)
    assert refused.status_code == 422
    assert "the event does not tell “keyword”" in refused.content.decode()
    assert client.post(page, {**device, "drop_conditions": "on"}).status_code == 302
    rule.refresh_from_db()
    assert (rule.listens, rule.conditions, rule.text) == ("receipt", [], "Sorry")
    assert rule.recipient == "{{from}}"


@pytest.mark.parametrize(
    ("limits", "address", "words"),
    [
        ({"limit_per_minute": 1}, "bob", "The rule had its actions for this minute"),
        ({"pause_seconds": 3600}, "alice", "The rule pauses for this customer"),
        ({"pause_seconds": 3600}, "bob", "1 of 60 actions within this minute"),
    ],
)
def test_trying_an_event_counts_limits_and_pauses(
    limits: dict[str, int], address: str, words: str,
    used: Service, rule: Rule, viewer: Member, client_of: ClientOf,
) -> None:  # fmt: skip
    Rule.objects.filter(pk=rule.pk).update(**limits)
    RuleRun.objects.create(
        rule=rule, service=used, event_id=uuid7(), event_kind="message", channel="rt",
        address="alice", state="done",
    )  # fmt: skip
    query = {"event": "message", "way": "", "address": address}
    text = client_of(viewer).get(url(used, "simulate"), query).content.decode()
    assert words in text
    assert ("1 rule would act" in text) == ("1 of 60" in words)
    assert RuleRun.objects.count() == 1


def test_the_page_of_a_rule_tells_what_it_did(
    used: Service, rule: Rule, viewer: Member, client_of: ClientOf
) -> None:
    RuleRun.objects.create(
        rule=rule, service=used, event_id=uuid7(), event_kind="message", channel="rt",
        address="alice", state="failed", code=7018, reason="The app is off.",
    )  # fmt: skip
    page = client_of(viewer).get(url(used, "rule", rule.pk)).content.decode()
    assert "alice" in page
    assert "7018: The app is off." in page


@pytest.mark.parametrize("role", Role)
def test_admins_and_developers_alone_write_rules(
    role: Role, cast: dict[Role, Member], used: Service, rule: Rule, client_of: ClientOf
) -> None:
    client, may = client_of(cast[role]), role in (Role.ADMIN, Role.DEVELOPER)
    assert client.get(url(used, "rules")).status_code == 200
    assert client.get(url(used, "new_rule", "channel")).status_code == (200 if may else 403)
    answer = client.post(url(used, "pause_rule", rule.pk))
    assert answer.status_code == (302 if may else 403)
    data = json.dumps({"name": "X", "listens": "message", "action": "message", "text": "Y"})
    made = client.post(f"/api/v1/services/{used.pk}/rules/", data, "application/json")
    assert made.status_code == (201 if may else 403)


def test_an_event_is_tried_out_and_nothing_is_written(
    used: Service, app: App, rule: Rule, viewer: Member, client_of: ClientOf
) -> None:
    low = {"field": "battery", "operator": "falls_below", "value": "5"}
    create_rule(
        service=used,
        draft=thanks("Battery", listens="device", conditions=[low], text="At {{battery}}"),
    )
    query = {"event": "device", "way": f"app:{app.pk}", "address": "alice"}
    page = client_of(viewer).get(
        url(used, "simulate"), {**query, "attributes": "battery = 4, 40"}
    )
    text = page.content.decode()
    assert "1 rule would act" in text
    assert "It waits for: Incoming message. This is: Device event." in text
    assert "At 4" in text
    assert "The service is not live" in text
    assert not RuleRun.objects.exists()
    again = client_of(viewer).get(
        url(used, "simulate"), {**query, "attributes": "battery = 3, 4"}
    )
    assert "0 rules would act" in again.content.decode()


def test_the_api_makes_changes_tries_and_deletes_rules(
    used: Service, app: App, developer: Member, client_of: ClientOf
) -> None:
    client, base = client_of(developer), f"/api/v1/services/{used.pk}/rules/"

    def call(method: str, path: str, body: Any = None) -> Any:
        send = getattr(client, method)
        return send(path, json.dumps(body or {}), content_type="application/json")

    first = {"name": "First", "listens": "postback", "action": "url", "url": "https://a.test/"}
    made = call("post", base, first | {"app": str(app.pk)}).json()
    other = call("post", base, {**first, "name": "Other", "stops": True}).json()
    wrong = call("post", base, {**first, "name": "Wrong", "url": ""})
    assert wrong.status_code == 400
    assert "Enter the URL to notify." in wrong.content.decode()
    call("patch", f"{base}{other['id']}/", {"position": 0, "is_active": False})
    listed = client.get(base).json()
    assert [(row["name"], row["is_active"]) for row in listed] == [
        ("Other", False), ("First", True),
    ]  # fmt: skip
    event = {"event": "postback", "app": str(app.pk), "address": "u1"}
    tried = call("post", f"{base}simulate/", event).json()
    assert [(row["name"], row["acts"]) for row in tried] == [("Other", False), ("First", True)]
    assert tried[1]["act"]["url"] == "https://a.test/"
    assert client.get(f"{base}{made['id']}/log/").json()["results"] == []
    assert call("delete", f"{base}{made['id']}/").status_code == 204
    assert client.get(f"{base}{made['id']}/").status_code == 404


def test_a_sister_team_finds_no_rule(
    rule: Rule, used: Service, sister: Member, client_of: ClientOf
) -> None:
    assert client_of(sister).get(url(used, "rule", rule.pk)).status_code == 404

"""Rules that send a message template, filled in from the event."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.urls import reverse

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.rtm.models import Customer, Device, Inbound, Message, MessageTemplate
from imiconnect.rtm.processors import mo
from imiconnect.rtm.processors.rules import process_due
from imiconnect.rtm.wordings import services as wordings
from imiconnect.sharing.models import Rule, RuleRun, Service
from imiconnect.sharing.rules.services import Draft, create_rule, update_rule
from tests.rtm.wordings.conftest import Make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def answer(service: Service, rtm_app: App) -> Callable[..., Rule]:
    """Return a function that makes a rule which answers with a template."""

    def make(template: MessageTemplate, **parts: Any) -> Rule:
        values = {"name": "Answer", "listens": "message", "action": "message", "app": rtm_app}
        draft = Draft(template=template.pk, **values | parts)
        return create_rule(service=service, draft=draft)

    return make


def say(app: App, text: str) -> None:
    """Let the user u1 write, and the rules act."""
    Inbound.objects.create(app_id=app.pk, address="u1", device_id="d1", body={"message": text})
    mo.process_due()
    process_due()


def answers() -> list[str]:
    rows = Message.objects.filter(direction=0).order_by("id")
    return [row.payload["message"] for row in rows]


def test_a_template_is_filled_in_from_the_event_and_the_profile(
    make: Make, answer: Any, rtm_app: App, device: Device
) -> None:
    ada = Customer.objects.create(
        organization=rtm_app.organization, customer_id="ada", attributes={"name": "Ada"}
    )
    Device.objects.update(customer=ada)
    rule = answer(make("Dear $(name), you wrote $(text) to $(what)"), parameters={"what": "us"})
    assert rule.parameters == {
        "name": "{{profile.name}}", "text": "{{text}}", "what": "us",
    }  # fmt: skip
    say(rtm_app, "Hello")
    assert answers() == ["Dear Ada, you wrote Hello to us"]


def test_a_template_that_is_deleted_is_refused_with_a_reason(
    make: Make, answer: Any, rtm_app: App, admin: Member
) -> None:
    template = make("Thank you")
    rule = answer(template)
    wordings.delete_template(member=admin, template=template)
    say(rtm_app, "Hello")
    run = RuleRun.objects.get()
    assert (run.state, run.code) == ("failed", 7004)
    assert "names no template of this service" in run.reason
    assert not answers()
    assert update_rule(rule=rule, name="Still there").template == template.pk


def test_a_parameter_that_came_later_is_named_in_the_reason(
    make: Make, answer: Any, rtm_app: App, admin: Member
) -> None:
    template = make("Thank you")
    rule = answer(template)
    content = {"message": {"text": "Thank you, $(title)"}}
    wordings.change_template(member=admin, template=template, content=content)
    say(rtm_app, "Hello")
    assert "message.parameters.title" in RuleRun.objects.get().reason
    assert update_rule(rule=rule).parameters == {"title": "{{profile.title}}"}


def test_a_template_must_be_one_that_the_rule_can_send(
    make: Make, answer: Any, service: Service, rtm_app: App
) -> None:
    other = Service.objects.create(organization=service.organization, name="Other")
    for wrong, parts in (
        (make(channel="sms", name="Text"), {}),
        (make(name="Any", channel="rt"), {"app": None}),
        (make(name="Other's", service=other), {}),
    ):
        with pytest.raises(ValidationError) as caught:
            answer(wrong, **parts)
        assert list(caught.value.message_dict) == ["template"]


def test_a_parameter_names_only_what_the_event_tells(make: Make, answer: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        answer(make(), parameters={"name": "{{colour}}"})
    assert list(caught.value.message_dict) == ["parameters"]


def test_a_text_and_a_template_stand_instead_of_each_other(make: Make, answer: Any) -> None:
    template = make("Thank you")
    rule = update_rule(rule=answer(template), text="Thanks")
    assert (rule.template, rule.text, rule.parameters) == (None, "Thanks", {})
    rule = update_rule(rule=rule, template=template.pk)
    assert (rule.template, rule.text) == (template.pk, "")
    called = update_rule(rule=rule, action="url", url="https://customer.test/")
    assert called.template is None
    with pytest.raises(IntegrityError):
        Rule.objects.update(template=template.pk)


def test_the_wizard_asks_for_the_parameters_of_the_template(
    make: Make, service: Service, rtm_app: App, developer: Member, client_of: Any
) -> None:
    template, client = make("Dear $(name): $(text)"), client_of(developer)

    def step(slug: str, **values: Any) -> Any:
        url = reverse("services:new_rule", args=[service.pk, slug])
        return client.post(url, values)

    step("channel", way="")
    step("event", listens="message")
    step("conditions")
    step("action", action="message")
    message = {"recipient": "{{from}}", "template": str(template.pk)}
    assert "select an app or channel" in step("message", way="", **message).content.decode()
    asked = step("message", way=f"app:{rtm_app.pk}", **message)
    assert asked.url.endswith("/parameters/")
    page = client.get(asked.url).content.decode()
    assert "{{profile.name}}" in page
    step("parameters", **{"parameter-name": "customer", "parameter-text": "{{text}}"})
    terms = {"limit_per_minute": "5", "pause_seconds": "0", "is_active": "on"}
    step("name", name="Answer", **terms)
    step("review")
    made = Rule.objects.get()
    assert (made.template, made.text) == (template.pk, "")
    assert made.parameters == {"name": "customer", "text": "{{text}}"}


def test_the_page_of_a_rule_changes_the_template_and_its_parameters(
    make: Make, answer: Any, service: Service, developer: Member, client_of: Any, admin: Member
) -> None:
    first, second = make("Thank you"), make("Dear $(name)", name="Named")
    rule, client = answer(first), client_of(developer)
    url = reverse("services:rule", args=[service.pk, rule.pk])
    details = {"card": "details", "way": "", "recipient": "{{from}}"}
    client.post(url, {**details, "template": str(second.pk)})
    assert "{{profile.name}}" in client.get(url).content.decode()
    client.post(url, {"card": "parameters", "parameter-name": "friend"})
    rule.refresh_from_db()
    assert (rule.template, rule.parameters) == (second.pk, {"name": "friend"})
    delete = reverse("rtm:template-delete", args=[second.pk])
    assert "The rule Answer of Alerts" in client.get(delete).content.decode()
    wordings.delete_template(member=admin, template=second)
    assert "The template is deleted" in client.get(url).content.decode()
    simulate = reverse("services:simulate", args=[service.pk])
    query = {"event": "message", "address": "u1", "way": f"app:{rule.app_id}"}
    tried = client.get(simulate, query).content.decode()
    assert "0 rules would act" in tried
    assert "The template is deleted" in tried


def test_rest_makes_and_changes_rules_with_templates(
    make: Make, service: Service, rtm_app: App, developer: Member, client_of: Any
) -> None:
    client, base = client_of(developer), f"/api/v1/services/{service.pk}/rules/"
    template = make("Dear $(name): $(text)")
    body = {"name": "A", "listens": "message", "action": "message", "app": str(rtm_app.pk)}
    body["template"] = str(template.pk)
    made = client.post(base, json.dumps(body), content_type="application/json").json()
    assert made["parameters"] == {"name": "{{profile.name}}", "text": "{{text}}"}
    change = json.dumps({"parameters": {"name": "you"}})
    url = f"{base}{made['id']}/"
    changed = client.patch(url, change, content_type="application/json").json()
    assert changed["parameters"]["name"] == "you"
    assert changed["template"] == str(template.pk)

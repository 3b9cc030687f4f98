"""Requests that name a template."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from imiconnect.accounts.models import Member, Organization
from imiconnect.rtm.models import Message, MessageTemplate
from imiconnect.rtm.wordings import services
from imiconnect.sharing.models import Service
from tests.rtm.wordings.conftest import Make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ask(intake: Any, order: Callable[..., dict[str, Any]], service: Service) -> Any:
    """Return a function that sends a template and returns the answer's code and words."""

    def act(
        template: Any = "Greeting", parameters: Any = None, **parts: Any
    ) -> tuple[int, str]:
        message = {"template": template, "parameters": parameters}
        body = order(**({"channels": None, "message": message} | parts))
        entry = intake.post("/resources/v1/messaging", json=body).json()["response"][0]
        return int(entry["code"]), entry["description"]

    return act


def test_a_template_is_sent_with_its_parameters(make: Make, ask: Any) -> None:
    template = make()
    assert ask(parameters={"name": "Ada", "unused": 1})[0] == 1001
    assert ask(str(template.pk), {"name": "Bob"})[0] == 1001
    assert ask("gReEtInG", {"name": "Cem"})[0] == 1001
    said = Message.objects.order_by("id").values_list("payload__message", flat=True)
    assert list(said) == ["Dear Ada", "Dear Bob", "Dear Cem"]


@pytest.mark.parametrize(
    ("template", "parameters", "code", "words"),
    [
        ("Greeting", None, 7003, "message.parameters.name"),
        ("Greeting", {"name": None}, 7004, "message.parameters.name"),
        ("Greeting", [], 7004, "message.parameters"),
        ("", {}, 7003, "message.template"),
        (7, {}, 7004, "message.template"),
        ("Other", {}, 7004, "no template of this service for rt"),
    ],
)
def test_what_is_wrong_is_said_at_once(
    make: Make, ask: Any, template: Any, parameters: Any, code: int, words: str
) -> None:
    make()
    found = ask(template, parameters)
    assert (found[0], words in found[1]) == (code, True)
    assert not Message.objects.exists()


def test_a_template_of_another_organization_or_channel_is_not_there(
    make: Make, ask: Any, outsider: Member
) -> None:
    theirs = make(member=outsider)
    sms = make("Hi", channel="sms", name="Text")
    for name in (str(theirs.pk), "Greeting", str(sms.pk), "Text"):
        assert ask(name, {"name": "x"})[0] == 7004


def test_another_services_template_is_not_there_and_the_own_one_goes_first(
    make: Make, ask: Any, service: Service, organization: Organization
) -> None:
    other = Service.objects.create(organization=organization, name="Other")
    make("Of the other", service=other)
    assert ask()[0] == 7004
    make("Of everybody")
    make("Of the service", service=service)
    assert ask()[0] == 1001
    assert Message.objects.get().payload["message"] == "Of the service"


def test_what_was_accepted_stays_as_it_was(make: Make, ask: Any, admin: Member) -> None:
    template = make()
    ask(parameters={"name": "Ada"})
    content = {"message": {"text": "Changed"}}
    services.change_template(member=admin, template=template, content=content)
    services.delete_template(member=admin, template=template)
    assert Message.objects.get().payload["message"] == "Dear Ada"
    assert not MessageTemplate.objects.exists()


def test_a_repeated_request_has_its_first_answer_when_the_template_is_gone(
    make: Make,
    service: Service,
    intake: Any,
    order: Callable[..., dict[str, Any]],
    admin: Member,
) -> None:
    template = make()
    named = {"template": "Greeting", "parameters": {"name": "Ada"}}
    body = order(channels=None, message=named)

    def say(key: str) -> dict[str, Any]:
        headers = {"idempotency-key": key}
        answer = intake.post("/resources/v1/messaging", json=body, headers=headers)
        entry: dict[str, Any] = answer.json()["response"][0]
        return entry

    first = say("one")
    assert first["code"] == "1001"
    services.delete_template(member=admin, template=template)
    assert say("one") == first
    assert say("two")["code"] == "7004"
    assert Message.objects.count() == 1


def test_the_object_of_the_channel_goes_before_the_template(make: Make, ask: Any) -> None:
    make(content={"message": {"text": "Hi"}, "category": "a", "extras": {"x": "1"}})
    assert ask(channels={"rt": {"category": "b"}})[0] == 1001
    payload = Message.objects.get().payload
    assert (payload["category"], payload["extras"]) == ("b", {"x": "1"})
    assert ask(channels={"rt": "text"})[0] == 7004


def test_its_expiry_counts_unless_the_request_has_one(make: Make, ask: Any) -> None:
    make("Hi", expiry_seconds=60)
    ask()
    row = Message.objects.get()
    assert row.expires_at - row.created_at == dt.timedelta(seconds=60)


def test_what_becomes_too_long_by_its_parameters_is_refused(make: Make, ask: Any) -> None:
    make(" ".join(f"$(p{number})" for number in range(6)))
    code, words = ask(parameters={f"p{number}": "x" * 2000 for number in range(6)})
    assert (code, "message.template" in words) == (7004, True)


def test_one_bad_request_of_a_batch_spoils_no_other(
    make: Make, intake: Any, order: Callable[..., dict[str, Any]], service: Service
) -> None:
    make()
    bodies = [
        order(channels=None, message={"template": "Greeting", "parameters": parameters})
        for parameters in ({"name": "Ada"}, {}, {"name": "Bob"})
    ]
    url = "/resources/v1/messaging"
    answers = intake.at_once([{"method": "POST", "url": url, "json": body} for body in bodies])
    codes = [answer.json()["response"][0]["code"] for answer in answers]
    assert codes == ["1001", "7003", "1001"]

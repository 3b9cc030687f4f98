"""Making, changing, locking, copying and deleting templates: service, pages and REST."""

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from imiconnect.accounts.models import Group, Member
from imiconnect.accounts.roles import Role
from imiconnect.audit.models import AuditEntry
from imiconnect.rtm.models import Message, MessageTemplate
from imiconnect.rtm.wordings import services
from imiconnect.sharing.models import Allocation, Service
from tests.factories import make_member
from tests.rtm.wordings.conftest import Make

REST = "/api/v1/templates/"
JSON = {"content_type": "application/json"}
NEW = {"name": "Code", "text": "Your code is $(code).", "more": "", "expiry": "300"}


@pytest.fixture
def client(client_of: Any, developer: Member) -> Any:
    """A Developer's browser."""
    return client_of(developer)


@pytest.mark.parametrize(
    ("field", "parts"),
    [
        ("content", {"content": "x"}),
        ("content", {"content": {}}),
        ("content", {"content": {"message": {"text": "$(first name)"}}}),
        ("content", {"content": {"message": {"text": "x" * 10_001}}}),
        (
            "content",
            {"content": {"message": "Hi", "extras": {"x": json.loads("[" * 40 + "]" * 40)}}},
        ),
        ("name", {"name": " "}),
        ("expiry_seconds", {"expiry_seconds": 0}),
        ("channel", {"channel": "voice"}),
    ],
)
def test_what_is_wrong_is_said_at_its_field(make: Make, field: str, parts: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        make(**parts)
    assert list(caught.value.message_dict) == [field]


def test_an_address_may_be_a_parameter(make: Make) -> None:
    part = {"text": "Look", "url": "$(link)"}
    assert make(channel="push", content={"web": part}).content["web"]["url"] == "$(link)"


def test_a_name_is_there_once_for_each_channel(make: Make) -> None:
    make()
    make(channel="sms")
    with pytest.raises(ValidationError):
        make(name="greeting")


def test_a_locked_template_is_changed_by_admins_alone(
    make: Make, admin: Member, developer: Member
) -> None:
    template = make()
    with pytest.raises(PermissionDenied):
        services.set_locked(member=developer, template=template, locked=True)
    services.set_locked(member=admin, template=template, locked=True)
    for act in (services.change_template, services.delete_template):
        with pytest.raises(PermissionDenied):
            act(member=developer, template=template)
    services.change_template(member=admin, template=template, name="Hello")
    services.set_locked(member=admin, template=template, locked=False)
    services.delete_template(member=developer, template=template)
    kinds = AuditEntry.objects.filter(action__startswith="template.").order_by("id")
    assert [entry.action.partition(".")[2] for entry in kinds] == [
        "created", "locked", "changed", "unlocked", "deleted",
    ]  # fmt: skip


def test_one_of_everybody_is_changed_at_the_top_alone(make: Make, group: Group) -> None:
    below = make_member(group, Role.DEVELOPER)
    template = make()
    assert template in MessageTemplate.objects.visible_to(below)
    with pytest.raises(PermissionDenied):
        services.change_template(member=below, template=template, name="x")


def test_a_template_is_made_changed_copied_and_deleted_on_pages(client: Any) -> None:
    answer = client.post(f"{reverse('rtm:template-new')}?channel=sms", NEW)
    template = MessageTemplate.objects.get()
    url = answer.headers["Location"]
    assert (template.content, template.expiry_seconds) == ({"text": NEW["text"]}, 300)
    client.post(f"{url}edit/", NEW | {"more": '{"senderid": "ACME"}', "expiry": ""})
    template.refresh_from_db()
    assert template.content == {"text": NEW["text"], "senderid": "ACME"}
    copied = client.post(f"{url}copy/").headers["Location"]
    assert "Code (copy)" in client.get(copied).content.decode()
    assert "refused from then on" in client.get(f"{url}delete/").content.decode()
    client.post(f"{url}delete/")
    assert [row.name for row in MessageTemplate.objects.all()] == ["Code (copy)"]


def test_what_is_wrong_with_a_text_is_said_at_it(client: Any) -> None:
    page = f"{reverse('rtm:template-new')}?channel=sms"
    answer = client.post(page, NEW | {"text": "$(first name)"})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["text"]
    assert client.post(page, NEW | {"more": "["}).context["form"].errors["more"]


def test_the_page_shows_what_a_message_would_be(client: Any, make: Make) -> None:
    url = reverse("rtm:template", args=[make("Dear $(name)", channel="sms").pk])
    page = client.get(url, {"parameter-name": "<b>Ada</b>"}).content.decode()
    assert "Dear &lt;b&gt;Ada&lt;/b&gt;" in page
    assert "1 part, GSM alphabet" in page


def test_the_list_is_searched(client: Any, make: Make) -> None:
    make("Your parcel")
    make("Your code", name="Code", channel="sms")
    page = reverse("rtm:templates")
    assert "Greeting" in client.get(page, {"q": "PARCEL"}).content.decode()
    found = client.get(page, {"channel": "sms"}).content.decode()
    assert (">Code<" in found, ">Greeting<" in found) == (True, False)


def test_a_locked_template_has_no_buttons_for_others(
    client: Any, make: Make, admin: Member, client_of: Any
) -> None:
    template = make()
    url = reverse("rtm:template", args=[template.pk])
    client_of(admin).post(f"{url}lock/")
    assert f"{url}edit/" not in client.get(url).content.decode()
    assert client.get(f"{url}edit/").status_code == 403
    assert client.post(f"{url}unlock/").status_code == 403
    assert "Unlock" in client_of(admin).get(url).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_template_is_sent_from_the_console(
    client: Any, make: Make, service: Service, rtm_app: Any
) -> None:
    template = make()
    route = Allocation.objects.get(service=service)
    page = f"{reverse('rtm:send')}?template={template.pk}"
    assert "Dear $(name)" in client.get(page).content.decode()
    values = {"route": str(route.pk), "user_id": "u1"}
    assert client.post(page, values).status_code == 422
    client.post(page, values | {"parameter-name": "Ada"})
    assert Message.objects.get().payload["message"] == "Dear Ada"


def test_the_send_page_takes_only_templates_that_fit(
    client: Any, make: Make, service: Service, outsider: Member
) -> None:
    for key in ("x", make("Hi", channel="sms").pk, make(member=outsider).pk):
        assert client.get(f"{reverse('rtm:send')}?template={key}").status_code == 404
    other = make(channel="fb", content={"text": "Hi"})
    route = Allocation.objects.get(service=service)
    values = {"route": str(route.pk), "user_id": "u1"}
    answer = client.post(f"{reverse('rtm:send')}?template={other.pk}", values)
    assert "select an app of that channel" in answer.content.decode()


def test_rest_does_what_the_pages_do(client: Any, client_of: Any, admin: Member) -> None:
    body = {"name": "Code", "channel": "sms", "content": {"text": "Code $(code)"}}
    made = client.post(REST, body, **JSON).json()
    assert (made["parameters"], made["service"], made["is_locked"]) == (["code"], None, False)
    url = f"{REST}{made['id']}/"
    shown = client.post(f"{url}preview/", {"parameters": {"code": "7"}}, **JSON).json()
    assert (shown["text"], shown["parts"]) == ("Code 7", 1)
    refused = client.post(f"{url}preview/", {}, **JSON)
    assert (refused.status_code, "code" in refused.json()["detail"] + str(refused.json())) == (
        400,
        True,
    )
    assert client.patch(url, {"is_locked": True}, **JSON).status_code == 403
    assert client_of(admin).patch(url, {"is_locked": True}, **JSON).json()["is_locked"]
    assert client.patch(url, {"name": "x"}, **JSON).status_code == 403
    assert client.post(f"{url}copy/").json()["name"] == "Code (copy)"
    assert [row["name"] for row in client.get(REST, {"name": "CODE"}).json()["results"]] == [
        "Code"
    ]
    assert client_of(admin).delete(url).status_code == 204


def test_a_change_that_may_not_be_locked_changes_nothing(client: Any, make: Make) -> None:
    template = make()
    body = {"name": "Other", "is_locked": True}
    assert client.patch(f"{REST}{template.pk}/", body, **JSON).status_code == 403
    template.refresh_from_db()
    assert template.name == "Greeting"

"""Sending one message from the console."""

import json
import shlex
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.apps.services import create_app
from imiconnect.rtm.models import Device, Message
from imiconnect.rtm.send_form import SendForm, curl_of
from imiconnect.sharing import services as sharing
from imiconnect.sharing.models import Allocation, Service
from tests.rtm.pages.conftest import make_service

ROLES = [
    (Role.ADMIN, 200),
    (Role.DEVELOPER, 200),
    (Role.ASSET_MANAGER, 403),
    (Role.VIEWER, 403),
]

# The acceptance commits on its own connection, as it does for the Messaging API.
committed = pytest.mark.django_db(transaction=True)


def answers(service: Service, **changes: str) -> dict[str, str]:
    route = Allocation.objects.get(service=service)
    return {"route": str(route.pk), "user_id": "alice", "text": "Hello", **changes}


@pytest.mark.parametrize(("role", "status"), ROLES)
def test_who_may_send(
    role: Role, status: int, service: Service, cast: dict[Role, Member], client_of: Any
) -> None:
    assert client_of(cast[role]).get("/messages/send/").status_code == status


def test_the_routes_are_read_once(service: Service, developer: Member, client_of: Any) -> None:
    client = client_of(developer)
    with CaptureQueriesContext(connection) as asked:
        page = client.get("/messages/send/").text
    read = [row["sql"] for row in asked if row["sql"].startswith('SELECT "sharing_allocation"')]
    assert len(read) == 1
    assert f"{service.name} · Northwind Web" in page


@committed
def test_a_message_is_accepted_and_its_journey_opens(
    service: Service, app: App, developer: Member, client_of: Any
) -> None:
    client = client_of(developer)
    response = client.post("/messages/send/", answers(service, correlation_id="order-17"))
    journey = client.get(response.headers["Location"], follow=True)
    message = Message.objects.get()
    assert journey.redirect_chain[-1][0] == f"/messages/{message.pk}/"
    assert (message.address, message.correlation_id) == ("alice", "order-17")
    assert message.payload == {"message": "Hello"}
    assert message.service_id == service.pk


@committed
@pytest.mark.parametrize(
    ("kind", "config", "secrets", "address", "said"),
    [
        (
            "wechat",
            {"appid": "wx0123456789abcdef"},
            {"appsecret": "s" * 32},
            "oOpen-Id_7",
            {"deliverychannel": "wechat", "destination": [{"wechatid": ["oOpen-Id_7"]}]},
        ),
        (
            "twitter",
            {"user_id": "3805104374"},
            {"access_token": "t", "access_secret": "s"},
            "5501",
            {"deliverychannel": "twitter", "destination": [{"twitterid": ["5501"]}]},
        ),
    ],
)
def test_a_customer_at_a_provider_is_sent_to(
    admin: Member,
    client_of: Any,
    kind: str,
    config: dict[str, str],
    secrets: dict[str, str],
    address: str,
    said: dict[str, Any],
) -> None:
    app = create_app(
        member=admin, name="Bank", channel_type=kind, config=config, secrets=secrets
    )
    given = answers(make_service(admin, app), user_id=address)
    form = SendForm(given, member=admin)
    assert form.is_valid(), form.errors
    body = form.request(timezone.now())
    assert {name: body[name] for name in said} == said
    assert client_of(admin).post("/messages/send/", given).status_code == 302
    message = Message.objects.get()
    assert (message.channel, message.address, message.app_id) == (kind, address, app.pk)
    assert message.payload == {"message": "Hello"}


FORM = {
    "template_type": "form",
    "title": "Book a visit",
    "pages": [{"type": "input", "identifier": "name", "subtitle": "Your name?"}],
}


def business(admin: Member) -> App:
    config = {"business_id": "3364d419-4b4a-4f59-a767-ac7e60214baa"}
    return create_app(
        member=admin, name="Bank", channel_type="apple_business_chat", config=config
    )


@committed
def test_a_template_of_a_provider_is_sent_without_a_text(admin: Member, client_of: Any) -> None:
    app = business(admin)
    more = {"attachment": {"type": "template", "payload": FORM}}
    given = answers(
        make_service(admin, app), user_id="urn:mbid:A", text="", more=json.dumps(more)
    )
    assert client_of(admin).post("/messages/send/", given).status_code == 302
    assert Message.objects.get().payload["template"] == FORM


@committed
@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("{", "Attachment, buttons or template must be JSON"),
        ('{"to": 1}', "with attachment, quick_reply or tag"),
        (
            json.dumps({"attachment": {"type": "template", "payload": FORM | {"pages": []}}}),
            "at least one page",
        ),
    ],
)
def test_what_is_wrong_with_a_template_is_said(
    more: str, sentence: str, admin: Member, client_of: Any
) -> None:
    service = make_service(admin, business(admin))
    given = answers(service, user_id="urn:mbid:A", more=more)
    response = client_of(admin).post("/messages/send/", given)
    assert (response.status_code, sentence in response.text) == (422, True)


def test_an_app_of_ours_takes_no_attachment_from_the_page(
    service: Service, developer: Member, client_of: Any
) -> None:
    given = answers(service, more='{"tag": "x"}')
    assert "Only apps of providers" in client_of(developer).post("/messages/send/", given).text


@committed
def test_an_expiry_is_kept(service: Service, developer: Member, client_of: Any) -> None:
    client_of(developer).post("/messages/send/", answers(service, expiry="5m"))
    message = Message.objects.get()
    assert 290 < (message.expires_at - message.created_at).total_seconds() <= 300


@committed
def test_a_second_click_sends_nothing_more(
    service: Service, developer: Member, client_of: Any
) -> None:
    client = client_of(developer)
    once = {"once": "0d0f6a41-53a3-4a2f-b5c7-1f1b8f5c7c11"}
    first = client.post("/messages/send/", answers(service, **once))
    second = client.post("/messages/send/", answers(service, **once))
    assert first.headers["Location"] == second.headers["Location"]
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"user_id": ""}, "Enter the user ID"),
        ({"user_id": "a/b"}, "User ID must not contain"),
        ({"text": ""}, "Enter the text"),
        ({"correlation_id": "é" * 26}, "Correlation ID must be 50 bytes or fewer."),
        ({"thread": "x"}, "A thread ID looks like"),
        ({"thread": "01a204e8-656b-73bc-81e2-d28e789d3485"}, "no such thread"),
    ],
)
def test_what_is_wrong_is_said_and_everything_kept(
    changes: dict[str, str], sentence: str, service: Service, developer: Member, client_of: Any
) -> None:
    given = answers(service, **{"correlation_id": "mine", **changes})
    response = client_of(developer).post("/messages/send/", given)
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert all(len(said) == 1 for said in response.context["form"].errors.values())
    assert f'value="{given["correlation_id"]}"' in page


@committed
def test_a_refusal_of_the_gateway_is_shown_in_place(
    service: Service, app: App, developer: Member, client_of: Any, monkeypatch: Any
) -> None:
    given = answers(service)
    client = client_of(developer)
    from imiconnect.rtm.views import send_page

    accept = send_page.send_request

    def after_suspension(**arguments: Any) -> Any:
        sharing.set_state(service=service, state=Service.State.SUSPENDED)
        return accept(**arguments)

    monkeypatch.setattr(send_page, "send_request", after_suspension)
    response = client.post("/messages/send/", given)
    assert response.status_code == 422
    assert "The service is not live." in response.content.decode()


def test_another_organizations_service_cannot_be_chosen(
    service: Service, outsider: Member, client_of: Any
) -> None:
    response = client_of(outsider).post("/messages/send/", answers(service))
    assert response.status_code == 422
    assert not Message.objects.exists()


def test_recent_users_are_suggested(
    service: Service, app: App, developer: Member, client_of: Any
) -> None:
    Device.objects.create(app=app, user_id="grace", device_id="d1")
    page = client_of(developer).get("/messages/send/").content.decode()
    assert '<option value="grace">' in page
    assert "null" not in page


def test_without_a_live_service_the_page_says_what_to_do(admin: Member, client_of: Any) -> None:
    page = client_of(admin).get("/messages/send/").content.decode()
    assert "No live service to send through" in page


def test_the_command_survives_the_shell() -> None:
    body = {"channels": {"rt": {"message": {"text": "It's “ok” $HOME"}}}}
    command = curl_of(body)
    quoted = command.split(" -d ", 1)[1]
    assert json.loads(shlex.split(quoted)[0]) == body

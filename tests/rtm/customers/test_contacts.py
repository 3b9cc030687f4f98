"""Contacts on channels of providers: searched in the console and over REST."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.apps import services
from imiconnect.apps.models import App
from imiconnect.rtm.models import Contact, Customer

pytestmark = pytest.mark.django_db
PAGE, API = "/customers/contacts/", "/api/v1/contacts/"


def wechat(member: Member, appid: str = "wx0123456789abcdef") -> App:
    """Make a WeChat app, whose window has a time and a number."""
    secrets = {"appsecret": "s" * 32, "token": "T0ken", "aes_key": "B" * 42 + "A"}
    return services.create_app(
        member=member,
        name="We",
        channel_type="wechat",
        config={"appid": appid},
        secrets=secrets,
    )


@pytest.fixture
def contacts(admin: Member) -> list[Contact]:
    """Cora, a known customer who has just written; Carl, who wrote three days ago."""
    app, now = wechat(admin), timezone.now()
    cora = Customer.objects.create(organization=admin.organization, customer_id="C-1")
    return [
        Contact.objects.create(
            app=app, address="oCora", customer=cora, last_in_at=now, window_sent=2
        ),
        Contact.objects.create(app=app, address="oCarl", last_in_at=now - dt.timedelta(days=3)),
    ]


@pytest.fixture
def client(admin: Member, client_of: Any) -> Client:
    """Ada's browser."""
    found: Client = client_of(admin)
    return found


def addresses(client: Client, **query: str) -> list[str]:
    rows = client.get(API, query).json()["results"]
    return [row["address"] for row in rows]


def test_the_list_says_who_may_be_answered(client: Client, contacts: list[Contact]) -> None:
    page = client.get(PAGE).text
    assert "1 day, 23 hours, 3 messages" in page
    assert "The customer writes first" in page
    assert f"/customers/{contacts[0].customer_id}/" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["oCarl", "oCora"]),
        ({"search": "oCora"}, ["oCora"]),
        ({"search": "C-1"}, ["oCora"]),
        ({"search": "nobody"}, []),
        ({"linked": "false"}, ["oCarl"]),
        ({"app_id": "none"}, []),
    ],
)
def test_rest_finds_contacts(
    client: Client, contacts: list[Contact], query: dict[str, str], found: list[str]
) -> None:
    assert addresses(client, **query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [({"q": "oCora"}, "oCora"), ({"customer": "unknown"}, "oCarl"), ({"q": "C-1"}, "oCora")],
)
def test_the_page_finds_contacts(
    client: Client, contacts: list[Contact], query: dict[str, str], found: str
) -> None:
    page = client.get(PAGE, query).text
    assert found in page
    assert ({"oCora", "oCarl"} - {found}).pop() not in page


def test_rest_says_what_is_left(client: Client, contacts: list[Contact]) -> None:
    told = client.get(f"{API}{contacts[0].pk}/").json()
    assert (told["messages_left"], told["may_be_answered"]) == (3, True)
    assert told["customer"] == str(contacts[0].customer_id)
    ends = dt.datetime.fromisoformat(told["window_ends_at"])
    assert contacts[0].last_in_at is not None
    assert ends - contacts[0].last_in_at == dt.timedelta(hours=48)
    old = client.get(f"{API}{contacts[1].pk}/").json()
    assert (old["messages_left"], old["may_be_answered"]) == (0, False)


def test_an_address_that_was_never_heard_is_left_to_the_provider(
    client: Client, contacts: list[Contact]
) -> None:
    row = Contact.objects.create(app=contacts[0].app, address="oNew")
    told = client.get(f"{API}{row.pk}/").json()
    assert (told["messages_left"], told["may_be_answered"]) == (None, True)


def test_contacts_of_an_app_that_is_not_seen_are_not_seen(
    contacts: list[Contact], team_member: Member, outsider: Member, client_of: Any
) -> None:
    for member in (team_member, outsider):
        client = client_of(member)
        assert addresses(client) == []
        assert client.get(f"{API}{contacts[0].pk}/").status_code == 404
        assert "oCora" not in client.get(PAGE).text


def test_the_list_is_exported(client: Client, contacts: list[Contact]) -> None:
    answer: Any = client.get(PAGE, {"format": "csv"})
    assert b"oCora" in b"".join(answer)

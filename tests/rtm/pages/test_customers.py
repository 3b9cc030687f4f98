"""The pages of customers."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.apps import services as apps
from imiconnect.apps.models import App
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.models import Contact, Customer, Device
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing.models import Service


@pytest.fixture
def customer(admin: Member) -> Customer:
    """Grace, with a name."""
    return create_customer(member=admin, customer_id="1001", attributes={"name": "Grace"})


def test_every_role_sees_the_list(
    customer: Customer, cast: dict[Role, Member], client_of: Any
) -> None:
    for member in cast.values():
        page = client_of(member).get("/customers/").content.decode()
        assert "1001" in page
        assert "Grace" in page


def test_a_customer_is_found_by_id_and_by_user_id(
    customer: Customer, app: App, viewer: Member, client_of: Any, admin: Member
) -> None:
    create_customer(member=admin, customer_id="1002", attributes={})
    Device.objects.create(app=app, user_id="grace", device_id="d1", customer=customer)
    for words in ("1001", "grace"):
        page = client_of(viewer).get(f"/customers/?q={words}")
        assert [row.object.pk for row in page.context["rows"]] == [customer.pk]


def test_the_page_shows_devices_and_recent_messages(
    customer: Customer, service: Service, app: App, make_message: Any, viewer: Member,
    client_of: Any,
) -> None:  # fmt: skip
    Device.objects.create(
        app=app, user_id="alice", device_id="d1", customer=customer, is_connected=True
    )
    message = make_message(service, app, state=State.READ)
    page = client_of(viewer).get(f"/customers/{customer.pk}/").content.decode()
    assert "Online" in page
    assert f"/messages/{message.pk}/" in page


@pytest.mark.parametrize(
    ("hours", "sent", "words"),
    [
        (0, 0, ["May be answered for 1\xa0day, 23\xa0hours", "5 messages left"]),
        (24, 4, ["May be answered for 23\xa0hours, 59\xa0minutes", "1 message left"]),
        (24, 5, ["The customer writes first: there is no time, or no message, left"]),
        (49, 0, ["The customer writes first: there is no time, or no message, left"]),
    ],
    ids=["open", "one-left", "used-up", "over"],
)
def test_the_page_shows_how_long_a_customer_may_be_answered(
    customer: Customer, admin: Member, client_of: Any, hours: int, sent: int, words: list[str]
) -> None:
    app = apps.create_app(
        member=admin,
        name="Northwind on WeChat",
        channel_type="wechat",
        config={"appid": "wx0123456789abcdef"},
        secrets={"appsecret": "s" * 32, "token": "T0ken", "aes_key": "B" * 42 + "A"},
    )
    wrote = timezone.now() - dt.timedelta(hours=hours)
    Contact.objects.create(
        app=app, address="oOpenId", customer=customer, last_in_at=wrote, window_sent=sent
    )
    page = client_of(admin).get(f"/customers/{customer.pk}/").text
    for part in words:
        assert part in page
    assert ("May be answered" in page) is (len(words) == 2)


def test_another_organizations_customer_does_not_exist(
    customer: Customer, outsider: Member, client_of: Any
) -> None:
    assert client_of(outsider).get(f"/customers/{customer.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.ADMIN, 200), (Role.DEVELOPER, 200), (Role.ASSET_MANAGER, 200), (Role.VIEWER, 403)],
)
def test_who_may_add_a_customer(
    role: Role, status: int, cast: dict[Role, Member], client_of: Any
) -> None:
    assert client_of(cast[role]).get("/customers/new/").status_code == status


def test_a_new_customer_is_kept(asset_manager: Member, client_of: Any) -> None:
    answers = {"customer_id": " 42 ", "name": "Ana", "email": "ana@example.com"}
    response = client_of(asset_manager).post("/customers/new/", answers)
    made = Customer.objects.get(customer_id="42")
    assert response.headers["Location"] == f"/customers/{made.pk}/"
    assert made.attributes == {"name": "Ana", "email": "ana@example.com"}


def test_a_known_id_is_refused_with_everything_kept(
    customer: Customer, admin: Member, client_of: Any
) -> None:
    answers = {"customer_id": "1001", "name": "Ana"}
    response = client_of(admin).post("/customers/new/", answers)
    assert response.status_code == 422
    assert "There is a customer with this ID already." in response.content.decode()
    assert 'value="Ana"' in response.content.decode()

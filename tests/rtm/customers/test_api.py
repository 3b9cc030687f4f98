"""Customers and app profiles over the REST interface."""

from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.rtm.models import Customer, Device, Message

URL = "/api/v1/customers/"
PROFILES = "/api/v1/app-profiles/"
JSON: dict[str, Any] = {"content_type": "application/json"}


@pytest.fixture
def client(asset_manager: Member, client_of: Any) -> Client:
    """Mia's client."""
    found: Client = client_of(asset_manager)
    return found


def test_a_profile_is_made_read_changed_and_deleted(client: Client) -> None:
    made = client.post(URL, {"customer_id": "7", "attributes": {"name": "Ana"}}, **JSON)
    assert made.status_code == 201
    assert client.post(URL, {"customer_id": "7"}, **JSON).status_code == 400
    one = f"{URL}{made.json()['id']}/"
    changed = client.patch(one, {"attributes": {"plan": "gold", "name": None}}, **JSON)
    assert changed.json()["attributes"] == {"plan": "gold"}
    listed = client.get(URL, {"customer_id": "7"}).json()["results"]
    assert [row["id"] for row in listed] == [made.json()["id"]]
    assert client.get(URL, {"customer_id": "8"}).json()["results"] == []
    assert client.delete(one).status_code == 204
    assert client.get(one).status_code == 404


def test_the_timeline_and_the_export_are_read(
    client: Client, grace: Customer, history: dict[str, Message]
) -> None:
    page = client.get(f"{URL}{grace.pk}/timeline/").json()
    assert [entry["kind"] for entry in page["entries"]] == ["message", "message", "event"]
    assert page["before"] is None
    document = client.post(f"{URL}{grace.pk}/export/").json()
    assert len(document["messages"]) == 2


def test_only_an_admin_erases(
    cast: dict[Role, Member], client_of: Any, grace: Customer
) -> None:
    url = f"{URL}{grace.pk}/erase/"
    statuses = [client_of(cast[role]).post(url).status_code for role in reversed(cast)]
    assert statuses == [403, 403, 403, 202]
    assert not Customer.objects.exists()


def test_an_app_profile_is_made_linked_unlinked_and_deleted(
    client: Client, grace: Customer, app: App
) -> None:
    body = {"app": str(app.pk), "user_id": "bob", "device_id": "d9"}
    made = client.post(PROFILES, body, **JSON)
    assert made.status_code == 201, made.content
    assert client.post(PROFILES, body, **JSON).status_code == 400
    one = f"{PROFILES}{made.json()['id']}/"
    linked = client.patch(one, {"customer": str(grace.pk), "attributes": {"a": 1}}, **JSON)
    assert linked.json()["customer"] == str(grace.pk)
    users = [
        row["user_id"] for row in client.get(PROFILES, {"customer": grace.pk}).json()["results"]
    ]
    assert users == ["bob", "alice"]
    assert client.patch(one, {"customer": None}, **JSON).json()["customer"] is None
    assert Device.objects.get(device_id="d9").attributes == {"a": 1}
    assert client.delete(one).status_code == 204


def test_a_customer_of_another_organization_cannot_be_linked(
    client: Client, grace: Customer, other_organization: Any
) -> None:
    stranger = Customer.objects.create(organization=other_organization, customer_id="x")
    device = grace.devices.get()
    answer = client.patch(f"{PROFILES}{device.pk}/", {"customer": str(stranger.pk)}, **JSON)
    assert answer.status_code == 404

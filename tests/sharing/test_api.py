"""``/api/v1/services/``."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.sharing import services
from imiconnect.sharing.models import Service

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Member], Client]
URL = "/api/v1/services/"


def send(client: Client, method: str, url: str, body: Any) -> Any:
    return getattr(client, method)(url, body, content_type="application/json")


@pytest.mark.parametrize("role", list(Role))
def test_admins_and_developers_create(
    cast: dict[Role, Member], client_of: ClientOf, role: Role
) -> None:
    answer = send(client_of(cast[role]), "post", URL, {"name": "Alerts"})
    assert answer.status_code == (201 if role in {Role.ADMIN, Role.DEVELOPER} else 403)


def test_a_service_is_made_allocated_and_taken_live(
    app: App, developer: Member, client_of: ClientOf
) -> None:
    client = client_of(developer)
    made = send(client, "post", URL, {"name": "Alerts"}).json()
    assert made["state"] == "draft"
    one = f"{URL}{made['id']}/"
    refused = send(client, "patch", one, {"state": "live"})
    assert "Allocate an app" in refused.json()["errors"][0]["detail"]
    allocated = send(client, "post", f"{one}allocations/", {"app": str(app.pk)})
    assert allocated.status_code == 201
    assert send(client, "patch", one, {"state": "live"}).json()["state"] == "live"
    assert client.delete(one).status_code == 409


def test_an_allocation_is_listed_and_ended(
    service: Service, app: App, asset_manager: Member, client_of: ClientOf
) -> None:
    allocation = services.allocate(service=service, app=app)
    client = client_of(asset_manager)
    url = f"{URL}{service.pk}/allocations/"
    assert [row["id"] for row in client.get(url).json()] == [str(allocation.pk)]
    assert client.delete(f"{url}{allocation.pk}/").status_code == 204
    assert client.get(url).json() == []


def test_a_second_app_on_a_channel_is_refused_in_words(
    service: Service, app: App, admin: Member, client_of: ClientOf, new_app: Any
) -> None:
    services.allocate(service=service, app=app)
    body = {"app": str(new_app(admin).pk)}
    answer = send(client_of(admin), "post", f"{URL}{service.pk}/allocations/", body)
    assert answer.status_code == 400
    assert "on this channel already" in answer.json()["errors"][0]["detail"]


def test_a_private_callback_url_is_refused(
    service: Service, admin: Member, client_of: ClientOf, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = False
    body = {"receipt_url": "https://127.0.0.1/", "save_anyway": True}
    answer = send(client_of(admin), "patch", f"{URL}{service.pk}/", body)
    assert answer.json()["errors"][0]["pointer"].startswith("/receipt_url")


def test_unknown_receipts_are_refused(
    service: Service, admin: Member, client_of: ClientOf
) -> None:
    body = {"receipt_kinds": {"rt": ["delivered", "eaten"]}}
    answer = send(client_of(admin), "patch", f"{URL}{service.pk}/", body)
    assert "rt: eaten" in answer.json()["errors"][0]["detail"]


def test_a_stranger_finds_nothing(
    service: Service, outsider: Member, client_of: ClientOf
) -> None:
    client = client_of(outsider)
    assert client.get(URL).json()["results"] == []
    for path in ("", "allocations/"):
        assert client.get(f"{URL}{service.pk}/{path}").status_code == 404
    for path in ("key/reveal/", "key/regenerate/", "signing-secret/regenerate/"):
        assert send(client, "post", f"{URL}{service.pk}/{path}", {}).status_code == 404


def test_an_app_of_a_stranger_is_not_found(
    service: Service, admin: Member, outsider: Member, client_of: ClientOf, new_app: Any
) -> None:
    body = {"app": str(new_app(outsider).pk)}
    answer = send(client_of(admin), "post", f"{URL}{service.pk}/allocations/", body)
    assert answer.status_code == 404


def test_keys_and_secrets_are_revealed_and_replaced(
    service: Service, developer: Member, client_of: ClientOf
) -> None:
    client = client_of(developer)
    one = f"{URL}{service.pk}/"
    old = services.current_key(service).secret
    assert send(client, "post", f"{one}key/reveal/", {}).json()["secret"] == old
    new = send(client, "post", f"{one}key/regenerate/", {"keep_seconds": 0}).json()["secret"]
    assert new == services.current_key(service).secret != old
    secret = send(client, "post", f"{one}signing-secret/regenerate/", {}).json()["secret"]
    service.refresh_from_db()
    assert secret == service.signing_secret

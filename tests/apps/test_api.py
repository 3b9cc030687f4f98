"""``/api/v1/apps/``."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.apps import services
from imiconnect.apps.models import App

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Member], Client]
URL = "/api/v1/apps/"
BODY: dict[str, Any] = {
    "name": "Shop",
    "channel_type": "mobile_web",
    "config": {"platform": "web", "systems": ["chrome"]},
}


@pytest.fixture
def app(admin: Member) -> App:
    return services.create_app(member=admin, **BODY)


def post(client: Client, url: str, body: Any) -> Any:
    return client.post(url, body, content_type="application/json")


@pytest.mark.parametrize("role", list(Role))
def test_all_but_viewers_create(
    cast: dict[Role, Member], client_of: ClientOf, role: Role
) -> None:
    answer = post(client_of(cast[role]), URL, BODY)
    assert answer.status_code == (403 if role == Role.VIEWER else 201)


def test_a_new_app_is_answered_with_its_key(admin: Member, client_of: ClientOf) -> None:
    answer = post(client_of(admin), URL, BODY | {"policy": {"retry_count": 7}}).json()
    app = App.objects.get()
    assert answer["app_id"] == app.app_id
    assert answer["client_key"] == services.current_client_key(app).secret
    assert answer["policy"]["retry_count"] == 7


def test_reading_shows_no_secret(app: App, viewer: Member, client_of: ClientOf) -> None:
    text = client_of(viewer).get(f"{URL}{app.pk}/").text
    assert services.current_client_key(app).secret not in text


def test_the_list_is_paged_by_cursor(app: App, admin: Member, client_of: ClientOf) -> None:
    services.create_app(member=admin, **BODY)
    client = client_of(admin)
    first = client.get(f"{URL}?page_size=1").json()
    second = client.get(first["next"]).json()
    ids = [page["results"][0]["id"] for page in (first, second)]
    assert ids[1] == str(app.pk)
    assert ids[0] != ids[1]


def test_a_stranger_finds_nothing(app: App, outsider: Member, client_of: ClientOf) -> None:
    client = client_of(outsider)
    assert client.get(URL).json()["results"] == []
    assert client.get(f"{URL}{app.pk}/").status_code == 404
    assert client.delete(f"{URL}{app.pk}/").status_code == 404
    assert post(client, f"{URL}{app.pk}/client-key/reveal/", {}).status_code == 404


def test_nobody_signed_in_is_refused(client: Client) -> None:
    assert client.get(URL).status_code == 401


def test_wrong_values_are_problems_with_pointers(admin: Member, client_of: ClientOf) -> None:
    body = BODY | {"config": {"platform": "fridge"}}
    answer = post(client_of(admin), URL, body)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"].startswith("/platform")


def test_a_policy_changes_in_part(app: App, admin: Member, client_of: ClientOf) -> None:
    body = {"policy": {"allowed_origins": ["*"]}, "name": "Shop 2"}
    answer = client_of(admin).patch(f"{URL}{app.pk}/", body, content_type="application/json")
    assert answer.json()["policy"]["allowed_origins"] == ["*"]
    assert answer.json()["policy"]["retry_count"] == 3
    assert answer.json()["name"] == "Shop 2"


@pytest.mark.parametrize("role", list(Role))
def test_only_admins_and_developers_reveal(
    app: App, cast: dict[Role, Member], client_of: ClientOf, role: Role
) -> None:
    answer = post(client_of(cast[role]), f"{URL}{app.pk}/client-key/reveal/", {})
    assert answer.status_code == (200 if role in {Role.ADMIN, Role.DEVELOPER} else 403)


def test_regenerating_answers_the_new_key(app: App, admin: Member, client_of: ClientOf) -> None:
    url = f"{URL}{app.pk}/client-key/regenerate/"
    answer = post(client_of(admin), url, {"keep_seconds": 3600})
    assert answer.json()["secret"] == services.current_client_key(app).secret


def test_the_openapi_document_has_the_routes(admin: Member, client_of: ClientOf) -> None:
    document = client_of(admin).get("/api/openapi.json?format=json").text
    assert URL in document
    assert "/api/v1/services/{id}/allocations/" in document

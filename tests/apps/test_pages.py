"""The pages of apps."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.apps import services
from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Member], Client]
WIZARD = "/apps/configure/mobile_web/"


@pytest.fixture
def app(admin: Member) -> App:
    return services.create_app(
        member=admin,
        name="Shop",
        channel_type="mobile_web",
        config={"platform": "web", "systems": ["chrome"]},
    )


def walk(client: Client) -> Any:
    """Answer every step of the wizard and return the review."""
    client.get(WIZARD, follow=True)
    client.post(f"{WIZARD}name/", {"name": "Shop"})
    client.post(f"{WIZARD}platform/", {"platform": "web"})
    client.post(f"{WIZARD}system/", {"systems": ["firefox", "chrome"]})
    client.post(f"{WIZARD}web/", {"method": "later"})
    values = {"allowed_origins": "https://shop.example"}
    return client.post(f"{WIZARD}configuration/", values, follow=True)


def test_the_list_shows_the_apps_of_the_own_organization_only(
    app: App, admin: Member, outsider: Member, client_of: ClientOf
) -> None:
    assert app.app_id in client_of(admin).get("/apps/").text
    assert app.app_id not in client_of(outsider).get("/apps/").text


def test_the_list_is_read_in_few_queries(
    app: App, admin: Member, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        services.create_app(
            member=admin,
            name=f"App {number}",
            channel_type=app.channel_type,
            config=app.config,
        )
    client = client_of(admin)
    with django_assert_max_num_queries(7):
        client.get("/apps/")


@pytest.mark.parametrize(
    ("query", "found"),
    [("name=sho", True), ("name=nothing", False), ("state=off", False), ("state=active", True)],
)
def test_the_list_is_filtered(
    app: App, admin: Member, client_of: ClientOf, query: str, found: bool
) -> None:
    assert (app.app_id in client_of(admin).get(f"/apps/?{query}").text) == found


def test_the_wizard_follows_the_documented_order(admin: Member, client_of: ClientOf) -> None:
    client = client_of(admin)
    assert client.get(WIZARD).headers["Location"] == f"{WIZARD}name/"
    first = client.post(f"{WIZARD}name/", {"name": "Shop"})
    assert first.headers["Location"] == f"{WIZARD}platform/"
    second = client.post(f"{WIZARD}platform/", {"platform": "mobile"})
    assert second.headers["Location"] == f"{WIZARD}system/"
    assert "Android" in client.get(f"{WIZARD}system/").text
    third = client.post(f"{WIZARD}system/", {"systems": "ios"})
    assert third.headers["Location"] == f"{WIZARD}ios/"
    fourth = client.post(f"{WIZARD}ios/", {"method": "later"})
    assert fourth.headers["Location"] == f"{WIZARD}configuration/"


def test_a_later_step_leads_back_to_the_first_open_one(
    admin: Member, client_of: ClientOf
) -> None:
    answer = client_of(admin).get(f"{WIZARD}configuration/")
    assert answer.headers["Location"] == f"{WIZARD}name/"


def test_saving_shows_app_id_client_key_and_snippet_once(
    admin: Member, client_of: ClientOf
) -> None:
    client = client_of(admin)
    assert "SAVE" in walk(client).text
    done = client.post(f"{WIZARD}review/", follow=True)
    app = App.objects.get()
    key = services.current_client_key(app).secret
    assert app.app_id in done.text
    assert done.text.count(key) == 2
    assert "sdk/imiconnect.js" in done.text
    assert policy_of(app).allowed_origins == ("https://shop.example",)
    again = client.get(f"{WIZARD}done/")
    assert key not in again.text
    assert app.app_id in again.text


def test_nothing_is_written_before_save(admin: Member, client_of: ClientOf) -> None:
    walk(client_of(admin))
    assert not App.objects.exists()


def test_going_back_after_save_makes_no_second_app(admin: Member, client_of: ClientOf) -> None:
    client = client_of(admin)
    walk(client)
    client.post(f"{WIZARD}review/")
    client.post(f"{WIZARD}review/")
    assert "already created" in client.get(f"{WIZARD}name/").text
    assert App.objects.count() == 1


def test_changing_the_platform_asks_for_the_system_again(
    admin: Member, client_of: ClientOf
) -> None:
    client = client_of(admin)
    walk(client)
    client.post(f"{WIZARD}platform/?change=1", {"platform": "mobile"})
    assert client.get(f"{WIZARD}review/").headers["Location"] == f"{WIZARD}system/"


def test_what_was_typed_stays_after_a_reload(admin: Member, client_of: ClientOf) -> None:
    client = client_of(admin)
    walk(client)
    assert 'value="Shop"' in client.get(f"{WIZARD}name/").text


def test_a_wrong_origin_is_marked_and_kept(admin: Member, client_of: ClientOf) -> None:
    client = client_of(admin)
    walk(client)
    answer = client.post(f"{WIZARD}configuration/", {"allowed_origins": "shop.example/x"})
    assert answer.status_code == 422
    assert "is not an origin" in answer.text
    assert "shop.example/x" in answer.text


def test_an_unknown_channel_is_not_found(admin: Member, client_of: ClientOf) -> None:
    assert client_of(admin).get("/apps/configure/telegraph/").status_code == 404


PAGES = [
    ("get", "", {"admin", "developer", "asset_manager", "viewer"}),
    ("get", "delete/", {"admin", "developer", "asset_manager"}),
    ("get", "client-key/regenerate/", {"admin", "developer", "asset_manager"}),
    ("post", "client-key/reveal/", {"admin", "developer"}),
    ("post", "off/", {"admin", "developer", "asset_manager"}),
    ("post", "on/", {"admin", "developer", "asset_manager"}),
]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("method", "address", "allowed"), PAGES)
def test_pages_open_for_the_roles_that_may(
    app: App,
    cast: dict[Role, Member],
    client_of: ClientOf,
    role: Role,
    method: str,
    address: str,
    allowed: set[str],
) -> None:
    client = client_of(cast[role])
    answer = getattr(client, method)(f"/apps/{app.pk}/{address}")
    assert (answer.status_code != 403) == (role in allowed)
    assert answer.status_code in {200, 302, 403}


@pytest.mark.parametrize(("method", "address", "allowed"), PAGES)
def test_a_foreign_app_is_not_found(
    app: App,
    outsider: Member,
    client_of: ClientOf,
    method: str,
    address: str,
    allowed: set[str],
) -> None:
    answer = getattr(client_of(outsider), method)(f"/apps/{app.pk}/{address}")
    assert answer.status_code == 404


@pytest.mark.parametrize("role", list(Role))
def test_only_those_who_may_configure_reach_the_wizard(
    cast: dict[Role, Member], client_of: ClientOf, role: Role
) -> None:
    answer = client_of(cast[role]).get(f"{WIZARD}name/", follow=True)
    assert answer.status_code == (403 if role == Role.VIEWER else 200)


def test_a_team_sees_no_app_of_the_organization(
    app: App, team_member: Member, client_of: ClientOf
) -> None:
    assert client_of(team_member).get(f"/apps/{app.pk}/").status_code == 404


def test_the_client_key_is_masked_on_the_page(
    app: App, viewer: Member, client_of: ClientOf
) -> None:
    secret = services.current_client_key(app).secret
    text = client_of(viewer).get(f"/apps/{app.pk}/").text
    assert secret not in text
    assert f"{secret[:4]}…{secret[-4:]}" in text


def test_revealing_shows_the_key(app: App, developer: Member, client_of: ClientOf) -> None:
    answer = client_of(developer).post(f"/apps/{app.pk}/client-key/reveal/", follow=True)
    assert services.current_client_key(app).secret in answer.text


def test_regenerating_shows_the_new_key(app: App, admin: Member, client_of: ClientOf) -> None:
    url = f"/apps/{app.pk}/client-key/regenerate/"
    answer = client_of(admin).post(url, {"keep": "3600"}, follow=True)
    assert services.current_client_key(app).secret in answer.text


def test_the_policy_is_changed_on_the_page(
    app: App, admin: Member, client_of: ClientOf
) -> None:
    values = {
        "card": "policy",
        "retry_count": "5",
        "retry_interval_seconds": "30",
        "expiry_seconds": "600",
        "allowed_origins": "*",
        "client_key_as_password": "on",
    }
    answer = client_of(admin).post(f"/apps/{app.pk}/", values)
    app.refresh_from_db()
    assert answer.status_code == 302
    assert (policy_of(app).retry_count, policy_of(app).client_key_as_password) == (5, True)


def test_a_policy_out_of_range_is_marked_and_kept(
    app: App, admin: Member, client_of: ClientOf
) -> None:
    values = {
        "card": "policy",
        "retry_count": "11",
        "retry_interval_seconds": "x",
        "expiry_seconds": "600",
    }
    client = client_of(admin)
    answer = client.post(f"/apps/{app.pk}/", values)
    assert answer.status_code == 422
    assert "Time between retries must be a whole number" in answer.text
    answer = client.post(f"/apps/{app.pk}/", values | {"retry_interval_seconds": "5"})
    assert "Retries must be between 0 and 10." in answer.text
    assert 'value="11"' in answer.text


def test_deleting_asks_for_the_name(app: App, admin: Member, client_of: ClientOf) -> None:
    client = client_of(admin)
    url = f"/apps/{app.pk}/delete/"
    assert client.post(url, {"name": "Other"}).status_code == 422
    assert client.post(url, {"name": "shop"}).headers["Location"] == "/apps/"
    assert not App.objects.exists()


def test_no_page_says_please_or_sorry(app: App, admin: Member, client_of: ClientOf) -> None:
    client = client_of(admin)
    for address in ("/apps/", f"/apps/{app.pk}/", f"/apps/{app.pk}/delete/"):
        words = re.sub(r"<[^>]+>", " ", client.get(address).text).lower()
        assert not re.search(r"\b(please|sorry|invalid|oops)\b", words)

"""The pages of services."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect import outbound
from imiconnect.accounts.models import Member, Team
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.sharing import services
from imiconnect.sharing.models import Service
from imiconnect.sharing.shares import share_app, unshare

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Member], Client]
WIZARD = "/services/new/"
ALL = {"admin", "developer", "asset_manager", "viewer"}
MANAGES = {"admin", "developer"}


def walk(client: Client, app: App | None, url: str = "", level: str = "") -> Any:
    """Answer every step of the wizard and return the review."""
    begun = client.get(WIZARD, follow=True)
    assert "Belongs to</label>" in begun.text
    client.post(f"{WIZARD}name/", {"name": "Alerts", "level": level})
    client.post(f"{WIZARD}description/", {"description": "Order alerts"})
    client.post(f"{WIZARD}app/", {"app": str(app.pk) if app else ""})
    values = {"receipt_url": url, "kinds_rt": ["delivered", "read"]}
    return client.post(f"{WIZARD}receipts/", values, follow=True)


def test_the_wizard_makes_a_draft_with_app_and_receipts(
    app: App, developer: Member, client_of: ClientOf
) -> None:
    client = client_of(developer)
    review = walk(client, app)
    assert "Order alerts" in review.text
    assert "Receipts of Facebook messages" in review.text and "<dt>fb<" not in review.text
    assert "even when the test call fails" not in review.text
    assert not Service.objects.exists()
    client.post(f"{WIZARD}review/")
    service = Service.objects.get()
    assert (service.state, service.name) == ("draft", "Alerts")
    chosen = {medium: kinds for medium, kinds in service.receipt_kinds.items() if kinds}
    assert chosen == {"rt": ["delivered", "read"]}
    assert service.allocations.get().app == app


def test_a_new_service_is_put_into_a_team_below(
    developer: Member, team: Team, client_of: ClientOf
) -> None:
    client = client_of(developer)
    review = walk(client, None, level=f"team:{team.pk}")
    assert "Belongs to" in review.text and "Retail › Cards" in review.text
    assert f"{WIZARD}name/" in review.text
    client.post(f"{WIZARD}review/")
    assert Service.objects.get().level == team


def test_a_new_service_of_a_team_is_offered_what_the_team_may_use(
    app: App, developer: Member, team: Team, client_of: ClientOf
) -> None:
    client = client_of(developer)
    walk(client, None, level=f"team:{team.pk}")
    answer = client.post(f"{WIZARD}app/", {"app": str(app.pk)})
    assert answer.status_code == 422 and "Shop" not in client.get(f"{WIZARD}app/").text


def test_a_new_service_belongs_to_the_own_level_unless_told(
    developer: Member, client_of: ClientOf
) -> None:
    client = client_of(developer)
    assert "Northwind Bank" in walk(client, None).text
    client.post(f"{WIZARD}review/")
    assert Service.objects.get().level == developer.organization


def test_the_key_is_shown_once(app: App, developer: Member, client_of: ClientOf) -> None:
    client = client_of(developer)
    walk(client, app)
    shown = client.post(f"{WIZARD}review/")
    url = shown.headers["Location"]
    key = services.current_key(Service.objects.get()).secret
    assert key in client.get(url).text
    again = client.get(url)
    assert again.status_code == 410
    assert key not in again.text
    done = client.get(f"{WIZARD}done/")
    assert key not in done.text
    assert "it can go live" in done.text


def test_a_service_without_app_says_what_is_missing(
    developer: Member, client_of: ClientOf
) -> None:
    client = client_of(developer)
    walk(client, None)
    client.post(f"{WIZARD}review/")
    assert "Allocate an app" in client.get(f"{WIZARD}done/").text


def test_a_receipt_url_that_does_not_answer_stops_at_the_review(
    developer: Member, client_of: ClientOf, settings: Any, unused_tcp_port: int
) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = True
    client = client_of(developer)
    walk(client, None, f"http://127.0.0.1:{unused_tcp_port}/")
    answer = client.post(f"{WIZARD}review/")
    assert answer.status_code == 422
    assert "cannot be reached" in answer.text
    assert not Service.objects.exists()


def test_a_receipt_url_may_be_saved_anyway(
    service: Service,
    developer: Member,
    client_of: ClientOf,
    settings: Any,
    unused_tcp_port: int,
) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = True
    url = f"http://127.0.0.1:{unused_tcp_port}/dr"
    client = client_of(developer)
    values = {"card": "outbound", "receipt_url": url, "kinds_rt": ["failed"]}
    assert client.post(f"/services/{service.pk}/outbound/", values).status_code == 422
    values["save_anyway"] = "on"
    assert client.post(f"/services/{service.pk}/outbound/", values).status_code == 302
    service.refresh_from_db()
    assert service.receipt_url == url


def test_a_private_url_is_refused_even_when_saved_anyway(
    service: Service, developer: Member, client_of: ClientOf, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = False
    values = {
        "card": "inbound",
        "inbound_url": "https://192.168.0.1/mo",
        "save_anyway": "on",
    }
    answer = client_of(developer).post(f"/services/{service.pk}/inbound/", values)
    assert answer.status_code == 422
    assert "private or local address" in answer.text


@pytest.mark.parametrize(
    "url", ["https://xn--/cb", "https://xn--a.example/cb", "https://[fe80::1%25x]/cb"]
)
def test_a_url_whose_name_cannot_be_read_is_refused_at_its_field(
    service: Service, developer: Member, client_of: ClientOf, url: str
) -> None:
    values = {"card": "inbound", "inbound_url": url, "save_anyway": "on"}
    answer = client_of(developer).post(f"/services/{service.pk}/inbound/", values)
    assert answer.status_code == 422
    assert "Correct the name or the port of the server." in answer.text


def test_saving_an_unchanged_url_does_not_call_it(
    service: Service,
    developer: Member,
    client_of: ClientOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Service.objects.filter(pk=service.pk).update(receipt_url="https://example.com/dr")
    monkeypatch.setattr(outbound, "probe", lambda url: pytest.fail("It was called."))
    values = {
        "card": "outbound",
        "receipt_url": "https://example.com/dr",
        "kinds_rt": ["read"],
    }
    answer = client_of(developer).post(f"/services/{service.pk}/outbound/", values)
    assert answer.status_code == 302


def test_going_live_without_an_app_says_what_is_missing(
    service: Service, developer: Member, client_of: ClientOf
) -> None:
    answer = client_of(developer).post(f"/services/{service.pk}/live/")
    assert answer.status_code == 409
    assert "Allocate an app" in answer.text


def test_a_live_service_whose_app_is_no_longer_shared_says_that_it_cannot_send(
    admin: Member, team_member: Member, app: App, client_of: ClientOf
) -> None:
    service = services.create_service(member=team_member, name="Card alerts")
    share_app(member=admin, app=app, level=team_member.team)
    services.allocate(service=service, app=app)
    services.set_state(service=service, state="live")
    client, url = client_of(team_member), f"/services/{service.pk}/"
    assert "requests with its key send messages" in client.get(url).text
    unshare(member=admin, app=app, level=team_member.team)
    text = client.get(url).text
    assert "It is live, but it cannot send" in text and "is not shared with this level" in text
    assert "requests with its key send messages" not in text


def test_a_service_goes_live_and_is_suspended(
    service: Service, app: App, developer: Member, client_of: ClientOf
) -> None:
    services.allocate(service=service, app=app)
    client = client_of(developer)
    client.post(f"/services/{service.pk}/live/")
    service.refresh_from_db()
    assert service.state == "live"
    client.post(f"/services/{service.pk}/suspend/")
    service.refresh_from_db()
    assert service.state == "suspended"


PAGES = [
    ("get", "", ALL),
    ("get", "channels/", ALL),
    ("get", "keys/", ALL),
    ("get", "outbound/", ALL),
    ("get", "inbound/", ALL),
    ("get", "danger/", MANAGES),
    ("get", "delete/", MANAGES),
    ("get", "keys/regenerate/", MANAGES),
    ("get", "secret/regenerate/", MANAGES),
    ("post", "keys/reveal/", MANAGES),
    ("post", "secret/reveal/", MANAGES),
    ("post", "live/", MANAGES),
    ("post", "suspend/", MANAGES),
]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("method", "address", "allowed"), PAGES)
def test_pages_open_for_the_roles_that_may(
    service: Service,
    cast: dict[Role, Member],
    client_of: ClientOf,
    role: Role,
    method: str,
    address: str,
    allowed: set[str],
) -> None:
    answer = getattr(client_of(cast[role]), method)(f"/services/{service.pk}/{address}")
    assert (answer.status_code != 403) == (role in allowed)
    assert answer.status_code in {200, 302, 403, 409}


@pytest.mark.parametrize(("method", "address", "allowed"), PAGES)
def test_a_foreign_service_is_not_found(
    service: Service,
    outsider: Member,
    client_of: ClientOf,
    method: str,
    address: str,
    allowed: set[str],
) -> None:
    answer = getattr(client_of(outsider), method)(f"/services/{service.pk}/{address}")
    assert answer.status_code == 404


CARDS = [
    ("", "rename", {"name": "Other"}, MANAGES),
    ("outbound/", "outbound", {"receipt_url": "", "kinds_rt": ["read"]}, MANAGES),
    ("inbound/", "inbound", {"inbound_url": ""}, MANAGES),
]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("address", "card", "values", "allowed"), CARDS)
def test_cards_are_saved_by_the_roles_that_may(
    service: Service,
    cast: dict[Role, Member],
    client_of: ClientOf,
    role: Role,
    address: str,
    card: str,
    values: dict[str, Any],
    allowed: set[str],
) -> None:
    url = f"/services/{service.pk}/{address}"
    answer = client_of(cast[role]).post(url, {"card": card, **values})
    assert answer.status_code == (302 if role in allowed else 403)


@pytest.mark.parametrize("role", list(Role))
def test_all_but_viewers_allocate(
    service: Service, app: App, cast: dict[Role, Member], client_of: ClientOf, role: Role
) -> None:
    values = {"card": "allocate", "app": str(app.pk)}
    answer = client_of(cast[role]).post(f"/services/{service.pk}/channels/", values)
    assert answer.status_code == (403 if role == Role.VIEWER else 302)
    assert service.allocations.exists() == (role != Role.VIEWER)


def test_an_app_of_a_foreign_organization_cannot_be_allocated(
    service: Service, admin: Member, outsider: Member, client_of: ClientOf, new_app: Any
) -> None:
    values = {"card": "allocate", "app": str(new_app(outsider).pk)}
    answer = client_of(admin).post(f"/services/{service.pk}/channels/", values)
    assert answer.status_code == 422
    assert not service.allocations.exists()


def test_an_app_is_taken_away_after_a_word(
    service: Service, app: App, admin: Member, client_of: ClientOf
) -> None:
    allocation = services.allocate(service=service, app=app)
    services.set_state(service=service, state="live")
    url = f"/services/{service.pk}/channels/{allocation.pk}/remove/"
    client = client_of(admin)
    assert "cannot send at all" in client.get(url).text
    client.post(url)
    assert not service.allocations.exists()


def test_keys_and_secrets_are_masked_on_the_pages(
    service: Service, viewer: Member, client_of: ClientOf
) -> None:
    client = client_of(viewer)
    key = services.current_key(service).secret
    assert key not in client.get(f"/services/{service.pk}/keys/").text
    assert service.signing_secret not in client.get(f"/services/{service.pk}/outbound/").text


def test_deleting_a_live_service_is_refused_with_the_reason(
    service: Service, app: App, admin: Member, client_of: ClientOf
) -> None:
    services.allocate(service=service, app=app)
    services.set_state(service=service, state="live")
    client = client_of(admin)
    url = f"/services/{service.pk}/delete/"
    assert "Suspend it first" in client.get(url).text
    assert client.post(url, {"name": "Alerts"}).status_code == 409
    assert Service.objects.exists()


def test_an_app_names_the_services_that_use_it(
    service: Service, app: App, admin: Member, client_of: ClientOf
) -> None:
    services.allocate(service=service, app=app)
    assert f"/services/{service.pk}/" in client_of(admin).get(f"/apps/{app.pk}/").text
    assert "uses it" in client_of(admin).get(f"/apps/{app.pk}/delete/").text


def test_the_inbound_service_of_an_app_is_chosen_on_its_page(
    service: Service, app: App, admin: Member, client_of: ClientOf
) -> None:
    services.allocate(service=service, app=app)
    other = services.create_service(member=admin, name="Second")
    second = services.allocate(service=other, app=app)
    values = {"card": "incoming", "use": str(second.pk)}
    client_of(admin).post(f"/apps/{app.pk}/", values)
    second.refresh_from_db()
    assert second.is_inbound


def test_the_list_is_read_in_few_queries(
    service: Service, admin: Member, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        services.create_service(member=admin, name=f"Service {number}")
    client = client_of(admin)
    with django_assert_max_num_queries(7):
        assert "Service 4" in client.get("/services/").text

"""Credentials and logins at providers."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.apps import authorizations, services
from imiconnect.apps.connection import secrets_of
from imiconnect.apps.models import App, Authorization
from imiconnect.audit.models import AuditEntry
from tests.apps.conftest import Loft

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Member], Client]


def login(client: Client, url: str, **values: str) -> str:
    """Press the button that leads to the provider; return the state it was sent."""
    answer = client.post(url, values)
    assert answer.status_code == 302, answer.text
    target = answer.headers["Location"]
    assert target.startswith("https://loft.example/login?state=")
    return target.partition("state=")[2]


@pytest.fixture
def client(pigeon: Loft, admin: Member, client_of: ClientOf) -> Client:
    return client_of(admin)


def test_credentials_are_encrypted_and_masked(
    loft_app: App, viewer: Member, client_of: ClientOf
) -> None:
    key = secrets_of(loft_app)["loft_key"]
    text = client_of(viewer).get(f"/apps/{loft_app.pk}/").text
    assert key not in text
    assert "the …loft" in text


@pytest.mark.parametrize("role", list(Role))
def test_only_who_may_reads_a_credential(
    loft_app: App, cast: dict[Role, Member], client_of: ClientOf, role: Role
) -> None:
    url = f"/apps/{loft_app.pk}/credentials/loft_key/reveal/"
    answer = client_of(cast[role]).post(url, follow=True)
    shown = secrets_of(loft_app)["loft_key"] in answer.text
    assert shown == (role in {Role.ADMIN, Role.DEVELOPER})
    assert AuditEntry.objects.filter(action="app.credential_revealed").exists() == shown


def test_no_secret_is_in_the_audit_record(loft_app: App, client: Client) -> None:
    client.post(f"/apps/{loft_app.pk}/credentials/loft_key/reveal/")
    kept = " ".join(f"{row.before} {row.after}" for row in AuditEntry.objects.all())
    assert secrets_of(loft_app)["loft_key"] not in kept


def test_an_account_is_in_one_app_only(loft_app: App, outsider: Member) -> None:
    with pytest.raises(ValidationError, match="already configured"):
        services.create_app(
            member=outsider,
            name="Copy",
            channel_type="pigeon",
            config={"loft": "north"},
            secrets={"loft_key": "x"},
        )


def test_prerequisites_come_before_the_first_step(client: Client) -> None:
    assert "/apps/configure/pigeon/prerequisites/" in client.get("/apps/").text
    page = client.get("/apps/configure/pigeon/prerequisites/").text
    assert "Build one" in page
    assert "This is missing." in page


def test_a_login_comes_back_with_its_accounts(client: Client, admin: Member) -> None:
    state = login(client, "/apps/authorize/pigeon/", next="/apps/here/")
    back = client.get(f"/apps/authorized/pigeon/?state={state}")
    row = Authorization.objects.get()
    assert back.headers["Location"] == f"/apps/here/?authorization={row.pk}"
    assert authorizations.granted_by(row) == "Paula Pigeon"
    assert [offer.choice.name for offer in authorizations.offers(row)] == [
        "North", "South", "Ruin",
    ]  # fmt: skip


def test_accounts_that_are_configured_already_are_marked(
    loft_app: App, client: Client, admin: Member
) -> None:
    state = login(client, "/apps/authorize/pigeon/", next="/apps/")
    client.get(f"/apps/authorized/pigeon/?state={state}")
    offers = authorizations.offers(Authorization.objects.get())
    assert [offer.taken for offer in offers] == [True, False, False]


@pytest.mark.parametrize("query", ["state=guessed", "", "state="])
def test_a_wrong_state_is_refused(client: Client, query: str) -> None:
    login(client, "/apps/authorize/pigeon/", next="/apps/")
    answer = client.get(f"/apps/authorized/pigeon/?{query}")
    assert answer.status_code == 422
    assert "belongs to no login" in answer.text


def test_a_state_is_good_for_one_return(client: Client) -> None:
    state = login(client, "/apps/authorize/pigeon/", next="/apps/")
    assert client.get(f"/apps/authorized/pigeon/?state={state}").status_code == 302
    assert client.get(f"/apps/authorized/pigeon/?state={state}").status_code == 422


def test_a_state_of_somebody_else_is_refused(
    client: Client, developer: Member, client_of: ClientOf
) -> None:
    state = login(client, "/apps/authorize/pigeon/", next="/apps/")
    answer = client_of(developer).get(f"/apps/authorized/pigeon/?state={state}")
    assert answer.status_code == 422


def test_a_refused_login_says_so(client: Client) -> None:
    state = login(client, "/apps/authorize/pigeon/", next="/apps/")
    answer = client.get(f"/apps/authorized/pigeon/?state={state}&error=denied")
    assert "You did not allow it." in answer.text


def test_a_login_leads_to_no_foreign_page(client: Client) -> None:
    state = login(client, "/apps/authorize/pigeon/", next="https://evil.example/")
    back = client.get(f"/apps/authorized/pigeon/?state={state}")
    assert re.match(r"/apps/\?authorization=", back.headers["Location"])


def test_reconnecting_gives_new_credentials_and_keeps_the_app(
    loft_app: App, client: Client
) -> None:
    state = login(client, f"/apps/{loft_app.pk}/reconnect/")
    back = client.get(f"/apps/authorized/pigeon/?state={state}")
    assert back.headers["Location"] == f"/apps/{loft_app.pk}/"
    app = App.objects.get()
    assert secrets_of(app)["loft_key"].startswith("new key of north")
    assert (app.pk, app.app_id) == (loft_app.pk, loft_app.app_id)
    assert app.checkup.state == "healthy"


def test_the_login_of_another_account_does_not_reconnect(
    pigeon: Loft, admin: Member, client: Client
) -> None:
    app = services.create_app(
        member=admin,
        name="West",
        channel_type="pigeon",
        config={"loft": "west"},
        secrets={"loft_key": "old"},
    )
    state = login(client, f"/apps/{app.pk}/reconnect/")
    answer = client.get(f"/apps/authorized/pigeon/?state={state}")
    assert "not among those that were granted" in answer.text
    assert secrets_of(App.objects.get())["loft_key"] == "old"


def test_the_api_does_what_the_wizard_does(client: Client) -> None:
    begun = client.post(
        "/api/v1/app-authorizations/",
        {"channel_type": "pigeon"},
        content_type="application/json",
    ).json()
    state = begun["url"].partition("state=")[2]
    client.get(f"/apps/authorized/pigeon/?state={state}")
    url = f"/api/v1/app-authorizations/{begun['id']}/"
    assert [item["account"] for item in client.get(url).json()["accounts"]] == [
        "north", "south", "ruin",
    ]  # fmt: skip
    body: dict[str, Any] = {"name": "By API", "account": "south"}
    made = client.post(f"{url}apps/", body, content_type="application/json").json()
    assert made["account"] == "south"
    assert made["health"]["state"] == "unchecked"
    assert made["credentials"]["loft_key"].startswith("new …")
    refused = client.post(f"{url}apps/", body, content_type="application/json")
    assert refused.status_code == 400
    ruin = client.post(
        f"{url}apps/", body | {"account": "ruin"}, content_type="application/json"
    )
    assert "Nobody feeds" in ruin.text
    Authorization.objects.update(expires_at=timezone.now())
    late = client.post(
        f"{url}apps/", body | {"account": "north"}, content_type="application/json"
    )
    assert late.status_code == 404


def test_a_new_password_comes_by_api(loft_app: App, client: Client) -> None:
    url = f"/api/v1/apps/{loft_app.pk}/credentials/"
    body = {"credentials": {"loft_key": "an entirely new key of the loft"}}
    shown = client.put(url, body, content_type="application/json").json()["credentials"]
    assert shown == {"loft_key": "an e…loft"}
    assert client.post(f"{url}loft_key/reveal/").json() == {
        "secret": body["credentials"]["loft_key"]
    }
    assert client.post(f"{url}nothing/reveal/").status_code == 400

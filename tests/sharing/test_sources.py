"""The addresses from which a service's keys may be used, on the page and over REST."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.audit.models import AuditEntry
from imiconnect.sharing.models import Service

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Member], Client]


def _send(client: Client, service: Service, text: str) -> Any:
    body = {"card": "sources", "allowed_sources": text}
    return client.post(f"/services/{service.pk}/keys/", body)


def test_the_keys_tab_keeps_them_and_the_audit_shows_before_and_after(
    service: Service, admin: Member, client_of: ClientOf
) -> None:
    client = client_of(admin)
    assert _send(client, service, "203.0.113.7\r\n2001:db8::/32\r\n").status_code == 302
    page = client.get(f"/services/{service.pk}/keys/").content.decode()
    assert "203.0.113.7/32\n2001:db8::/32" in page
    assert "You are at 127.0.0.1." in page
    entry = AuditEntry.objects.get(action="service.sources_changed")
    assert entry.before == {"allowed_sources": []}
    assert entry.after == {"allowed_sources": ["203.0.113.7/32", "2001:db8::/32"]}


def test_a_wrong_line_is_named_and_what_was_typed_is_kept(
    service: Service, admin: Member, client_of: ClientOf
) -> None:
    answer = _send(client_of(admin), service, "203.0.113.7\r\nthe office")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "“the office” is no IP address or network" in page
    assert "203.0.113.7" in page
    service.refresh_from_db()
    assert service.allowed_sources == []


@pytest.mark.parametrize("role", list(Role))
def test_admins_and_developers_change_them(
    cast: dict[Role, Member], client_of: ClientOf, service: Service, role: Role
) -> None:
    client = client_of(cast[role])
    url, body = f"/api/v1/services/{service.pk}/", {"allowed_sources": ["203.0.113.7"]}
    answer = client.patch(url, body, content_type="application/json")
    may = role in {Role.ADMIN, Role.DEVELOPER}
    assert answer.status_code == (200 if may else 403)
    assert _send(client, service, "").status_code == (302 if may else 403)


def test_over_rest_they_are_checked_and_shown(
    service: Service, admin: Member, client_of: ClientOf
) -> None:
    client, url = client_of(admin), f"/api/v1/services/{service.pk}/"
    json: dict[str, Any] = {"content_type": "application/json"}
    wrong = client.patch(url, {"allowed_sources": ["203.0.113.7/24"]}, **json)
    assert wrong.status_code == 400
    assert "Did you mean 203.0.113.0/24?" in wrong.json()["errors"][0]["detail"]
    right = client.patch(url, {"allowed_sources": ["203.0.113.0/24"]}, **json)
    assert right.json()["allowed_sources"] == ["203.0.113.0/24"]
    assert client.get(url).json()["allowed_sources"] == ["203.0.113.0/24"]


def test_a_viewer_sees_from_where_the_keys_work(
    service: Service, admin: Member, viewer: Member, client_of: ClientOf
) -> None:
    _send(client_of(admin), service, "203.0.113.7")
    page = client_of(viewer).get(f"/services/{service.pk}/keys/").content.decode()
    assert "<code>203.0.113.7/32</code>" in page


def test_the_profile_key_has_its_own_under_settings(
    admin: Member, viewer: Member, client_of: ClientOf
) -> None:
    url = "/settings/organization/profile-key/sources/"
    client = client_of(admin)
    assert "You are at 127.0.0.1." in client.get(url).content.decode()
    assert client.post(url, {"allowed_sources": "office"}).status_code == 422
    assert client.post(url, {"allowed_sources": "203.0.113.7"}).status_code == 302
    assert (
        "<code>203.0.113.7/32</code>" in client.get("/settings/organization/").content.decode()
    )
    assert AuditEntry.objects.filter(action="organization.profile_sources_changed").exists()
    assert client_of(viewer).post(url, {"allowed_sources": ""}).status_code == 403

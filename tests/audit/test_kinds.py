"""Each kind of change that matters is recorded: who, when, from where, before and after."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from imiconnect.accounts.models import Group, Member, Team
from imiconnect.accounts.services import merge_levels
from imiconnect.apps.models import App
from imiconnect.apps.services import delete_app
from imiconnect.audit.models import AuditEntry
from imiconnect.sharing.models import AppShare, Service
from imiconnect.sharing.services import allocate, current_key
from imiconnect.sharing.shares import share_app
from tests.numbers.conftest import stock, uk_rate
from tests.objects import make_app, make_service

__all__ = ["stock", "uk_rate"]

ClientOf = Callable[[Member], Client]


@pytest.fixture
def app(admin: Member) -> App:
    return make_app(admin, "Shop")


@pytest.fixture
def service(admin: Member, app: App) -> Service:
    service = make_service(admin, "Alerts")
    allocate(service=service, app=app)
    return service


def _share(client: Client, app: App, service: Service, group: Group, seat: Member) -> None:
    url = f"/api/v1/apps/{app.pk}/shares/"
    client.post(url, json.dumps({"level": str(group.pk)}), "application/json")


def _role(client: Client, app: App, service: Service, group: Group, seat: Member) -> None:
    url = reverse("accounts:person", args=[seat.pk])
    client.post(url, {"role": "developer", "level": f"group:{group.pk}"})


def _state(client: Client, app: App, service: Service, group: Group, seat: Member) -> None:
    url = f"/api/v1/services/{service.pk}/"
    client.patch(url, json.dumps({"state": "live"}), "application/json")


def _key(client: Client, app: App, service: Service, group: Group, seat: Member) -> None:
    url = f"/api/v1/services/{service.pk}/key/regenerate/"
    client.post(url, json.dumps({"keep_seconds": 0}), "application/json")


def _reveal(client: Client, app: App, service: Service, group: Group, seat: Member) -> None:
    client.post(f"/api/v1/services/{service.pk}/key/reveal/")


@pytest.mark.parametrize(
    ("act", "action", "before", "after"),
    [
        (_share, "app.shares_updated", {"shares"}, {"shares"}),
        (_role, "member.changed", {"role", "level"}, {"role", "level"}),
        (_state, "service.live", {"state"}, {"state"}),
        (_key, "service.key_regenerated", {"key"}, {"key", "old_key_kept_seconds"}),
        (_reveal, "service.key_revealed", set(), {"key"}),
    ],
)
def test_a_change_is_on_record(
    act: Callable[..., None],
    action: str,
    before: set[str],
    after: set[str],
    admin: Member,
    viewer: Member,
    group: Group,
    app: App,
    service: Service,
    client_of: ClientOf,
) -> None:
    secret = current_key(service).secret
    act(client_of(admin), app, service, group, viewer)
    entry: Any = AuditEntry.objects.get(action=action)
    assert (entry.actor, entry.address) == (admin.user, "127.0.0.1")
    assert (set(entry.before), set(entry.after)) == (before, after)
    assert entry.created_at
    assert secret not in json.dumps([entry.before, entry.after])


def _post(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"/api/v1/numbers/{path}", json.dumps(body), "application/json")


def _recorded(action: str, admin: Member) -> Any:
    """Return the newest entry of a kind, after a look at who and from where."""
    entry: Any = AuditEntry.objects.filter(action=action).order_by("-pk").first()
    assert entry is not None, action
    assert (entry.actor, entry.address) == (admin.user, "127.0.0.1")
    return entry


def test_the_order_and_release_of_a_number_are_on_record(
    admin: Member, stock: list[str], client_of: ClientOf
) -> None:
    client, e164 = client_of(admin), stock[0]
    wish = {"e164": e164, "number_type": "multi_function", "carrier": "stock"}
    assert _post(client, "reservations/", **wish).status_code == 201
    number = _post(client, "orders/", e164=e164).json()["id"]
    ordered = _recorded("phone_number.requested", admin)
    assert (ordered.object_id, ordered.after["value"]) == (number, e164)
    assert _recorded("phone_number.active", admin).after == {"state": "active"}
    assert _post(client, f"{number}/release/", number=e164).status_code == 200
    released = _recorded("phone_number.releasing", admin)
    assert (released.before, released.after) == ({"state": "active"}, {"state": "releasing"})
    assert _post(client, f"{number}/undo-release/").status_code == 200
    assert _recorded("phone_number.active", admin).before == {"state": "releasing"}


@pytest.mark.parametrize(
    ("path", "action", "body"),
    [
        (
            "short-codes/",
            "short_code.requested",
            {"country": "GB", "choice": "random", "monthly_volume": 5, "purpose": "Alerts"},
        ),
        (
            "offline-requests/",
            "offline_request.placed",
            {"country_name": "Afghanistan", "quantity": 2},
        ),
        ("sender-ids/", "sender_id.requested", {"code": "NORTHWIND", "country": "GB"}),
    ],
)
def test_a_request_for_a_number_is_on_record(
    path: str,
    action: str,
    body: dict[str, Any],
    admin: Member,
    catalogue: None,
    client_of: ClientOf,
) -> None:
    client = client_of(admin)
    made = _post(client, path, **body)
    assert made.status_code == 201
    entry = _recorded(action, admin)
    assert entry.after
    assert entry.before == {}
    base = path if path == "offline-requests/" else ""
    assert _post(client, f"{base}{made.json()['id']}/withdraw/").status_code == 200
    withdrawn = _recorded(f"{action.partition('.')[0]}.withdrawn", admin)
    assert withdrawn.after == {"state": "withdrawn"}


def test_the_shares_of_a_deleted_app_are_on_record(admin: Member, app: App, team: Team) -> None:
    share_app(member=admin, app=app, level=team)
    delete_app(app=app)
    (share,) = AuditEntry.objects.get(action="app.deleted").before["shares"]
    assert (share["name"], share["until"]) == ("Retail › Cards", None)


def test_the_end_of_an_app_without_shares_names_none(admin: Member, app: App) -> None:
    delete_app(app=app)
    assert "shares" not in AuditEntry.objects.get(action="app.deleted").before


def test_a_merge_records_the_shares_that_change_hands(
    admin: Member, app: App, team: Team, sister_team: Team, group: Group
) -> None:
    own, both = make_app(admin, "Own"), app
    make_app(admin, "Not shared")
    share_app(member=admin, app=own, level=team)
    for level in (team, sister_team):
        share_app(member=admin, app=both, level=level)
    AuditEntry.objects.all().delete()
    merge_levels(source=team, target=sister_team)
    entries = {e.object_name: e for e in AuditEntry.objects.filter(action="app.shares_updated")}
    told = {
        name: ([s["name"] for s in e.before["shares"]], [s["name"] for s in e.after["shares"]])
        for name, e in entries.items()
    }
    cards, loans = "Retail › Cards", f"Retail › {sister_team.name}"
    assert {name: (sorted(b), a) for name, (b, a) in told.items()} == {
        str(own): ([cards], [loans]),
        str(both): ([cards, loans], [loans]),
    }
    assert set(AppShare.objects.values_list("group", flat=True)) == {
        sister_team.permission_group_id
    }

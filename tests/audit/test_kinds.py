"""Each kind of change that matters is recorded: who, when, from where, before and after."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from imiconnect.accounts.models import Group, Member
from imiconnect.apps.models import App
from imiconnect.audit.models import AuditEntry
from imiconnect.sharing.models import Service
from imiconnect.sharing.services import allocate, current_key
from tests.objects import make_app, make_service

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

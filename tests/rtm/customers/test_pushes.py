"""Pushes to a customer are on the timeline, in the export, and erased with the customer."""

import json
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.customers.erasing import erase_due, request_erasure
from imiconnect.rtm.customers.exporting import export_customer
from imiconnect.rtm.customers.timeline import timeline_of
from imiconnect.rtm.models import Attempt, Companion, Customer, Message, PushAddress
from imiconnect.sharing.models import Service
from tests.factories import make_member

WORDS = "Notification with the message"


@pytest.fixture
def pushes(
    grace: Customer, history: dict[str, Message], app: App, service: Service
) -> dict[str, Message]:
    """A companion that went, one that waits, and pushes by four names; one of a stranger."""
    device = grace.devices.get()
    token = PushAddress.objects.create(
        app=app, device=device, platform="ios", address="secret-token", digest="d" * 64
    )
    now = timezone.now()
    Attempt.objects.create(
        message_id=history["rtm"].pk, organization=grace.organization, number=1, route="push",
        started_at=now, finished_at=now, succeeded=True,
    )  # fmt: skip
    Companion.objects.create(
        id=history["rtm"].pk, organization_id=grace.organization_id, app_id=app.pk,
        address="alice", payload={"text": "You have a message"}, expires_at=now,
    )  # fmt: skip
    named = {
        "user": ("userid", "alice"),
        "customer": ("customerid", "1001"),
        "device": ("deviceid", device.device_id),
        "token": ("ios_pushid", "d" * 64),
        "own id": ("pushid", str(token.pk)),
        "stranger": ("userid", "bob"),
        "stranger's token": ("ios_pushid", "e" * 64),
    }
    return {name: _push(service, app, kind, address) for name, (kind, address) in named.items()}


def _push(service: Service, app: App, kind: str, address: str) -> Message:
    key = uuid7()
    made: Message = Message.objects.create(
        id=key, transid=key, organization=service.organization, service=service, app=app,
        channel="push", address=address, address_type=kind, payload={"text": "Hello"},
        state=1, created_at=timezone.now(),
    )  # fmt: skip
    return made


OWN = ("user", "customer", "device", "token", "own id")


def test_pushes_are_on_the_timeline(
    grace: Customer, pushes: dict[str, Message], admin: Member
) -> None:
    entries = timeline_of(grace, admin, kind="message").entries
    keys = {entry.key for entry in entries if entry.kind == "message"}
    assert {name for name, row in pushes.items() if row.pk in keys} == set(OWN)
    found = [entry.state for entry in entries if entry.kind == "push"]
    assert sorted(found) == ["queued", "submitted"]


def test_the_page_and_rest_show_what_went_with_a_message(
    grace: Customer, pushes: dict[str, Message], admin: Member, client_of: Any
) -> None:
    client = client_of(admin)
    assert client.get(f"/customers/{grace.pk}/").text.count(WORDS) == 2
    answer = client.get(f"/api/v1/customers/{grace.pk}/timeline/").json()
    assert [row["kind"] for row in answer["entries"]].count("push") == 2


def test_the_export_has_pushes_and_no_token(
    grace: Customer, pushes: dict[str, Message], admin: Member
) -> None:
    text = "".join(export_customer(customer=grace, member=admin))
    document = json.loads(text)
    assert [row["platform"] for row in document["push_addresses"]] == ["ios"]
    assert len(document["notifications"]) == len(document["notifications_waiting"]) == 1
    tids = {row["tid"] for row in document["messages"]}
    assert {name for name, row in pushes.items() if str(row.pk) in tids} == set(OWN)
    assert "secret-token" not in text


def test_the_export_has_no_push_address_of_an_app_that_is_not_seen(
    grace: Customer, pushes: dict[str, Message], team_member: Member
) -> None:
    seat = make_member(team_member.team, Role.ASSET_MANAGER)
    document = json.loads("".join(export_customer(customer=grace, member=seat)))
    assert (document["devices"], document["push_addresses"]) == ([], [])


def test_erasing_takes_pushes_and_their_addresses_along(
    grace: Customer, pushes: dict[str, Message]
) -> None:
    request_erasure(customer=grace)
    erase_due()
    assert not PushAddress.objects.exists()
    assert not Companion.objects.exists()
    rows = Message.objects.filter(channel="push").exclude(payload__has_key="erased")
    assert {row.pk for row in rows} == {
        pushes["stranger"].pk,
        pushes["stranger's token"].pk,
    }

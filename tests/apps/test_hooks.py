"""Webhooks: signed, stored, answered at once, worked through exactly once."""

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imiconnect.apps import hooks
from imiconnect.apps.channel_types.events import Event
from imiconnect.apps.connection import secrets_of
from imiconnect.apps.models import App, HookEvent
from tests.apps.conftest import SHARED_SECRET, signed

pytestmark = pytest.mark.django_db
Taken = list[tuple[str, Event]]


def note(**fields: str) -> dict[str, str]:
    return {"id": "n1", "loft": "north", "from": "ann", "text": "coo"} | fields


def tell(url: str, *notes: dict[str, str], key: str = SHARED_SECRET, raw: bytes = b"") -> Any:
    body = raw or json.dumps({"notes": notes}).encode()
    headers = {"X-Ring": signed(body, key)}
    return Client().post(url, body, content_type="application/json", headers=headers)


def test_a_handshake_is_answered(loft_app: App) -> None:
    assert Client().get("/hooks/pigeon/?echo=17").content == b"17"
    assert Client().get("/hooks/pigeon/").status_code == 403


def test_a_signed_call_is_stored_and_answered_before_it_is_worked_through(
    loft_app: App, taken: Taken
) -> None:
    assert tell("/hooks/pigeon/", note()).status_code == 200
    assert HookEvent.objects.get().due_at is not None
    assert taken == []


def test_what_is_stored_reaches_the_app_of_the_account(loft_app: App, taken: Taken) -> None:
    tell("/hooks/pigeon/", note(), note(id="n2", loft="elsewhere"))
    assert hooks.work_through() == 1
    assert [(app, event.provider_id) for app, event in taken] == [("Carrier pigeons", "n1")]
    assert hooks.work_through() == 0


def test_the_same_call_again_is_answered_and_dropped(loft_app: App, taken: Taken) -> None:
    for _again in range(3):
        assert tell("/hooks/pigeon/", note()).status_code == 200
    hooks.work_through()
    assert len(taken) == 1


def test_a_wrong_signature_is_refused_and_leaves_nothing(loft_app: App) -> None:
    answer = tell("/hooks/pigeon/", note(), key="of somebody else")
    assert answer.status_code == 403
    assert not HookEvent.objects.exists()


def test_an_apps_own_webhook_is_signed_with_its_own_secret(loft_app: App, taken: Taken) -> None:
    url = f"/hooks/pigeon/{loft_app.app_id}/"
    key = secrets_of(loft_app)["loft_key"]
    assert tell(url, note()).status_code == 403
    assert tell(url, note(), note(loft="south", id="n2"), key=key).status_code == 200
    hooks.work_through()
    assert [event.provider_id for _app, event in taken] == ["n1"]


@pytest.mark.parametrize("path", ["pigeon/AA00000000/", "nothing/", "mobile_web/"])
def test_an_unknown_webhook_is_not_found(pigeon: Any, path: str) -> None:
    assert tell(f"/hooks/{path}", note()).status_code == 404


def test_a_call_that_cannot_be_read_waits_and_holds_up_nobody(
    loft_app: App, taken: Taken
) -> None:
    tell("/hooks/pigeon/", raw=b"no json")
    tell("/hooks/pigeon/", note())
    assert hooks.work_through() == 2
    assert len(taken) == 1
    row = HookEvent.objects.get(due_at__isnull=False)
    assert row.problem.startswith("JSONDecodeError")
    assert row.due_at > timezone.now()


def test_a_call_that_never_can_be_read_is_given_up(loft_app: App, taken: Taken) -> None:
    tell("/hooks/pigeon/", raw=b"no json")
    later = timezone.now()
    for _again in range(hooks.TRIES):
        later += dt.timedelta(hours=2)
        hooks.work_through(now=later)
    assert HookEvent.objects.get().due_at is None


def test_what_is_worked_through_is_forgotten_after_a_week(loft_app: App, taken: Taken) -> None:
    tell("/hooks/pigeon/", note())
    later = timezone.now() + dt.timedelta(days=8)
    assert hooks.forget_old(now=later) == 0
    hooks.work_through()
    assert hooks.forget_old(now=later) == 1


def test_a_body_beyond_the_limit_is_refused(loft_app: App) -> None:
    assert tell("/hooks/pigeon/", raw=b"x" * 1_000_001).status_code == 413

"""Messages > Callbacks."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.audit.models import AuditEntry
from imiconnect.rtm.models import Callback, CallbackAttempt

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Member], Client]
New = Callable[..., Callback]
LOG = "/messages/callbacks/"


@pytest.mark.parametrize("role", list(Role))
def test_admins_and_developers_read_the_delivery_log(
    new_callback: New, cast: dict[Role, Member], client_of: ClientOf, role: Role
) -> None:
    callback = new_callback()
    client = client_of(cast[role])
    expected = 200 if role in {Role.ADMIN, Role.DEVELOPER} else 403
    assert client.get(LOG).status_code == expected
    assert client.get(f"{LOG}{callback.pk}/").status_code == expected
    resent = client.post(f"{LOG}{callback.pk}/resend/").status_code
    assert resent == (302 if expected == 200 else 403)


def test_a_foreign_delivery_is_not_found(
    new_callback: New, outsider: Member, client_of: ClientOf
) -> None:
    callback = new_callback()
    client = client_of(outsider)
    assert client.get(f"{LOG}{callback.pk}/").status_code == 404
    assert client.post(f"{LOG}{callback.pk}/resend/").status_code == 404
    assert str(callback.pk) not in client.get(LOG).text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=failed", True),
        ("state=delivered", False),
        ("kind=mo", False),
        ("url=/200", True),
    ],
)
def test_the_log_is_filtered(
    new_callback: New, admin: Member, client_of: ClientOf, query: str, found: bool
) -> None:
    callback = new_callback(state="failed", due_at=None)
    assert (str(callback.pk) in client_of(admin).get(f"{LOG}?{query}").text) == found


def test_a_delivery_shows_its_tries(
    new_callback: New, admin: Member, client_of: ClientOf
) -> None:
    callback = new_callback(state="failed", due_at=None, attempts=1)
    CallbackAttempt.objects.create(
        callback=callback, number=1, status_code=410, duration_ms=37, response="gone"
    )
    text = client_of(admin).get(f"{LOG}{callback.pk}/").text
    assert "Answer 410" in text
    assert "37 ms" in text
    assert "does not switch the URL off" in text


def test_a_delivery_between_two_tries_is_retrying(
    new_callback: New, admin: Member, client_of: ClientOf
) -> None:
    callback = new_callback(attempts=1)
    text = client_of(admin).get(f"{LOG}{callback.pk}/").text
    assert "Retrying" in text
    assert "Next attempt" in text


def test_resending_is_on_record(new_callback: New, admin: Member, client_of: ClientOf) -> None:
    callback = new_callback(state="failed", due_at=None)
    client_of(admin).post(f"{LOG}{callback.pk}/resend/")
    callback.refresh_from_db()
    assert callback.state == "pending"
    entry = AuditEntry.objects.get(action="callback.resent")
    assert entry.actor == admin.user


def test_selected_deliveries_are_resent_together(
    new_callback: New, admin: Member, client_of: ClientOf
) -> None:
    rows = [new_callback(state="failed", due_at=None) for _ in range(3)]
    ids = [str(row.pk) for row in rows[:2]]
    client_of(admin).post(LOG, {"act": "resend", "ids": ids})
    assert Callback.objects.filter(state="pending").count() == 2


def test_the_log_is_read_in_few_queries(
    new_callback: New, admin: Member, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        new_callback()
    client = client_of(admin)
    with django_assert_max_num_queries(8):
        client.get(LOG)

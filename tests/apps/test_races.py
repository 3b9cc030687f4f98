"""Changes of apps that meet in PostgreSQL."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps import services
from imiconnect.apps.models import App
from imiconnect.audit.models import AuditEntry
from imiconnect.locks import Gone
from imiconnect.sharing.allocations import allocate
from tests.apps.conftest import Loft
from tests.factories import client_of
from tests.objects import make_app, make_service
from tests.racing import met_by

pytestmark = pytest.mark.django_db(transaction=True)


def new_app(member: Member, loft: str) -> App:
    return services.create_app(
        member=member,
        name=f"Pigeons of {loft}",
        channel_type="pigeon",
        config={"loft": loft},
        secrets={"loft_key": "the very first key of the loft"},
    )


def test_an_account_that_another_app_takes_meanwhile_is_said_to_be_taken(
    loft_app: App, admin: Member
) -> None:
    second, config = new_app(admin, "south"), {"loft": "west"}
    taken = services.update_app

    def change() -> Any:
        with pytest.raises(ValidationError) as caught:
            taken(app=second, config=config, name="Renamed")
        return caught.value.messages

    told = met_by(lambda: taken(app=loft_app, config=config), change)
    assert told == [[str(services.ACCOUNT_TAKEN)]]
    second.refresh_from_db()
    assert (second.account, second.name) == ("south", "Pigeons of south")
    assert AuditEntry.objects.filter(action="app.updated").count() == 1


def test_an_app_that_is_made_for_an_account_that_is_taken_meanwhile_is_refused(
    pigeon: Loft, outsider: Member, admin: Member
) -> None:
    def make() -> Any:
        with pytest.raises(ValidationError) as caught:
            new_app(outsider, "north")
        return caught.value.messages

    told = met_by(lambda: new_app(admin, "north"), make)
    assert told == [[str(services.ACCOUNT_TAKEN)]]
    assert App.objects.count() == 1


def test_an_app_that_is_deleted_meanwhile_is_not_found_by_who_changes_it(admin: Member) -> None:
    app, form = make_app(admin, "Going"), {"card": "rename", "name": "Staying"}
    page, rest = client_of(admin), client_of(admin)
    bodies: list[dict[str, Any]] = [{"name": "Staying"}, {"policy": {"retry_count": 4}}]
    answers = met_by(
        lambda: services.delete_app(app=app),
        lambda: page.post(f"/apps/{app.pk}/", form),
        lambda: page.post(f"/apps/{app.pk}/off/"),
        *(lambda b=body: patched(rest, app, b) for body in bodies),
    )
    assert {answer.status_code for answer in answers} == {404}
    assert not AuditEntry.objects.filter(action="app.updated").exists()


def test_an_app_that_is_deleted_meanwhile_is_not_given_to_a_service(admin: Member) -> None:
    app, service = make_app(admin, "Going"), make_service(admin, "Alerts")
    client, address = client_of(admin), f"/api/v1/services/{service.pk}/allocations/"
    told = met_by(
        lambda: services.delete_app(app=app),
        lambda: client.post(address, {"app": app.pk}, "application/json"),
    )
    assert [answer.status_code for answer in told] == [404]
    with pytest.raises(Gone):
        allocate(service=service, app=app)


def patched(client: Client, app: App, body: dict[str, Any]) -> Any:
    return client.patch(f"/api/v1/apps/{app.pk}/", body, "application/json")

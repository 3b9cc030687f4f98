"""Changes of apps that meet in PostgreSQL."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from imiconnect.accounts.models import Member
from imiconnect.apps import services
from imiconnect.apps.models import App
from imiconnect.audit.models import AuditEntry
from tests.apps.conftest import Loft
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

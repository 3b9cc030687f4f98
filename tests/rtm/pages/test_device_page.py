"""The page of the device in the browser, and what its script may ask."""

from typing import Any

import msgspec
import pytest

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.apps.services import current_client_key, set_policy
from imiconnect.audit.models import AuditEntry
from imiconnect.rtm.models import Customer

ROLES = [
    (Role.ADMIN, 200),
    (Role.DEVELOPER, 200),
    (Role.ASSET_MANAGER, 200),
    (Role.VIEWER, 403),
]


@pytest.mark.parametrize(("role", "status"), ROLES)
def test_who_may_try_a_device(
    role: Role, status: int, app: App, cast: dict[Role, Member], client_of: Any
) -> None:
    client = client_of(cast[role])
    assert client.get("/tools/device/").status_code == status
    assert client.post("/tools/device/access/", {"app": str(app.pk)}).status_code == status


def test_the_script_gets_the_key_and_the_trail_says_so(
    app: App, developer: Member, client_of: Any
) -> None:
    response = client_of(developer).post("/tools/device/access/", {"app": str(app.pk)})
    assert response.json()["clientKey"] == current_client_key(app).secret
    assert response.headers["Cache-Control"] == "no-store"
    assert AuditEntry.objects.filter(object_id=str(app.pk), action__contains="key").exists()


def test_the_key_is_in_no_page(app: App, developer: Member, client_of: Any) -> None:
    page = client_of(developer).get("/tools/device/").content.decode()
    assert app.app_id in page
    assert current_client_key(app).secret not in page


def test_an_app_that_registers_known_customers_alone_is_offered_one(
    app: App, developer: Member, client_of: Any
) -> None:
    page = client_of(developer).get("/tools/device/").text
    assert 'value="alice"' in page
    Customer.objects.create(organization=app.organization, customer_id="known-1")
    set_policy(app=app, policy=msgspec.structs.replace(policy_of(app), profile_required=True))
    page = client_of(developer).get("/tools/device/").text
    assert " data-needs-profile" in page and 'name="user" value="known-1"' in page


def test_another_organizations_app_does_not_exist(
    app: App, outsider: Member, client_of: Any
) -> None:
    client = client_of(outsider)
    assert client.post("/tools/device/access/", {"app": str(app.pk)}).status_code == 404
    assert app.app_id not in client.get("/tools/device/").content.decode()


def test_without_an_app_the_page_says_what_to_do(admin: Member, client_of: Any) -> None:
    page = client_of(admin).get("/tools/device/").content.decode()
    assert "No Mobile / Web app yet" in page


def test_the_tools_page_offers_the_device_to_those_who_may(
    cast: dict[Role, Member], client_of: Any
) -> None:
    for role, member in cast.items():
        page = client_of(member).get("/tools/").content.decode()
        assert ("/tools/device/" in page) == (role != Role.VIEWER)

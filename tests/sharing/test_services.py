"""Writes of services, and what two at a time come to."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from imiconnect.accounts.models import Member, Team
from imiconnect.apps.models import App
from imiconnect.apps.services import set_app_state
from imiconnect.keys import Overlap, in_force
from imiconnect.sharing import services
from imiconnect.sharing.models import Allocation, Service
from imiconnect.sharing.shares import share_app, unshare


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run acts in threads of their own, let go together; return results or errors."""
    gate = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(index: int) -> None:
        gate.wait()
        try:
            results[index] = acts[index]()
        except ValidationError as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[index]) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db
def test_a_new_service_is_a_draft_with_key_and_secret(service: Service) -> None:
    assert service.state == Service.State.DRAFT
    assert len(services.current_key(service).secret) == 32
    assert service.signing_secret.startswith("whsec_")
    assert "delivered" in service.receipt_kinds["rt"]


@pytest.mark.django_db
def test_a_name_is_taken_in_any_case(service: Service, admin: Member) -> None:
    with pytest.raises(ValidationError, match="already"):
        services.create_service(member=admin, name=" ALERTS ")


@pytest.mark.django_db
def test_another_organization_may_use_the_name(service: Service, outsider: Member) -> None:
    assert services.create_service(member=outsider, name="Alerts").pk


@pytest.mark.django_db
def test_going_live_needs_an_app_that_is_still_shared(
    admin: Member, team_member: Member, app: App
) -> None:
    service = services.create_service(member=team_member, name="Card alerts")
    share_app(member=admin, app=app, level=team_member.team)
    services.allocate(service=service, app=app)
    assert services.missing_for_live(service) == []
    unshare(member=admin, app=app, level=team_member.team)
    with pytest.raises(ValidationError, match="not shared with this level any more: Retail"):
        services.set_state(service=service, state="live")
    share_app(member=admin, app=app, level=team_member.team)
    assert services.set_state(service=service, state="live").state == "live"


def test_going_live_needs_an_app_that_is_on(service: Service, app: App) -> None:
    services.allocate(service=service, app=app)
    set_app_state(app=app, state=App.State.OFF)
    with pytest.raises(ValidationError, match="all of them are off"):
        services.set_state(service=service, state="live")
    set_app_state(app=app, state=App.State.ACTIVE)
    assert services.set_state(service=service, state="live").state == "live"


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["suspended", "draft2"])
def test_a_draft_cannot_become_what_it_may_not(service: Service, state: str) -> None:
    with pytest.raises(ValidationError, match="cannot become"):
        services.set_state(service=service, state=state)


@pytest.mark.django_db
def test_an_app_of_another_level_needs_a_share(
    team_member: Member, admin: Member, app: App, new_app: Any
) -> None:
    own = services.create_service(member=team_member, name="Team")
    with pytest.raises(ValidationError, match="not shared"):
        services.allocate(service=own, app=app)
    assert services.allocate(service=own, app=new_app(team_member)).pk


@pytest.mark.django_db
def test_one_app_per_channel_and_one_more_per_team(
    service: Service, admin: Member, app: App, team: Team, new_app: Any
) -> None:
    services.allocate(service=service, app=app)
    second = new_app(admin)
    with pytest.raises(ValidationError, match="on this channel already"):
        services.allocate(service=service, app=second)
    services.allocate(service=service, app=second, team=team)
    with pytest.raises(ValidationError, match="The team has"):
        services.allocate(service=service, app=new_app(admin), team=team)


@pytest.mark.django_db
def test_a_holder_belongs_to_the_organization(
    service: Service, app: App, outsider: Member
) -> None:
    with pytest.raises(ValidationError, match="does not see this service"):
        services.allocate(service=service, app=app, user=outsider.user)


@pytest.mark.django_db
def test_incoming_messages_pass_to_the_next_service(
    service: Service, app: App, admin: Member
) -> None:
    first = services.allocate(service=service, app=app)
    other = services.create_service(member=admin, name="Second")
    second = services.allocate(service=other, app=app)
    assert (first.is_inbound, second.is_inbound) == (True, False)
    services.deallocate(allocation=first)
    second.refresh_from_db()
    assert second.is_inbound


@pytest.mark.django_db
def test_deleting_a_service_passes_incoming_messages_on(
    service: Service, app: App, admin: Member
) -> None:
    services.allocate(service=service, app=app)
    other = services.create_service(member=admin, name="Second")
    second = services.allocate(service=other, app=app)
    services.delete_service(service=service)
    second.refresh_from_db()
    assert second.is_inbound


@pytest.mark.django_db(transaction=True)
def test_two_apps_allocated_at_once_leave_one_and_a_sentence(
    service: Service, app: App, admin: Member, new_app: Any
) -> None:
    other = new_app(admin)
    results = at_once(
        lambda: services.allocate(service=service, app=app),
        lambda: services.allocate(service=service, app=other),
    )
    errors = [result for result in results if isinstance(result, ValidationError)]
    assert len(errors) == 1
    assert "on this channel already" in str(errors[0])
    assert Allocation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_services_that_take_an_app_at_once_leave_one_inbound(
    service: Service, app: App, admin: Member
) -> None:
    other = services.create_service(member=admin, name="Second")
    at_once(
        lambda: services.allocate(service=service, app=app),
        lambda: services.allocate(service=other, app=app),
    )
    assert Allocation.objects.count() == 2
    assert Allocation.objects.filter(is_inbound=True).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("keep", "valid"), [(Overlap.HOUR, 3), (Overlap.NOW, 1)])
def test_two_regenerations_at_once_leave_one_current_key(
    service: Service, keep: Overlap, valid: int
) -> None:
    results = at_once(*[lambda: services.regenerate_key(service=service, keep=keep)] * 2)
    assert len({key.secret for key in results}) == 2
    assert service.keys.filter(expires_at__isnull=True).count() == 1
    assert service.keys.filter(in_force()).count() == valid


@pytest.mark.django_db(transaction=True)
def test_two_services_of_one_name_at_once_leave_one(admin: Member) -> None:
    results = at_once(*[lambda: services.create_service(member=admin, name="Twin")] * 2)
    assert sum(isinstance(result, ValidationError) for result in results) == 1
    assert Service.objects.filter(name="Twin").count() == 1

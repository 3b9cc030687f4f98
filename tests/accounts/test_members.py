"""Seats: adding, changing, deactivating, and the permission groups that follow."""

import threading
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from imiconnect.accounts import services
from imiconnect.accounts.models import Group, Member, Organization, Team
from imiconnect.accounts.roles import Role
from imiconnect.audit.models import AuditEntry
from tests.factories import make_group, make_member, make_team, make_user


def groups_of(member: Member) -> set[str]:
    return set(member.user.groups.values_list("name", flat=True))


def names(*levels: Organization | Group | Team) -> set[str]:
    return {level.permission_group.name for level in levels}


def test_a_person_holds_the_permissions_of_the_own_level_and_of_the_organization(
    organization: Organization, group: Group, team: Team
) -> None:
    assert groups_of(make_member(organization)) == names(organization)
    assert groups_of(make_member(group)) == names(organization, group)
    assert groups_of(make_member(team)) == names(organization, team)


def test_a_move_changes_the_permission_groups(
    admin: Member, developer: Member, group: Group, team: Team, organization: Organization
) -> None:
    services.change_seat(member=developer, level=team, by=admin)
    assert groups_of(developer) == names(organization, team)
    services.change_seat(member=developer, level=group, by=admin)
    assert groups_of(developer) == names(organization, group)


@pytest.mark.parametrize("start", ["Retail › Cards", "Cards"])
def test_a_person_moves_between_levels_of_the_same_name(
    admin: Member, organization: Organization, team: Team, start: str
) -> None:
    first = team if start == "Retail › Cards" else make_group(organization, name="Cards")
    second = make_team(make_group(organization, name="Wholesale"), name="Cards")
    person = make_member(first)
    moved = services.change_seat(member=person, level=second, by=admin)
    person.refresh_from_db()
    assert (moved.level, person.level) == (second, second)
    assert groups_of(person) == names(organization, second)
    entry = AuditEntry.objects.get(action="member.changed")
    assert entry.before == {"role": "admin", "level": start}
    assert entry.after == {"role": "admin", "level": "Wholesale › Cards"}


def test_a_deactivated_person_holds_none(admin: Member, developer: Member) -> None:
    services.deactivate_member(member=developer, by=admin)
    assert groups_of(developer) == set()
    services.reactivate_member(member=developer, by=admin)
    assert groups_of(developer) == names(developer.organization)


def test_the_permission_groups_of_another_organization_stay(
    admin: Member, other_organization: Organization, organization: Organization
) -> None:
    services.add_member(user=admin.user, level=other_organization, role=Role.VIEWER)
    second = make_member(organization)
    services.deactivate_member(member=admin, by=second)
    assert groups_of(admin) == names(other_organization)


def test_a_person_has_one_seat_in_an_organization(admin: Member, team: Team) -> None:
    with pytest.raises(ValidationError, match="in this organization already"):
        services.add_member(user=admin.user, level=team, role=Role.VIEWER)


@pytest.mark.parametrize(
    "change",
    [
        lambda member, group: services.deactivate_member(member=member),
        lambda member, group: services.change_seat(member=member, role=Role.DEVELOPER),
        lambda member, group: services.change_seat(member=member, level=group),
        lambda member, group: services.set_person_active(user=member.user, active=False),
    ],
    ids=["deactivate", "role", "level", "person"],
)
def test_the_last_admin_stays(admin: Member, group_member: Member, change: Any) -> None:
    with pytest.raises(ValidationError, match="last Admin"):
        change(admin, group_member.group)
    admin.refresh_from_db()
    admin.user.refresh_from_db()
    assert (admin.is_active, admin.role, admin.group_id) == (True, Role.ADMIN, None)
    assert admin.user.is_active


def test_one_of_two_admins_may_go(admin: Member, organization: Organization) -> None:
    services.deactivate_member(member=make_member(organization), by=admin)
    assert AuditEntry.objects.filter(action="member.deactivated").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_deactivate_each_other_at_once_leave_one(
    admin: Member, organization: Organization
) -> None:
    other = make_member(organization)
    gate = threading.Barrier(2)

    def deactivate(member: Member) -> None:
        gate.wait()
        try:
            services.deactivate_member(member=member)
        except ValidationError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=deactivate, args=[seat]) for seat in (admin, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Member.objects.active().filter(organization=organization).count() == 1


def test_a_group_admin_changes_people_of_the_group_only(
    group_member: Member, team_member: Member, viewer: Member, organization: Organization
) -> None:
    services.change_seat(member=team_member, role=Role.VIEWER, by=group_member)
    with pytest.raises(PermissionDenied):
        services.change_seat(member=viewer, role=Role.ADMIN, by=group_member)
    with pytest.raises(PermissionDenied):
        services.change_seat(member=team_member, level=organization, by=group_member)


@pytest.mark.parametrize("role", [Role.DEVELOPER, Role.ASSET_MANAGER, Role.VIEWER])
def test_only_an_admin_changes_people(
    cast: dict[Role, Member], role: Role, team_member: Member
) -> None:
    with pytest.raises(PermissionDenied):
        services.deactivate_member(member=team_member, by=cast[role])


def test_a_change_tells_role_and_level_in_the_audit(
    admin: Member, developer: Member, team: Team
) -> None:
    services.change_seat(member=developer, role=Role.VIEWER, level=team, by=admin)
    entry = AuditEntry.objects.get(action="member.changed")
    assert entry.before == {"role": "developer", "level": "Northwind Bank"}
    assert entry.after == {"role": "viewer", "level": "Retail › Cards"}


def test_an_unchanged_seat_writes_nothing(admin: Member, developer: Member) -> None:
    services.change_seat(member=developer, role=Role.DEVELOPER, by=admin)
    assert not AuditEntry.objects.filter(action="member.changed").exists()


def test_people_of_a_suspended_organization_do_not_act(
    admin: Member, organization: Organization
) -> None:
    services.set_organization_active(organization=organization, active=False)
    assert not Member.objects.active().filter(pk=admin.pk).exists()
    assert Organization.objects.with_profile_key(organization.profile_key) is None


def test_an_e_mail_address_has_one_account_in_any_case(admin: Member) -> None:
    with pytest.raises(ValidationError, match="account with this e-mail"):
        services.create_person(email=admin.user.email.upper(), name="Twice")


def test_a_person_without_a_seat_is_told_whom_to_ask(client: Any, db: None) -> None:
    client.force_login(make_user())
    answer = client.get("/settings/people/")
    assert answer.status_code == 403
    assert "in no organization" in answer.content.decode()


def test_somebody_without_a_seat_gets_a_dashboard_without_cards(client: Any, db: None) -> None:
    client.force_login(make_user())
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.context["no_member"]

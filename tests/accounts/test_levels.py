"""Organizations, groups and teams, as the services write them."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from imiconnect.accounts import services
from imiconnect.accounts.models import Group, Member, Organization, Team
from imiconnect.audit.models import AuditEntry


def test_an_organization_gets_a_permission_group_and_a_profile_key(
    organization: Organization,
) -> None:
    assert organization.permission_group.name == f"organization:{organization.pk}"
    assert Organization.objects.with_profile_key(organization.profile_key) == organization


def test_a_group_name_is_taken_in_any_case(organization: Organization, group: Group) -> None:
    with pytest.raises(ValidationError, match="has a group with this name"):
        services.create_group(organization=organization, name=group.name.upper())


def test_another_organization_may_have_a_group_of_the_same_name(
    other_organization: Organization, group: Group
) -> None:
    assert services.create_group(organization=other_organization, name=group.name).pk


def test_a_refused_group_leaves_no_permission_group(
    organization: Organization, group: Group
) -> None:
    from django.contrib.auth.models import Group as PermissionGroup

    before = PermissionGroup.objects.count()
    with pytest.raises(ValidationError):
        services.create_group(organization=organization, name=group.name)
    assert PermissionGroup.objects.count() == before


def test_a_group_admin_makes_teams_but_no_groups(group_member: Member, group: Group) -> None:
    assert services.create_team(group=group, name="Savings", by=group_member).pk
    with pytest.raises(PermissionDenied):
        services.create_group(
            organization=group.organization, name="Wholesale", by=group_member
        )


def test_a_team_admin_makes_no_team_beside_it(sister: Member, group: Group) -> None:
    with pytest.raises(PermissionDenied):
        services.create_team(group=group, name="Savings", by=sister)


def test_a_renaming_tells_both_names_in_the_audit(team: Team, admin: Member) -> None:
    services.rename(level=team, name="Credit cards", by=admin)
    entry = AuditEntry.objects.get(action="team.renamed")
    assert (entry.before, entry.after) == ({"name": "Cards"}, {"name": "Credit cards"})
    assert entry.organization_id == admin.organization_id


def test_a_name_that_is_taken_changes_nothing(team: Team, sister_team: Team) -> None:
    with pytest.raises(ValidationError, match="has a team with this name"):
        services.rename(level=team, name=sister_team.name)
    team.refresh_from_db()
    assert team.name == "Cards"


def test_a_stranger_renames_nothing(outsider: Member, team: Team) -> None:
    with pytest.raises(PermissionDenied):
        services.rename(level=team, name="Mine", by=outsider)


def test_what_a_person_has_is_told_of_a_row_as_a_query_returns_it(
    admin: Member, group_member: Member, team_member: Member, sister: Member, outsider: Member
) -> None:
    everybody = list(Member.objects.all())
    for seat in (admin, group_member, team_member, sister, outsider):
        told = {row for row in everybody if seat.has_at_or_below(row)}
        assert told == set(Member.objects.at_or_below(seat)) < set(everybody)

"""Sharing an app: who may, what it gives, and that it ends at once."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from imiconnect.accounts.models import Group, Member, Organization, Team
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.audit.models import AuditEntry
from imiconnect.sharing import services
from imiconnect.sharing.models import AppShare
from imiconnect.sharing.reach import Target, preview
from imiconnect.sharing.shares import (
    remove_ended_shares,
    share_app,
    unshare,
    update_shares,
)
from imiconnect.sharing.why import reasons
from tests.factories import make_group, make_member

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def sees(member: Member, app: App) -> bool:
    return bool(App.objects.visible_to(member).filter(pk=app.pk).exists())


def uses(level: Any, app: App) -> bool:
    return bool(App.objects.usable_by(level).filter(pk=app.pk).exists())


@pytest.mark.parametrize("role", list(Role))
def test_all_but_viewers_share(
    cast: dict[Role, Member], role: Role, app: App, group: Group
) -> None:
    if role == Role.VIEWER:
        with pytest.raises(PermissionDenied):
            share_app(member=cast[role], app=app, level=group)
    else:
        share_app(member=cast[role], app=app, level=group)
    assert uses(group, app) == (role != Role.VIEWER)


def test_a_share_to_a_group_only_is_not_for_its_teams(
    admin: Member, app: App, team: Team, group_member: Member, team_member: Member
) -> None:
    share_app(member=admin, app=app, level=team.group)
    assert sees(group_member, app) and uses(team.group, app)
    assert not sees(team_member, app) and not uses(team, app)


def test_a_share_to_all_teams_under_a_group_covers_later_teams(
    admin: Member, app: App, group: Group, factories: Any
) -> None:
    share_app(member=admin, app=app, level=group, include_teams=True)
    later = factories.make_team(group)
    assert uses(later, app)


def test_a_share_to_a_team_is_not_for_its_sister(
    admin: Member, app: App, team: Team, team_member: Member, sister: Member
) -> None:
    share_app(member=admin, app=app, level=team)
    assert sees(team_member, app) and not sees(sister, app)


def test_what_a_team_has_is_seen_but_not_used_in_its_group(
    admin: Member, app: App, team: Team, group_member: Member
) -> None:
    share_app(member=admin, app=app, level=team)
    assert sees(group_member, app) and not uses(team.group, app)


def test_a_share_to_all_covers_groups_that_come_later(
    admin: Member, app: App, organization: Organization
) -> None:
    share_app(member=admin, app=app, level=organization)
    assert uses(make_group(organization), app)


def test_an_end_in_the_past_is_refused(admin: Member, app: App, group: Group) -> None:
    with pytest.raises(ValidationError, match="future"):
        share_app(member=admin, app=app, level=group, ends_at=timezone.now() - HOUR)


def test_a_share_gives_nothing_after_its_end(
    admin: Member, app: App, group: Group, group_member: Member
) -> None:
    share = share_app(member=admin, app=app, level=group, ends_at=timezone.now() + HOUR)
    assert sees(group_member, app)
    AppShare.objects.filter(pk=share.pk).update(ends_at=timezone.now())
    assert not sees(group_member, app) and not uses(group, app)
    assert remove_ended_shares() == 1
    assert not AppShare.objects.exists()
    assert AuditEntry.objects.filter(action="app.share_ended").exists()


def test_somebody_of_a_group_shares_within_the_group_only(
    group_member: Member, group: Group, team: Team, new_app: Any, organization: Organization
) -> None:
    app, other = new_app(group_member), make_group(organization)
    share_app(member=group_member, app=app, level=team)
    for level in (other, organization):
        with pytest.raises(PermissionDenied):
            share_app(member=group_member, app=app, level=level)
    assert uses(team, app) and not uses(other, app)


def test_somebody_of_a_team_shares_with_nobody(
    team_member: Member, sister_team: Team, new_app: Any
) -> None:
    app = new_app(team_member)
    for level in (team_member.team, sister_team):
        with pytest.raises(PermissionDenied):
            share_app(member=team_member, app=app, level=level)


def test_a_share_gives_no_say_over_the_app(
    admin: Member, group_member: Member, app: App, group: Group, team: Team
) -> None:
    share_app(member=admin, app=app, level=group)
    with pytest.raises(PermissionDenied):
        share_app(member=group_member, app=app, level=team)


def test_another_organization_cannot_be_shared_with(
    admin: Member, app: App, other_organization: Organization
) -> None:
    for level in (other_organization, make_group(other_organization)):
        with pytest.raises(PermissionDenied):
            share_app(member=admin, app=app, level=level)


def test_an_update_within_a_group_leaves_the_shares_beyond_it(
    admin: Member, group_member: Member, new_app: Any, organization: Organization, team: Team
) -> None:
    app, other = new_app(group_member), make_group(organization)
    share_app(member=admin, app=app, level=other)
    update_shares(member=group_member, app=app, wanted=[Target(team)])
    assert uses(other, app) and uses(team, app)


def test_an_update_is_all_or_nothing(
    admin: Member, app: App, team: Team, other_organization: Organization
) -> None:
    with pytest.raises(PermissionDenied):
        update_shares(member=admin, app=app, wanted=[Target(team), Target(other_organization)])
    assert not AppShare.objects.exists()


def test_an_update_is_on_record_with_before_and_after(
    admin: Member, app: App, team: Team
) -> None:
    update_shares(member=admin, app=app, wanted=[Target(team)])
    update_shares(member=admin, app=app, wanted=[Target(team)])
    update_shares(member=admin, app=app, wanted=[])
    entries = AuditEntry.objects.filter(action="app.shares_updated").order_by("id")
    assert [len(entry.after["shares"]) for entry in entries] == [1, 0]
    assert entries[1].before["shares"][0]["with"] == f"team:{team.pk}"


def test_unsharing_one_level_leaves_the_others(
    admin: Member, app: App, team: Team, sister_team: Team
) -> None:
    update_shares(member=admin, app=app, wanted=[Target(team), Target(sister_team)])
    unshare(member=admin, app=app, level=team)
    assert not uses(team, app) and uses(sister_team, app)


def test_the_preview_names_who_gains_who_loses_and_what_stops(
    admin: Member, app: App, team: Team, team_member: Member, sister: Member
) -> None:
    share_app(member=admin, app=app, level=team)
    service = services.create_service(member=team_member, name="Card alerts")
    services.allocate(service=service, app=app)
    found = preview(app, wanted=[Target(sister.team)])
    assert found.levels_gain == ("Retail › Loans",)
    assert found.levels_lose == ("Retail › Cards",)
    assert found.people_gain == ("Sam Sister",)
    assert found.people_lose == ("Tia Team",)
    assert found.services_stop == (service,)
    assert AppShare.objects.get().group_id == team.permission_group_id


def test_the_preview_takes_the_same_number_of_queries_for_many_teams(
    admin: Member, app: App, group: Group, factories: Any, django_assert_max_num_queries: Any
) -> None:
    for _number in range(12):
        make_member(factories.make_team(group), Role.VIEWER)
    with django_assert_max_num_queries(8):
        preview(app, wanted=[Target(group, include_teams=True)])


def test_the_reasons_name_share_group_team_and_role(
    admin: Member, app: App, group: Group, team_member: Member, sister: Member
) -> None:
    share_app(member=admin, app=app, level=group, include_teams=True)
    (reason,) = reasons(app, team_member)
    assert [str(link.kind) for link in reason.links] == ["Share", "Group", "Team", "Role"]
    assert "Ada Admin" in reason.links[0].text and reason.usable
    unshare(member=admin, app=app, level=group)
    assert reasons(app, sister) == []

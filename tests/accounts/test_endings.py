"""Groups and teams end: deleted when nothing hangs on them, or merged into another one."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group as PermissionGroup
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from imiconnect.accounts import services
from imiconnect.accounts.models import Group, Member, Organization, Team
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.audit.models import AuditEntry
from imiconnect.sharing.allocations import allocate
from imiconnect.sharing.models import AppShare
from imiconnect.sharing.shares import share_app
from tests.factories import make_group, make_member, make_team
from tests.objects import make_app, make_service

ClientOf = Callable[[Member], Client]


def test_an_empty_team_is_deleted_with_its_permission_group(team: Team) -> None:
    held = team.permission_group_id
    services.delete_level(level=team)
    assert not Team.objects.filter(pk=team.pk).exists()
    assert not PermissionGroup.objects.filter(pk=held).exists()
    assert AuditEntry.objects.get(action="team.deleted").before == {
        "name": "Cards",
        "in": "Retail",
    }


def test_a_delete_says_what_hangs_on_the_team(
    admin: Member, team: Team, team_member: Member
) -> None:
    app, shared = make_app(team_member, "Cards App"), make_app(admin, "Bank App")
    make_service(team_member, "Cards Alerts")
    share_app(member=admin, app=shared, level=team)
    services.invite(email="new@northwind.example", level=team, role=Role.VIEWER)
    with pytest.raises(ValidationError) as refused:
        services.delete_level(level=team)
    said = " ".join(refused.value.messages)
    assert f"Apps: {app.name}" in said
    assert f"Members: {team_member.user.email}" in said
    assert "Services: Cards Alerts" in said
    assert "Shares: Bank App" in said
    assert "Invitations: new@northwind.example" in said
    assert Team.objects.filter(pk=team.pk).exists()


def test_an_answered_invitation_does_not_keep_a_team(team: Team) -> None:
    offer = services.invite(email="no@northwind.example", level=team, role=Role.VIEWER)
    services.withdraw_invitation(invitation=offer.invitation)
    services.delete_level(level=team)
    assert not Team.objects.filter(pk=team.pk).exists()


def test_a_group_with_teams_is_kept(group: Group, team: Team) -> None:
    with pytest.raises(ValidationError, match="Teams: Cards"):
        services.delete_level(level=group)


def test_merging_a_team_moves_all_of_it(
    admin: Member, organization: Organization, team: Team, team_member: Member
) -> None:
    other = make_team(make_group(organization, "Wholesale"), "Factoring")
    app, service = make_app(team_member, "Cards App"), make_service(team_member, "Alerts")
    shared = make_app(admin, "Bank App")
    share_app(member=admin, app=shared, level=team)
    services.merge_levels(source=team, target=other)
    for row in (app, service, team_member):
        row.refresh_from_db()
        assert (row.team, row.group) == (other, other.group)
    assert AppShare.objects.get(content_object=shared).group_id == other.permission_group_id
    held = team_member.user.groups.values_list("pk", flat=True)
    assert other.permission_group_id in held
    assert not Team.objects.filter(pk=team.pk).exists()
    entry = AuditEntry.objects.get(action="team.merged")
    assert entry.before["merged"] == "Cards"
    assert entry.after["moved"]["Apps"] == 1


def test_merging_keeps_the_wider_of_two_shares(
    admin: Member, organization: Organization, group: Group
) -> None:
    other = make_group(organization, "Wholesale")
    app = make_app(admin, "Bank App")
    end = timezone.now() + dt.timedelta(days=1)
    share_app(member=admin, app=app, level=group, include_teams=True, ends_at=end)
    share_app(member=admin, app=app, level=other)
    services.merge_levels(source=group, target=other)
    share = AppShare.objects.get(content_object=app)
    assert (share.group_id, share.include_teams) == (other.permission_group_id, True)
    assert share.ends_at is None


def test_two_teams_of_one_name_keep_their_groups_apart(
    organization: Organization, group: Group, team: Team
) -> None:
    other = make_group(organization, "Wholesale")
    make_team(other, team.name.upper())
    with pytest.raises(ValidationError, match="Both have a team"):
        services.merge_levels(source=group, target=other)
    team.refresh_from_db()
    assert team.group == group


def test_a_service_that_allocates_to_both_teams_keeps_them_apart(
    admin: Member, team: Team, sister_team: Team
) -> None:
    service, app = make_service(admin, "Alerts"), make_app(admin, "Bank App")
    allocate(service=service, app=app, team=team)
    allocate(service=service, app=app, team=sister_team)
    with pytest.raises(ValidationError, match="Both have a"):
        services.merge_levels(source=team, target=sister_team)


def test_a_level_of_another_organization_is_no_target(
    group: Group, other_organization: Organization
) -> None:
    with pytest.raises(ValidationError):
        services.merge_levels(source=group, target=make_group(other_organization))


def test_nobody_ends_the_own_level(group_member: Member, group: Group, team: Team) -> None:
    with pytest.raises(PermissionDenied):
        services.delete_level(level=group, by=group_member)
    services.delete_level(level=team, by=group_member)


def test_the_pages_merge_and_delete(
    admin: Member, group: Group, team: Team, sister_team: Team, client_of: ClientOf
) -> None:
    make_member(team, Role.VIEWER, name="Vera")
    client = client_of(admin)
    refused = client.get(reverse("accounts:delete_team", args=[team.pk]))
    assert "First, end what uses it" in refused.content.decode()
    assert "Members: " in refused.content.decode()
    page = reverse("accounts:merge_team", args=[team.pk])
    assert client.post(page, {"name": "Cards"}).status_code == 422
    sent = client.post(page, {"name": "Cards", "target": f"team:{sister_team.pk}"})
    assert sent.status_code == 302
    gone = client.post(
        reverse("accounts:delete_team", args=[sister_team.pk]), {"name": "Loans"}
    )
    assert gone.status_code == 409
    assert Team.objects.get() == sister_team


def test_the_merge_page_first_shows_what_a_team_loses_and_gains(
    admin: Member, group: Group, team: Team, client_of: ClientOf
) -> None:
    other = make_team(make_group(admin.organization, "Wholesale"), "Desk")
    lost, got, own = (make_app(admin, name) for name in ("Old App", "New App", "Own App"))
    share_app(member=admin, app=lost, level=group, include_teams=True)
    share_app(member=admin, app=got, level=other)
    share_app(member=admin, app=own, level=team)
    service = make_service(make_member(team, Role.ADMIN), "Card Alerts")
    allocate(service=service, app=lost)
    page, client = reverse("accounts:merge_team", args=[team.pk]), client_of(admin)
    answers = {"name": "Cards", "target": f"team:{other.pk}"}
    asked = client.post(page, answers)
    said = asked.content.decode()
    assert "Nothing is merged yet" in said
    assert "Members that move along: " in said
    assert "The people and services of Cards lose these apps: Old App" in said
    assert "services of Cards can no longer send through them: Card Alerts" in said
    assert "The people and services of Cards get these apps: New App" in said
    assert "The people and services of Desk get these apps: Own App" in said
    assert Team.objects.filter(pk=team.pk).exists()
    seen = asked.context["form"]["seen"].value()
    assert client.post(page, answers | {"seen": "older"}).status_code == 200
    assert client.post(page, answers | {"seen": seen}).status_code == 302
    assert not Team.objects.filter(pk=team.pk).exists()
    other.refresh_from_db()
    assert set(App.objects.usable_by(other)) == {got, own}


def test_the_merge_page_first_shows_what_teams_of_a_group_gain(
    admin: Member, group: Group, team: Team, client_of: ClientOf
) -> None:
    other = make_group(admin.organization, "Wholesale")
    make_team(other, "Desk")
    for name, level in (("Retail App", group), ("Wholesale App", other)):
        app = make_app(admin, name)
        share_app(member=admin, app=app, level=level, include_teams=True)
    page = reverse("accounts:merge_group", args=[group.pk])
    answers = {"name": group.name, "target": f"group:{other.pk}"}
    said = client_of(admin).post(page, answers).content.decode()
    assert "Teams of Retail get these apps: Wholesale App" in said
    assert "Teams of Wholesale get these apps: Retail App" in said
    assert "lose these apps" not in said


def test_the_api_says_what_a_merge_would_do_and_does_nothing(
    admin: Member, viewer: Member, group: Group, team: Team, client_of: ClientOf
) -> None:
    other = make_team(make_group(admin.organization, "Wholesale"), "Desk")
    lost, held = make_app(admin, "Old App"), make_app(admin, "Own App")
    share_app(member=admin, app=lost, level=group, include_teams=True)
    share_app(member=admin, app=held, level=team)
    address = f"/api/v1/teams/{team.pk}/merge/preview/"
    client, before = client_of(admin), AuditEntry.objects.count()
    told = client.post(address, {"into": other.pk}, "application/json").json()
    assert told["moves"] == ["Shares: Own App"]
    assert "The people and services of Cards lose these apps: Old App" in told["changes"]
    assert "The people and services of Desk get these apps: Own App" in told["changes"]
    assert Team.objects.filter(pk=team.pk).exists()
    assert AppShare.objects.get(content_object=held).group_id == team.permission_group_id
    assert AuditEntry.objects.count() == before
    denied = client_of(viewer).post(address, {"into": other.pk}, "application/json")
    assert denied.status_code == 403


def test_the_api_says_beforehand_why_a_merge_is_refused(
    admin: Member,
    team: Team,
    sister_team: Team,
    other_organization: Organization,
    client_of: ClientOf,
) -> None:
    service, app = make_service(admin, "Alerts"), make_app(admin, "Bank App")
    allocate(service=service, app=app, team=team)
    allocate(service=service, app=app, team=sister_team)
    address, client = f"/api/v1/teams/{team.pk}/merge/preview/", client_of(admin)
    refused = client.post(address, {"into": sister_team.pk}, "application/json")
    assert refused.status_code == 400 and "Both have a" in refused.text
    page = reverse("accounts:merge_team", args=[team.pk])
    shown = client.post(page, {"name": "Cards", "target": f"team:{sister_team.pk}"})
    assert shown.status_code == 422 and "Both have a" in shown.text
    foreign = make_team(make_group(other_organization), "Foreign")
    assert client.post(address, {"into": foreign.pk}, "application/json").status_code == 404
    same = client.post(address, {"into": team.pk}, "application/json")
    assert same.status_code == 400 and "another one" in same.text


def test_the_api_renames_merges_and_deletes(
    admin: Member, viewer: Member, group: Group, team: Team, client_of: ClientOf
) -> None:
    client = client_of(admin)
    made = client.post("/api/v1/groups/", {"name": "Wholesale"}, "application/json")
    assert made.status_code == 201
    into = {"into": made.json()["id"]}
    refused = client.delete(f"/api/v1/groups/{group.pk}/")
    assert refused.status_code == 400
    assert "Cards" in refused.content.decode()
    merged = client.post(f"/api/v1/groups/{group.pk}/merge/", into, "application/json")
    assert merged.json()["name"] == "Wholesale"
    team.refresh_from_db()
    assert str(team.group_id) == into["into"]
    assert client.delete(f"/api/v1/teams/{team.pk}/").status_code == 204
    assert client_of(viewer).post("/api/v1/groups/", {"name": "X"}).status_code == 403

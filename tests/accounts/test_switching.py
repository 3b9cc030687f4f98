"""From where a person looks: another organization, a lower level."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from imiconnect.accounts import services
from imiconnect.accounts.levels import path_of
from imiconnect.accounts.models import Group, Member, Organization, Team
from imiconnect.accounts.roles import Role
from imiconnect.accounts.seats import seats_with_person

ClientOf = Callable[[Member], Client]


def values_of(seat: Member) -> list[Any]:
    """Return what is loaded of a seat, its person and its levels."""
    rows = (seat, seat.user, seat.organization, seat.group, seat.team)
    return [
        row and {k: v for k, v in vars(row).items() if k != "_state" and k != "seats_at_hand"}
        for row in rows
    ]


def seat_seen(client: Client) -> Member:
    member: Member = client.get("/account/").wsgi_request.member  # type: ignore[attr-defined]
    return member


def test_a_person_switches_to_another_organization_and_its_role(
    admin: Member, other_organization: Organization, client_of: ClientOf
) -> None:
    services.add_member(user=admin.user, level=other_organization, role=Role.VIEWER)
    client = client_of(admin)
    client.post("/account/organization/", {"organization": other_organization.pk})
    seat = seat_seen(client)
    assert (seat.organization, seat.role) == (other_organization, Role.VIEWER)
    assert client.get("/settings/people/").status_code == 403


@pytest.mark.parametrize("value", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_an_organization_without_a_seat_is_404(
    admin: Member, client_of: ClientOf, value: str
) -> None:
    answer = client_of(admin).post("/account/organization/", {"organization": value})
    assert answer.status_code == 404


def test_a_foreign_organization_is_404(
    admin: Member, other_organization: Organization, client_of: ClientOf
) -> None:
    client = client_of(admin)
    answer = client.post("/account/organization/", {"organization": other_organization.pk})
    assert answer.status_code == 404
    assert seat_seen(client).organization == admin.organization


def test_a_person_and_the_seats_are_read_in_one_query(
    admin: Member,
    other_organization: Organization,
    client_of: ClientOf,
    django_assert_num_queries: Any,
) -> None:
    services.add_member(user=admin.user, level=other_organization, role=Role.VIEWER)
    client = client_of(admin)
    client.get("/tools/")  # the first request of a session notes it
    with django_assert_num_queries(2):  # the session, and whose it is
        text = client.get("/tools/").content.decode()
    assert admin.user.name in text and other_organization.name in text


def test_seats_are_read_as_django_reads_them(
    admin: Member,
    team: Team,
    group_member: Member,
    team_member: Member,
    other_organization: Organization,
) -> None:
    services.add_member(user=team_member.user, level=other_organization, role=Role.VIEWER)
    for member in (admin, group_member, team_member):
        read = seats_with_person(member.user_id)
        assert [values_of(seat) for seat in read] == [
            values_of(seat)
            for seat in Member.objects.filter(user=member.user_id)
            .with_levels()
            .select_related("user")
        ]
        assert len({id(seat.user) for seat in read}) == 1
    with CaptureQueriesContext(connection) as asked:
        assert path_of(read[0].level) == f"{team.group.name} › {team.name}"
        assert team.group.organization == read[0].group.organization  # type: ignore[union-attr]
    assert not asked.captured_queries


def test_a_person_without_a_seat_is_known_all_the_same(
    admin: Member, client_of: ClientOf
) -> None:
    client = client_of(admin)
    Member.objects.filter(pk=admin.pk).update(is_active=False)
    answer = client.get("/apps/")
    assert answer.status_code == 403
    assert admin.user.name in answer.content.decode()


@pytest.mark.parametrize("what", ["person", "organization"])
def test_what_is_suspended_ends_at_the_next_page(
    admin: Member, client_of: ClientOf, what: str
) -> None:
    client = client_of(admin)
    assert client.get("/apps/").status_code == 200
    row = admin.user if what == "person" else admin.organization
    type(row)._base_manager.filter(pk=row.pk).update(is_active=False)
    assert client.get("/apps/").status_code == (302 if what == "person" else 403)


def test_sessions_of_before_stay_signed_in(admin: Member, client_of: ClientOf) -> None:
    move = import_module("imiconnect.accounts.migrations.0006_sessions_of_seated_backend")
    client = client_of(admin)
    move.backwards(apps, None)
    assert client.get("/tools/").status_code == 302
    move.forwards(apps, None)
    assert client.get("/tools/").status_code == 200


def test_an_admin_looks_from_a_team_and_back(
    admin: Member, team: Team, group_member: Member, client_of: ClientOf
) -> None:
    client = client_of(admin)
    client.post("/account/level/", {"level": f"team:{team.pk}"})
    assert seat_seen(client).level == team
    text = client.get("/settings/people/").content.decode()
    assert group_member.user.email not in text
    client.post("/account/level/", {"level": f"organization:{admin.organization_id}"})
    assert seat_seen(client).level == admin.organization
    admin.refresh_from_db()
    assert admin.group_id is None


def test_a_group_member_looks_from_the_teams_of_the_group_only(
    group_member: Member, team: Team, client_of: ClientOf
) -> None:
    other = services.create_group(organization=group_member.organization, name="Other")
    foreign = services.create_team(group=other, name="Foreign")
    client = client_of(group_member)
    assert client.post("/account/level/", {"level": f"team:{team.pk}"}).status_code == 302
    assert seat_seen(client).level == team
    for level in (f"team:{foreign.pk}", f"group:{other.pk}"):
        assert client.post("/account/level/", {"level": level}).status_code == 422
    whole = f"organization:{group_member.organization_id}"
    assert client.post("/account/level/", {"level": whole}).status_code == 422


def test_a_forged_session_does_not_widen_a_team_member(
    team_member: Member, group: Group, sister_team: Team, client_of: ClientOf
) -> None:
    client = client_of(team_member)
    for level in (f"group:{group.pk}", f"team:{sister_team.pk}"):
        session = client.session
        session["level"] = level
        session.save()
        assert seat_seen(client).level == team_member.team


def test_switching_the_organization_forgets_the_level(
    admin: Member, team: Team, other_organization: Organization, client_of: ClientOf
) -> None:
    services.add_member(user=admin.user, level=other_organization, role=Role.ADMIN)
    client = client_of(admin)
    client.post("/account/level/", {"level": f"team:{team.pk}"})
    client.post("/account/organization/", {"organization": other_organization.pk})
    client.post("/account/organization/", {"organization": admin.organization_id})
    assert seat_seen(client).level == admin.organization


def test_the_name_is_changed(admin: Member, client_of: ClientOf) -> None:
    client_of(admin).post("/account/name/", {"name": "Ada Lovelace"})
    admin.user.refresh_from_db()
    assert admin.user.name == "Ada Lovelace"

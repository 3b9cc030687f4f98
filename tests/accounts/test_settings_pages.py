"""The settings pages: what each shows, what each does, and who may open it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from imiconnect.accounts import services
from imiconnect.accounts.models import Group, Invitation, Member, Organization, Team
from imiconnect.accounts.roles import ACT_WORDS, ALLOWED, Role
from imiconnect.audit import chain
from imiconnect.audit.models import AuditEntry
from imiconnect.audit.services import record
from tests.factories import make_member

ClientOf = Callable[[Member], Client]
PAGES = (
    "/settings/organization/",
    "/settings/organization/profile-key/regenerate/",
    "/settings/people/",
    "/settings/people/invite/",
    "/settings/people/invitations/",
    "/settings/people/{person}/",
    "/settings/people/invitations/{invitation}/",
    "/settings/groups/",
    "/settings/groups/new/",
    "/settings/groups/{group}/",
    "/settings/groups/{group}/teams/new/",
    "/settings/teams/{team}/",
    "/settings/roles/",
    "/settings/audit/",
    "/settings/audit/{entry}/",
)
WHOLE = ("organization", "groups/new", "audit")


@pytest.fixture
def ids(team_member: Member, team: Team) -> dict[str, Any]:
    """Ids of rows of the team Cards, for the addresses of ``PAGES``."""
    offer = services.invite(email="open@example.test", level=team, role=Role.VIEWER)
    return {
        "person": team_member.pk,
        "invitation": offer.invitation.pk,
        "group": team.group_id,
        "team": team.pk,
        "entry": record("test.happened", team, organization_id=team.group.organization_id).pk,
    }


@pytest.mark.parametrize("role", list(Role))
def test_admins_alone_open_the_settings(
    role: Role, cast: dict[Role, Member], ids: dict[str, Any], client_of: ClientOf
) -> None:
    client = client_of(cast[role])
    codes = {address: client.get(address.format(**ids)).status_code for address in PAGES}
    assert codes == dict.fromkeys(PAGES, 200 if role == Role.ADMIN else 403)


def test_a_group_admin_opens_what_is_about_the_group(
    group_member: Member, ids: dict[str, Any], client_of: ClientOf
) -> None:
    client = client_of(group_member)
    for address in PAGES:
        wanted = 403 if any(word in address for word in WHOLE) else 200
        assert client.get(address.format(**ids)).status_code == wanted, address


def test_another_team_and_another_organization_get_404(
    sister: Member, outsider: Member, ids: dict[str, Any], client_of: ClientOf
) -> None:
    within, outside = client_of(sister), client_of(outsider)
    for address in (address.format(**ids) for address in PAGES if "{" in address):
        assert outside.get(address).status_code == 404, address
        # The audit is for the whole organization; whoever looks from a team is told so.
        assert within.get(address).status_code == (403 if "audit" in address else 404), address


def test_the_settings_lead_to_the_first_page_one_may_see(
    admin: Member, group_member: Member, viewer: Member, client_of: ClientOf
) -> None:
    assert client_of(admin).get("/settings/").headers["Location"] == "/settings/organization/"
    assert client_of(group_member).get("/settings/").headers["Location"] == "/settings/people/"
    assert client_of(viewer).get("/settings/").status_code == 403


def test_the_people_page_lists_the_own_level_and_below(
    group_member: Member, team_member: Member, admin: Member, client_of: ClientOf
) -> None:
    text = client_of(group_member).get("/settings/people/").content.decode()
    assert team_member.user.email in text
    assert admin.user.email not in text


def test_people_are_found_by_name_and_role(
    admin: Member, developer: Member, viewer: Member, client_of: ClientOf
) -> None:
    client = client_of(admin)
    found = client.get("/settings/people/?q=dan dev").content.decode()
    assert developer.user.email in found
    assert viewer.user.email not in found
    found = client.get("/settings/people/?role=viewer").content.decode()
    assert viewer.user.email in found
    assert developer.user.email not in found


def test_the_people_page_asks_as_much_for_many_as_for_few(
    admin: Member, group: Group, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    for _number in range(8):
        make_member(group)
    client = client_of(admin)
    with django_assert_max_num_queries(7):
        client.get("/settings/people/")


def test_an_invitation_is_mailed_and_listed(
    admin: Member, team: Team, client_of: ClientOf
) -> None:
    client = client_of(admin)
    form = {"email": "You@Example.test", "role": "developer", "level": f"team:{team.pk}"}
    page = client.post("/settings/people/invite/", form, follow=True).content.decode()
    assert "you@example.test" in page
    assert "Retail › Cards" in page
    assert mail.outbox[0].to == ["you@example.test"]


def test_a_refused_invitation_keeps_what_was_typed(admin: Member, client_of: ClientOf) -> None:
    form = {"email": admin.user.email, "role": "viewer"}
    form["level"] = f"organization:{admin.organization_id}"
    answer = client_of(admin).post("/settings/people/invite/", form)
    assert answer.status_code == 422
    assert "in the organization already" in answer.content.decode()
    assert admin.user.email in answer.content.decode()


def test_a_level_of_another_organization_cannot_be_given(
    admin: Member, other_organization: Organization, client_of: ClientOf
) -> None:
    form = {"email": "you@example.test", "role": "viewer"}
    form["level"] = f"organization:{other_organization.pk}"
    assert client_of(admin).post("/settings/people/invite/", form).status_code == 422
    assert not Invitation.objects.exists()


def test_role_and_level_are_changed(
    admin: Member, viewer: Member, team: Team, client_of: ClientOf
) -> None:
    form = {"role": "developer", "level": f"team:{team.pk}"}
    client_of(admin).post(f"/settings/people/{viewer.pk}/", form)
    viewer.refresh_from_db()
    assert (viewer.role, viewer.level) == ("developer", team)


def test_deactivating_works_at_once_and_can_be_undone(
    admin: Member, viewer: Member, client_of: ClientOf
) -> None:
    theirs, ours = client_of(viewer), client_of(admin)
    page = ours.post(f"/settings/people/{viewer.pk}/deactivate/", follow=True)
    undo = f"/settings/people/{viewer.pk}/reactivate/"
    assert f'action="{undo}"' in page.content.decode()
    assert theirs.get("/account/level/").status_code == 403
    ours.post(undo)
    assert theirs.get("/account/level/").status_code == 200


def test_the_last_admin_reads_why_they_stay(admin: Member, client_of: ClientOf) -> None:
    answer = client_of(admin).post(f"/settings/people/{admin.pk}/deactivate/")
    assert answer.status_code == 422
    assert "This is the last Admin" in answer.content.decode()


def test_withdrawing_and_sending_again(
    admin: Member, ids: dict[str, Any], client_of: ClientOf
) -> None:
    client, url = client_of(admin), f"/settings/people/invitations/{ids['invitation']}/"
    assert client.post(f"{url}resend/").status_code == 302
    assert len(mail.outbox) == 1
    assert client.post(f"{url}withdraw/").status_code == 302
    assert client.get(url).status_code == 404


def test_groups_and_teams_are_made_and_renamed(admin: Member, client_of: ClientOf) -> None:
    client = client_of(admin)
    client.post("/settings/groups/new/", {"name": "Wholesale"})
    group = Group.objects.get(name="Wholesale")
    client.post(f"/settings/groups/{group.pk}/teams/new/", {"name": "Desk"})
    team = Team.objects.get(name="Desk")
    client.post(f"/settings/teams/{team.pk}/", {"name": "Front desk"})
    client.post(f"/settings/groups/{group.pk}/", {"name": "Big customers"})
    page = client.get(f"/settings/groups/{group.pk}/").content.decode()
    assert "Big customers" in page
    assert "Front desk" in page


def test_a_taken_group_name_is_said_at_the_page(
    admin: Member, group: Group, client_of: ClientOf
) -> None:
    answer = client_of(admin).post("/settings/groups/new/", {"name": group.name.lower()})
    assert answer.status_code == 422
    assert "has a group with this name" in answer.content.decode()


def test_the_profile_key_is_masked_until_revealed_and_the_look_is_recorded(
    admin: Member, organization: Organization, client_of: ClientOf
) -> None:
    client, key = client_of(admin), organization.profile_key
    assert key not in client.get("/settings/organization/").content.decode()
    answer = client.post("/settings/organization/profile-key/")
    assert key in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    assert AuditEntry.objects.filter(action="organization.profile_key_revealed").exists()


@pytest.mark.parametrize(("seconds", "works"), [(0, False), (3600, True)])
def test_an_old_profile_key_works_as_long_as_chosen(
    admin: Member, organization: Organization, client_of: ClientOf, seconds: int, works: bool
) -> None:
    old = organization.profile_key
    url = "/settings/organization/profile-key/regenerate/"
    assert client_of(admin).post(url, {"keep": seconds}).status_code == 302
    organization.refresh_from_db()
    assert organization.profile_key != old
    known = Organization.objects.with_profile_key
    assert known(organization.profile_key) == organization
    assert (known(old) == organization) is works
    entry = AuditEntry.objects.get(action="organization.profile_key_regenerated")
    assert old not in str((entry.before, entry.after))


def test_the_audit_shows_the_own_organization_only(
    admin: Member, outsider: Member, client_of: ClientOf
) -> None:
    record("ours.happened", admin)
    record("theirs.happened", outsider)
    text = client_of(admin).get("/settings/audit/").content.decode()
    assert "Ours: happened" in text
    assert "Theirs: happened" not in text


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ("action=ours.", True),
        ("action=Ours: hap", True),
        ("action=other.", False),
        ("since=2020-01-01&until=2020-01-02", False),
        ("since=2020-01-01", True),
        ("of=northwind", True),
        ("who=nobody", False),
    ],
)
def test_the_audit_is_filtered(
    admin: Member, client_of: ClientOf, filters: str, found: bool
) -> None:
    record("ours.happened", admin)
    text = client_of(admin).get(f"/settings/audit/?{filters}").content.decode()
    assert ("Ours: happened" in text) is found


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("share", "app.shares_updated"),
        ("share", "app.share_ended"),
        ("role", "member.changed"),
        ("level", "group.merged"),
        ("key", "service.key_regenerated"),
        ("key", "token.made"),
        ("secret", "app.credential_revealed"),
        ("service_state", "service.suspended"),
        ("allocation", "service.app_allocated"),
        ("number", "phone_number.keyword_reserved"),
        ("sign_in", "sign_in.failed"),
    ],
)
def test_the_audit_is_narrowed_to_a_kind_of_change(
    admin: Member, client_of: ClientOf, kind: str, action: str
) -> None:
    for one in (action, "service.updated", "phone_number.keyword_freed"):
        record(one, admin)
    rows = client_of(admin).get(f"/settings/audit/?kind={kind}").context["rows"]
    shown = {row.object.action for row in rows} - {"sign_in.succeeded", "member.added"}
    assert action in shown and "service.updated" not in shown
    assert ("phone_number.keyword_freed" in shown) is (kind == "number")


def test_an_entry_shows_shares_as_sentences(admin: Member, client_of: ClientOf) -> None:
    share = {"with": "group:1", "name": "Retail", "include_teams": True, "until": None}
    entry = record(
        "app.shares_updated", admin, after={"shares": [share, share | {"name": "B"}]}
    )
    text = client_of(admin).get(f"/settings/audit/{entry.pk}/").content.decode()
    assert "<li>Retail and all its teams</li>" in text
    assert "include_teams" not in text and "&#x27;" not in text
    assert "App: shares updated" in text and "<code>app.shares_updated</code>" in text
    assert "<dd>Member</dd>" in text and "accounts.member" not in text


def test_an_entry_escapes_what_it_shows(admin: Member, client_of: ClientOf) -> None:
    entry = record("ours.happened", admin, after={"names": ["<i>a</i>", "<i>b</i>"]})
    text = client_of(admin).get(f"/settings/audit/{entry.pk}/").content.decode()
    assert "<li>&lt;i&gt;a&lt;/i&gt;</li>" in text


def test_the_audit_is_downloaded_with_before_after_and_chain(
    admin: Member, client_of: ClientOf
) -> None:
    entry = record("ours.happened", admin, before={"n": 1}, after={"n": 2})
    chain.extend()
    url = "/settings/audit/?action=ours."
    answer = client_of(admin).get(f"{url}&format=json")
    (row,) = json.loads(b"".join(answer))
    assert (row["id"], row["before"], row["after"]) == (str(entry.pk), {"n": 1}, {"n": 2})
    assert len(row["digest"]) == 64
    text = b"".join(client_of(admin).get(f"{url}&format=csv")).decode()
    assert '{""n"": 2}' in text and "Before" in text


def test_the_roles_are_those_that_the_code_asks(admin: Member, client_of: ClientOf) -> None:
    rows = client_of(admin).get("/settings/roles/").context["rows"]
    shown = {(str(words), str(role)) for words, cells in rows for role, may in cells if may}
    allowed = {(str(ACT_WORDS[act]), str(role.label)) for role in Role for act in ALLOWED[role]}
    assert shown == allowed

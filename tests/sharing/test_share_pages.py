"""The sharing section of the MANAGE page, its page, and 'Why can I see this?'."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Group, Member, Team
from imiconnect.apps.models import App
from imiconnect.numbers.models import Number
from imiconnect.sharing.models import AppShare
from imiconnect.sharing.share_form import ShareEditor
from imiconnect.sharing.shares import share_app

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Member], Client]


def url(app: App) -> str:
    return f"/apps/{app.pk}/sharing/"


def row(number: int, **values: Any) -> dict[str, Any]:
    return {f"row-{number}-{name}": value for name, value in values.items()}


def group_row(group: Group, **values: Any) -> dict[str, Any]:
    return {"option": "group", "rows": 1} | row(0, kind="group", group=group.pk, **values)


def update(client: Client, app: App, values: dict[str, Any]) -> Any:
    """Press UPDATE, read the preview, press UPDATE."""
    first = client.post(url(app), values | {"do": "update"})
    if first.status_code == 302:  # nobody gains or loses: nothing to read first
        return first
    seen = first.context["preview"].digest
    return client.post(url(app), values | {"do": "update", "seen": seen})


def test_the_manage_page_offers_the_three_documented_options(
    app: App, admin: Member, client_of: ClientOf
) -> None:
    text = client_of(admin).get(f"/apps/{app.pk}/").text
    for words in (
        "Share to a group only",
        "Share to a team",
        "Share to all groups and teams",
        "ADD NEW",
        "UPDATE",
    ):
        assert words in text


def test_a_viewer_reads_the_shares_and_changes_none(
    app: App, admin: Member, viewer: Member, group: Group, client_of: ClientOf
) -> None:
    share_app(member=admin, app=app, level=group, include_teams=True)
    client = client_of(viewer)
    text = client.get(f"/apps/{app.pk}/").text
    assert "The group Retail and all teams under it" in text and "ADD NEW" not in text
    assert client.post(url(app), {"do": "update"}).status_code == 403


def test_somebody_of_a_group_is_not_offered_all(
    group_member: Member, new_app: Any, client_of: ClientOf
) -> None:
    text = client_of(group_member).get(url(new_app(group_member))).text
    assert "Share to a team" in text and "Share to all groups and teams" not in text


def test_a_posted_share_to_all_from_a_group_is_refused(
    group_member: Member, new_app: Any, client_of: ClientOf
) -> None:
    values = {"option": "all", "rows": 0, "do": "update"}
    answer = client_of(group_member).post(url(new_app(group_member)), values)
    assert answer.status_code == 422 and not AppShare.objects.exists()


def test_add_new_asks_for_an_option_first(app: App, admin: Member, client_of: ClientOf) -> None:
    answer = client_of(admin).post(url(app), {"rows": 0, "do": "add"})
    assert answer.status_code == 422
    assert "Select who to share the app with" in answer.text


def test_add_new_draws_a_row_with_the_checkbox(
    app: App, admin: Member, group: Group, client_of: ClientOf
) -> None:
    answer = client_of(admin).post(url(app), {"option": "group", "rows": 0, "do": "add"})
    assert "Share to all teams under this group" in answer.text and "Retail" in answer.text


def test_update_shows_what_it_changes_and_then_changes_it(
    app: App, admin: Member, team_member: Member, client_of: ClientOf
) -> None:
    client, values = client_of(admin), group_row(team_member.group, include_teams="on")
    first = client.post(url(app), values | {"do": "update"})
    assert "Tia Team" in first.text and not AppShare.objects.exists()
    seen = first.context["preview"].digest
    answer = client.post(url(app), values | {"do": "update", "seen": seen})
    assert answer.status_code == 302 and AppShare.objects.get().include_teams


def test_a_preview_that_is_out_of_date_is_shown_again(
    app: App, admin: Member, team_member: Member, client_of: ClientOf
) -> None:
    values = group_row(team_member.group) | {"do": "update", "seen": "of another time"}
    answer = client_of(admin).post(url(app), values)
    assert answer.status_code == 200 and not AppShare.objects.exists()


def test_a_team_of_another_group_is_refused(
    app: App, admin: Member, group: Group, team: Team, factories: Any, client_of: ClientOf
) -> None:
    other = factories.make_group(group.organization)
    values = {"option": "team", "rows": 1, "do": "update"}
    values |= row(0, kind="team", group=other.pk, team=team.pk)
    assert client_of(admin).post(url(app), values).status_code == 422


def test_a_share_with_an_end_keeps_it(
    app: App, admin: Member, group: Group, client_of: ClientOf
) -> None:
    values = group_row(group, ends_at="2040-01-31T18:00")
    update(client_of(admin), app, values)
    share = AppShare.objects.get()
    assert share.ends_at.isoformat() == "2040-01-31T18:00:00+00:00"
    assert ShareEditor(admin, app).raw[0]["ends_at"] == "2040-01-31T18:00"


def test_all_replaces_single_shares(
    app: App, admin: Member, group: Group, client_of: ClientOf
) -> None:
    share_app(member=admin, app=app, level=group)
    update(client_of(admin), app, {"option": "all", "rows": 0})
    share = AppShare.objects.get()
    assert share.group_id == admin.organization.permission_group_id


def test_removing_the_last_row_ends_the_share(
    app: App, admin: Member, group: Group, client_of: ClientOf
) -> None:
    share_app(member=admin, app=app, level=group)
    client = client_of(admin)
    answer = client.post(url(app), group_row(group) | {"do": "remove-0"})
    assert answer.status_code == 200 and AppShare.objects.exists()
    update(client, app, {"option": "group", "rows": 0})
    assert not AppShare.objects.exists()


def test_the_reason_is_shown_for_oneself_and_for_a_chosen_person(
    app: App, admin: Member, team_member: Member, sister: Member, client_of: ClientOf
) -> None:
    share_app(member=admin, app=app, level=team_member.team)
    why = f"/apps/{app.pk}/why/"
    assert "Shared to the team Retail › Cards" in client_of(team_member).get(why).text
    client = client_of(admin)
    assert "Tia Team is in the team Cards" in client.get(f"{why}?person={team_member.pk}").text
    assert "does not see this app" in client.get(f"{why}?person={sister.pk}").text


def test_only_an_admin_asks_for_another_person(
    app: App, developer: Member, viewer: Member, client_of: ClientOf
) -> None:
    answer = client_of(developer).get(f"/apps/{app.pk}/why/?person={viewer.pk}")
    assert answer.context["is_self"] and "Person" not in answer.text


def test_a_person_of_another_organization_is_not_found(
    app: App, admin: Member, outsider: Member, client_of: ClientOf
) -> None:
    path = f"/apps/{app.pk}/why/?person={outsider.pk}"
    assert client_of(admin).get(path).status_code == 404


def test_a_number_page_offers_no_sharing(admin: Member, client_of: ClientOf) -> None:
    number = Number.objects.create(
        organization=admin.organization,
        kind="sender_id",
        value="NWBANK",
        folded="nwbank",
        state="active",
    )
    assert "Share to a group" not in client_of(admin).get(f"/numbers/{number.pk}/").text

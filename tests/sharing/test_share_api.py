"""``/api/v1/apps/<id>/shares/``."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Group, Member, Team
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.numbers.models import Number
from imiconnect.sharing.models import AppShare
from imiconnect.sharing.shares import share_app

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Member], Client]


def url(app: App) -> str:
    return f"/api/v1/apps/{app.pk}/shares/"


def send(client: Client, method: str, path: str, body: Any) -> Any:
    return getattr(client, method)(path, body, content_type="application/json")


@pytest.mark.parametrize("role", list(Role))
def test_all_but_viewers_share(
    cast: dict[Role, Member], client_of: ClientOf, role: Role, app: App, team: Team
) -> None:
    answer = send(client_of(cast[role]), "post", url(app), {"level": str(team.pk)})
    assert answer.status_code == (403 if role == Role.VIEWER else 201)


def test_the_whole_set_is_replaced_at_once(
    app: App, admin: Member, group: Group, team: Team, client_of: ClientOf
) -> None:
    share_app(member=admin, app=app, level=group)
    client, body = client_of(admin), {"shares": [{"level": str(team.pk)}]}
    shown = send(client, "post", f"{url(app)}preview/", body).json()
    assert shown["levels_gain"] == ["Retail › Cards"] and shown["levels_lose"] == ["Retail"]
    rows = send(client, "put", url(app), body).json()
    assert [(row["kind"], row["name"]) for row in rows] == [("team", "Retail › Cards")]
    assert client.get(url(app)).json() == rows


def test_a_share_is_ended_by_its_level(
    app: App, admin: Member, team: Team, client_of: ClientOf
) -> None:
    share_app(member=admin, app=app, level=team)
    assert client_of(admin).delete(f"{url(app)}{team.pk}/").status_code == 204
    assert not AppShare.objects.exists()


def test_a_level_beyond_ones_own_is_refused(
    group_member: Member, new_app: Any, factories: Any, client_of: ClientOf
) -> None:
    app, other = new_app(group_member), factories.make_group(group_member.organization)
    answer = send(client_of(group_member), "post", url(app), {"level": str(other.pk)})
    assert answer.status_code == 400 and not AppShare.objects.exists()


def test_somebody_of_a_team_is_refused(
    team_member: Member, new_app: Any, client_of: ClientOf
) -> None:
    app, body = new_app(team_member), {"level": str(team_member.team_id)}
    assert send(client_of(team_member), "post", url(app), body).status_code == 403


def test_a_shared_app_is_not_shared_further(
    app: App, admin: Member, group_member: Member, team: Team, client_of: ClientOf
) -> None:
    share_app(member=admin, app=app, level=group_member.group)
    answer = send(client_of(group_member), "post", url(app), {"level": str(team.pk)})
    assert answer.status_code == 403


def test_the_reasons_are_told(
    app: App, admin: Member, team_member: Member, client_of: ClientOf
) -> None:
    share_app(member=admin, app=app, level=team_member.team)
    (reason,) = client_of(team_member).get(f"/api/v1/apps/{app.pk}/why/").json()
    assert reason["usable"] and reason["links"][0]["kind"] == "Share"


def test_a_number_cannot_be_shared(
    admin: Member, outsider: Member, team: Team, client_of: ClientOf
) -> None:
    number = Number.objects.create(
        organization=admin.organization,
        kind="sender_id",
        value="NWBANK",
        folded="nwbank",
        state="active",
    )
    path, body = f"/api/v1/numbers/{number.pk}/shares/", {"level": str(team.pk)}
    answer = send(client_of(admin), "post", path, body)
    assert answer.status_code == 400
    assert "Only apps can be shared" in answer.json()["errors"][0]["detail"]
    assert send(client_of(outsider), "post", path, body).status_code == 404


def test_a_new_service_is_put_into_a_level_below_only(
    admin: Member, team_member: Member, team: Team, client_of: ClientOf
) -> None:
    path, body = "/api/v1/services/", {"name": "Cards", "level": str(team.pk)}
    made = send(client_of(admin), "post", path, body)
    assert (made.status_code, made.json()["team"]) == (201, str(team.pk))
    body = {"name": "All", "level": str(admin.organization_id)}
    assert send(client_of(team_member), "post", path, body).status_code == 400
    made = send(client_of(team_member), "post", path, {"name": "Own"})
    assert made.json()["team"] == str(team_member.team_id)


def test_an_admin_asks_why_a_person_sees_an_app(
    app: App, admin: Member, team_member: Member, sister: Member, client_of: ClientOf
) -> None:
    share_app(member=admin, app=app, level=team_member.team)
    path, client = f"/api/v1/apps/{app.pk}/why/", client_of(admin)
    (reason,) = client.get(f"{path}?person={team_member.pk}").json()
    assert "Tia Team" in reason["links"][1]["text"] and reason["usable"]
    assert client.get(f"{path}?person={sister.pk}").json() == []


def test_nobody_but_an_admin_asks_for_another_person(
    app: App, cast: dict[Role, Member], outsider: Member, client_of: ClientOf
) -> None:
    path, other = f"/api/v1/apps/{app.pk}/why/", cast[Role.VIEWER]
    for role in (Role.DEVELOPER, Role.ASSET_MANAGER):
        client = client_of(cast[role])
        assert client.get(f"{path}?person={other.pk}").status_code == 403
        assert client.get(f"{path}?person={cast[role].pk}").status_code == 200
    admin = client_of(cast[Role.ADMIN])
    assert admin.get(f"{path}?person={outsider.pk}").status_code == 404
    assert admin.get(f"{path}?person=anna").status_code == 400

"""Apps allocated to everybody, to a team or to a person, and which one is used for whom."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from imiconnect.accounts.models import Group, Member, Team
from imiconnect.apps.models import App
from imiconnect.rtm.send_form import routes_of
from imiconnect.sharing import services
from imiconnect.sharing.models import Allocation, Service
from imiconnect.sharing.rules.services import Draft, create_rule, update_rule
from imiconnect.sharing.shares import share_app, unshare
from imiconnect.sharing.uses import uses_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Member], Client]


@pytest.fixture
def group_service(group: Group, group_member: Member) -> Service:
    return services.create_service(member=group_member, name="Group alerts")


def apps_of(member: Member) -> set[str]:
    return {row.app.name for row in Allocation.objects.resolved_for(member)}


def test_a_persons_app_goes_before_the_teams_and_that_before_everybodys(
    group_member: Member,
    team_member: Member,
    sister: Member,
    group_service: Service,
    new_app: Any,
) -> None:
    names = ("Everybody's", "Team's", "Tia's")
    whole, teams, own = (new_app(group_member, name) for name in names)
    services.allocate(service=group_service, app=whole)
    assert apps_of(team_member) == {"Everybody's"}
    services.allocate(service=group_service, app=teams, team=team_member.team)
    assert apps_of(team_member) == {"Team's"} and apps_of(sister) == {"Everybody's"}
    services.allocate(service=group_service, app=own, user=team_member.user)
    assert apps_of(team_member) == {"Tia's"}


def test_what_is_for_another_team_cannot_be_sent_through(
    admin: Member, service: Service, app: App, team: Team
) -> None:
    services.allocate(service=service, app=app, team=team)
    services.set_state(service=service, state="live")
    assert not routes_of(admin).exists()


def test_a_second_app_for_a_team_is_refused(
    group_member: Member, group_service: Service, team: Team, new_app: Any
) -> None:
    services.allocate(service=group_service, app=new_app(group_member), team=team)
    with pytest.raises(ValidationError, match="team has an app"):
        services.allocate(service=group_service, app=new_app(group_member), team=team)


def test_a_sister_teams_service_allocates_not_to_the_team(
    sister: Member, team: Team, new_app: Any
) -> None:
    service = services.create_service(member=sister, name="Loans")
    with pytest.raises(ValidationError, match="does not see"):
        services.allocate(service=service, app=new_app(sister), team=team)


def test_the_page_allocates_to_a_team(
    service: Service, app: App, team: Team, asset_manager: Member, client_of: ClientOf
) -> None:
    values = {"card": "allocate", "app": app.pk, "holder": f"team:{team.pk}"}
    url = f"/services/{service.pk}/channels/"
    assert client_of(asset_manager).post(url, values).status_code == 302
    assert Allocation.objects.get().team == team


def test_rest_allocates_to_a_user(
    service: Service, app: App, team_member: Member, admin: Member, client_of: ClientOf
) -> None:
    body = {"app": str(app.pk), "user": team_member.user_id}
    url = f"/api/v1/services/{service.pk}/allocations/"
    answer = client_of(admin).post(url, body, content_type="application/json")
    assert answer.status_code == 201 and answer.json()["user"] == team_member.user_id


def test_a_team_without_a_share_does_not_see_the_asset(
    admin: Member, app: App, team_member: Member, client_of: ClientOf
) -> None:
    service = services.create_service(member=team_member, name="Card alerts")
    url = f"/services/{service.pk}/channels/"
    client = client_of(team_member)
    assert app.app_id not in client.get(url).text
    share_app(member=admin, app=app, level=team_member.team)
    assert app.app_id in client.get(url).text
    services.allocate(service=service, app=app)
    unshare(member=admin, app=app, level=team_member.team)
    text = client.get(url).text
    assert app.app_id not in text and "An app that is no longer shared" in text


def test_pages_and_rest_offer_an_app_while_it_is_shared_and_no_longer(
    admin: Member, app: App, team_member: Member, client_of: ClientOf
) -> None:
    service = services.create_service(member=team_member, name="Card alerts")
    share_app(member=admin, app=app, level=team_member.team)
    services.allocate(service=service, app=app)
    services.set_state(service=service, state="live")
    client = client_of(team_member)
    pages = [
        f"/services/{service.pk}/inbound/",
        reverse("rtm:send"),
        f"/services/{service.pk}/rules/new/channel/",
    ]
    listed = f"/api/v1/services/{service.pk}/allocations/"
    assert [app.name in client.get(page).text for page in pages] == [True, True, True]
    assert [row["usable"] for row in client.get(listed).json()] == [True]
    unshare(member=admin, app=app, level=team_member.team)
    assert [app.name in client.get(page).text for page in pages] == [False, False, False]
    assert [row["usable"] for row in client.get(listed).json()] == [False]
    chosen = client.post(pages[2], {"way": f"app:{app.pk}"})
    assert chosen.status_code == 422


def test_the_page_of_an_app_names_the_service_that_inherits_incoming_messages(
    admin: Member, service: Service, app: App, team_member: Member, client_of: ClientOf
) -> None:
    first = services.create_service(member=team_member, name="Card alerts")
    share_app(member=admin, app=app, level=team_member.team)
    for user in (first, service):
        services.allocate(service=user, app=app)
    assert [use.name for use in uses_of(app, admin) if use.gets_incoming] == ["Card alerts"]
    unshare(member=admin, app=app, level=team_member.team)
    assert [use.name for use in uses_of(app, admin) if use.gets_incoming] == ["Alerts"]


def test_a_rule_that_names_an_unshared_app_is_renamed_but_no_new_one_is_made(
    admin: Member, app: App, team_member: Member, client_of: ClientOf
) -> None:
    service = services.create_service(member=team_member, name="Card alerts")
    share_app(member=admin, app=app, level=team_member.team)
    services.allocate(service=service, app=app)
    draft = Draft(
        name="Thanks", listens="message", action="message", text="Thanks", send_app=app
    )
    rule = create_rule(service=service, draft=draft)
    unshare(member=admin, app=app, level=team_member.team)
    assert update_rule(rule=rule, name="Later").name == "Later"
    with pytest.raises(ValidationError, match="does not use this app"):
        create_rule(service=service, draft=replace(draft, name="Another"))
    page = client_of(team_member).get(f"/services/{service.pk}/rules/{rule.pk}/").text
    assert "An app that is no longer shared" in page

"""Page, REST interface and message path agree with a plain rule on who has which app.

The rule is written here a second time, over tuples, and knows nothing of the product's code:
``("o", 0)`` is an organization, ``("g", 0, 1)`` a group of it, ``("t", 0, 1, 0)`` a team.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import Group as PermissionGroup
from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imiconnect.accounts.models import Group, Member, Organization, Team, User
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.processors import facts
from imiconnect.sharing.models import Allocation, AppShare, Service
from imiconnect.sharing.reach import preview
from imiconnect.sharing.why import reasons
from tests.factories import client_of

pytestmark = pytest.mark.django_db
Place = tuple[Any, ...]


@dataclass(frozen=True)
class Share:
    app: int
    place: Place
    include_teams: bool
    end: str  # "none", "past" or "future"


@dataclass(frozen=True)
class World:
    places: list[Place]
    apps: list[Place]  # the owner of each
    shares: list[Share]


# The plain rule -------------------------------------------------------------------------


def above(place: Place) -> list[Place]:
    """Return a place and those above it."""
    kinds = {"o": 1, "g": 2, "t": 3}
    return [("ogt"[n - 1], *place[1 : n + 1]) for n in range(1, kinds[place[0]] + 1)]


def may_use(world: World, place: Place, app: int) -> bool:
    """A place uses what it owns and what is shared with it; the top uses only its own."""
    owner = world.apps[app]
    if owner[1] != place[1]:
        return False
    if owner == place:
        return True
    if place[0] == "o":
        return False
    for share in world.shares:
        if share.app != app or share.end == "past" or share.place not in above(place):
            continue
        if share.place == place or share.place[0] == "o" or share.include_teams:
            return True
    return False


def may_see(world: World, place: Place, app: int) -> bool:
    """A person sees what some place at or below the own one owns or uses."""
    if world.apps[app][1] == place[1] and place[0] == "o":
        return True
    below = [other for other in world.places if place in above(other)]
    return any(may_use(world, other, app) for other in below)


# Worlds ---------------------------------------------------------------------------------


@st.composite
def worlds(draw: st.DrawFn) -> World:
    places: list[Place] = []
    for organization in range(2):
        places.append(("o", organization))
        for group in range(draw(st.integers(1, 2))):
            places.append(("g", organization, group))
            teams = range(draw(st.integers(0, 2)))
            places += [("t", organization, group, team) for team in teams]
    apps = draw(st.lists(st.sampled_from(places), min_size=1, max_size=4))
    share = st.builds(
        Share,
        st.integers(0, len(apps) - 1),
        st.sampled_from(places),
        st.booleans(),
        st.sampled_from(["none", "future", "past"]),
    )
    found = draw(st.lists(share, max_size=8, unique_by=lambda one: (one.app, one.place)))
    # Only a share to a group has the checkbox.
    shares = [
        Share(s.app, s.place, s.include_teams and s.place[0] == "g", s.end) for s in found
    ]
    return World(places, apps, shares)


@dataclass
class Rows:
    levels: dict[Place, Any]
    people: dict[Place, Member]
    services: dict[Place, Service]
    apps: list[App]


def build(world: World) -> Rows:
    """Write a world into the database."""
    levels: dict[Place, Any] = {}
    for place in world.places:
        key = uuid7()
        holder = PermissionGroup.objects.create(name=str(key))
        named = {"id": key, "name": f"{place}", "permission_group": holder}
        if place[0] == "o":
            secret = {"profile_key": str(key), "profile_key_digest": str(key)}
            levels[place] = Organization.objects.create(**named, **secret)
        elif place[0] == "g":
            parent = levels[("o", place[1])]
            levels[place] = Group.objects.create(**named, organization=parent)
        else:
            levels[place] = Team.objects.create(**named, group=levels[("g", *place[1:3])])
    apps = []
    for number, owner in enumerate(world.apps):
        apps.append(
            App.objects.create(
                name=f"app{number}", channel_type="mobile_web", **at(levels, owner)
            )
        )
    people, services = {}, {}
    for place in world.places:
        user = User.objects.create(email=f"{uuid7()}@example.test", name=f"{place}")
        role = list(Role)[len(people) % 4]
        people[place] = Member.objects.create(user=user, role=role, **at(levels, place))
        services[place] = Service.objects.create(
            name=f"{place}", state=Service.State.LIVE, **at(levels, place)
        )
    Allocation.objects.bulk_create(
        Allocation(service=service, app=app, channel=f"c{number}")
        for service in services.values()
        for number, app in enumerate(apps)
    )
    write_shares(world, levels, apps)
    return Rows(levels, people, services, apps)


def at(levels: dict[Place, Any], place: Place) -> dict[str, Any]:
    """Return the three columns of a row at a place."""
    chain = [levels[one] for one in above(place)]
    return dict(zip(("organization", "group", "team"), chain, strict=False))


def write_shares(world: World, levels: dict[Place, Any], apps: list[App]) -> None:
    permission = Permission.objects.get(codename="view_app")
    day = dt.timedelta(days=1)
    ends = {"none": None, "past": timezone.now() - day, "future": timezone.now() + day}
    for share in world.shares:
        AppShare.objects.create(
            content_object=apps[share.app],
            group=levels[share.place].permission_group,
            permission=permission,
            include_teams=share.include_teams,
            ends_at=ends[share.end],
        )


# The test -------------------------------------------------------------------------------


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(world=worlds())
def test_page_api_and_message_path_agree_with_the_plain_rule(world: World, db: None) -> None:
    with transaction.atomic():
        rows = build(world)
        for place, member in rows.people.items():
            expected = {n for n in range(len(world.apps)) if may_see(world, place, n)}
            assert on_page(member, rows) == expected, ("page", place)
            assert over_rest(member, rows) == expected, ("api", place)
            assert explained(member, rows) == expected, ("why", place)
        used = {
            (place, n)
            for place in world.places
            for n in range(len(world.apps))
            if may_use(world, place, n)
        }
        assert sent(rows) == used
        assert offered(rows) == used
        assert lost_when_unshared(world, rows) == {
            (place, n) for place, n in used if world.apps[n] != place
        }
        transaction.set_rollback(True)


def on_page(member: Member, rows: Rows) -> set[int]:
    """Return the apps that the list shows; the page of each must say the same."""
    client = client_of(member)
    text = client.get("/apps/").text
    listed = {n for n, app in enumerate(rows.apps) if app.app_id in text}
    last = len(rows.apps) - 1
    status = client.get(f"/apps/{rows.apps[last].pk}/").status_code
    assert status == (200 if last in listed else 404)
    return listed


def over_rest(member: Member, rows: Rows) -> set[int]:
    client = client_of(member)
    keys = {row["id"] for row in client.get("/api/v1/apps/").json()["results"]}
    found = {n for n, app in enumerate(rows.apps) if str(app.pk) in keys}
    assert len(found) == len(keys)
    return found


def explained(member: Member, rows: Rows) -> set[int]:
    return {n for n, app in enumerate(rows.apps) if reasons(app, member)}


def sent(rows: Rows) -> set[tuple[Place, int]]:
    """Return which service's messages the processors let through which app."""
    wanted = ((s.pk, app.pk) for s in rows.services.values() for app in rows.apps)
    pairs, _threads = facts.read(wanted, ())
    return {
        (place, n)
        for place, service in rows.services.items()
        for n, app in enumerate(rows.apps)
        if (pair := pairs.get((service.pk, app.pk))) and pair.obstacle is None
    }


def offered(rows: Rows) -> set[tuple[Place, int]]:
    """Return the apps that the Channels tab offers to the services of each place."""
    keys = {app.pk: n for n, app in enumerate(rows.apps)}
    return {
        (place, keys[app.pk])
        for place, level in rows.levels.items()
        for app in App.objects.usable_by(level)
    }


def lost_when_unshared(world: World, rows: Rows) -> set[tuple[Place, int]]:
    """Return what the preview says that unsharing everything takes away, from services."""
    by_service = {service.pk: place for place, service in rows.services.items()}
    return {
        (by_service[service.pk], n)
        for n, app in enumerate(rows.apps)
        for service in preview(app, wanted=[]).services_stop
    }

"""Pages, REST interface and message path agree with a plain rule on who has which app.

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
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imiconnect.accounts.models import Group, Member, Organization, Team, User
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.intake.accept import _RESOLVE, Sender, _sender
from imiconnect.rtm.intake.orders import Order
from imiconnect.rtm.intake.realtime import REALTIME
from imiconnect.rtm.processors import facts
from imiconnect.rtm.send_form import routes_of
from imiconnect.rtm.sql import cursor
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


def used_in(world: World) -> set[tuple[Place, int]]:
    """Return which place may use which app."""
    return {
        (place, n)
        for place in world.places
        for n in range(len(world.apps))
        if may_use(world, place, n)
    }


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
        # The second is there to be kept out, and to share with.
        most = 1 if organization else 2
        for group in range(draw(st.integers(1, most))):
            places.append(("g", organization, group))
            teams = range(draw(st.integers(0, 2 if most > 1 else 0)))
            places += [("t", organization, group, team) for team in teams]
    apps = draw(st.lists(st.sampled_from(places), min_size=1, max_size=3))
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
    """Write a world into the database, a statement for each kind of row."""
    levels = write_levels(world)
    apps = App.objects.bulk_create(
        App(name=f"app{number}", channel_type="mobile_web", **at(levels, owner))
        for number, owner in enumerate(world.apps)
    )
    users = User.objects.bulk_create(
        User(email=f"{uuid7()}@example.test", name=f"{place}") for place in world.places
    )
    people = Member.objects.bulk_create(
        Member(user=user, role=list(Role)[number % 4], **at(levels, place))
        for number, (place, user) in enumerate(zip(world.places, users, strict=True))
    )
    services = Service.objects.bulk_create(
        Service(name=f"{place}", state=Service.State.LIVE, **at(levels, place))
        for place in world.places
    )
    Allocation.objects.bulk_create(
        Allocation(service=service, app=app, channel=f"c{number}")
        for service in services
        for number, app in enumerate(apps)
    )
    write_shares(world, levels, apps)
    by_place = zip(world.places, people, strict=True), zip(world.places, services, strict=True)
    return Rows(levels, dict(by_place[0]), dict(by_place[1]), apps)


def write_levels(world: World) -> dict[Place, Any]:
    keys = [uuid7() for _ in world.places]
    holders = PermissionGroup.objects.bulk_create(PermissionGroup(name=f"{k}") for k in keys)
    levels: dict[Place, Any] = {}
    for place, key, holder in zip(world.places, keys, holders, strict=True):
        named = {"id": key, "name": f"{place}", "permission_group": holder}
        if place[0] == "o":
            secret = {"profile_key": str(key), "profile_key_digest": str(key)}
            levels[place] = Organization(**named, **secret)
        elif place[0] == "g":
            levels[place] = Group(**named, organization=levels[("o", place[1])])
        else:
            levels[place] = Team(**named, group=levels[("g", *place[1:3])])
    for model in (Organization, Group, Team):
        model.objects.bulk_create(row for row in levels.values() if isinstance(row, model))
    return levels


def at(levels: dict[Place, Any], place: Place) -> dict[str, Any]:
    """Return the three columns of a row at a place."""
    chain = [levels[one] for one in above(place)]
    return dict(zip(("organization", "group", "team"), chain, strict=False))


def write_shares(world: World, levels: dict[Place, Any], apps: list[App]) -> None:
    permission = Permission.objects.get(codename="view_app")
    day = dt.timedelta(days=1)
    ends = {"none": None, "past": timezone.now() - day, "future": timezone.now() + day}
    AppShare.objects.bulk_create(
        AppShare(
            content_object=apps[share.app],
            group=levels[share.place].permission_group,
            permission=permission,
            include_teams=share.include_teams,
            ends_at=ends[share.end],
        )
        for share in world.shares
    )


# The test -------------------------------------------------------------------------------


@pytest.mark.sampled
def test_pages_api_and_message_path_agree_with_the_plain_rule(db: None, whole: bool) -> None:
    @settings(
        max_examples=20 if whole else 5,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(world=worlds())
    def agree(world: World) -> None:
        assert_all_agree(world)

    agree()


def assert_all_agree(world: World) -> None:
    """Ask everything that lets people at an app about each person, and each app."""
    with transaction.atomic():
        rows = build(world)
        used = used_in(world)
        for place, member in rows.people.items():
            expected = {n for n in range(len(world.apps)) if may_see(world, place, n)}
            client = client_of(member)
            assert on_page(client, rows) == expected, ("page", place)
            assert over_rest(client, rows) == expected, ("api", place)
            for address in ("/apps/{}/", "/api/v1/apps/{}/"):
                assert opened(client, address, rows) == expected, (address, place)
            assert explained(member, rows) == expected, ("why", place)
            ways = {(other, n) for other, n in used if place in above(other)}
            assert send_page_of(member, rows) == ways, ("send", place)
        assert accepted(rows) == used
        assert sent(rows) == used
        assert offered(rows) == used
        assert lost_when_unshared(world, rows) == {
            (place, n) for place, n in used if world.apps[n] != place
        }
        transaction.set_rollback(True)


def on_page(client: Client, rows: Rows) -> set[int]:
    """Return the apps that the list shows."""
    text = client.get("/apps/").text
    return {n for n, app in enumerate(rows.apps) if app.app_id in text}


def over_rest(client: Client, rows: Rows) -> set[int]:
    keys = {row["id"] for row in client.get("/api/v1/apps/").json()["results"]}
    found = {n for n, app in enumerate(rows.apps) if str(app.pk) in keys}
    assert len(found) == len(keys)
    return found


def opened(client: Client, address: str, rows: Rows) -> set[int]:
    """Return the apps that are shown one by one; every other one is 404."""
    answers = [client.get(address.format(app.pk)).status_code for app in rows.apps]
    assert set(answers) <= {200, 404}
    return {n for n, status in enumerate(answers) if status == 200}


def send_page_of(member: Member, rows: Rows) -> set[tuple[Place, int]]:
    """Return through which apps of which services the person is offered to send."""
    places, keys = by_key(rows)
    return {(places[way.service_id], keys[way.app_id]) for way in routes_of(member)}


def by_key(rows: Rows) -> tuple[dict[Any, Place], dict[Any, int]]:
    """Return places by their service and numbers by their app."""
    places = {service.pk: place for place, service in rows.services.items()}
    return places, {app.pk: n for n, app in enumerate(rows.apps)}


def accepted(rows: Rows) -> set[tuple[Place, int]]:
    """Return which service's orders the messaging API takes for which app."""
    pairs = [
        (place, service, n, app)
        for place, service in rows.services.items()
        for n, app in enumerate(rows.apps)
    ]
    numbers = list(range(len(pairs)))
    services, apps = [pair[1].pk for pair in pairs], [pair[3].app_id for pair in pairs]
    with cursor() as own:
        own.execute(_RESOLVE, [numbers, [None] * len(pairs), services, apps])
        answers = own.fetchall()
    assert len(answers) == len(pairs)
    order = Order(medium=REALTIME, app_id="", destinations=[], answers=[], payload={})
    return {
        (pairs[row[0]][0], pairs[row[0]][2])
        for row in answers
        if isinstance(_sender(row, order), Sender)
    }


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
    _places, keys = by_key(rows)
    return {
        (place, keys[app.pk])
        for place, level in rows.levels.items()
        for app in App.objects.usable_by(level)
    }


def lost_when_unshared(world: World, rows: Rows) -> set[tuple[Place, int]]:
    """Return what the preview says that unsharing everything takes away, from services."""
    places, _keys = by_key(rows)
    return {
        (places[service.pk], n)
        for n, app in enumerate(rows.apps)
        for service in preview(app, wanted=[]).services_stop
    }

"""The newest page of visible apps: 100,000 apps, 1,000 teams, somebody of a group with 50.

Next to it guardian's own ``get_objects_for_user`` on the same rows. They are an organization
of their own, and stay: PostgreSQL reads indexes alone only of what is committed and vacuumed.
"""

import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Group as PermissionGroup
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import get_objects_for_user

from imiconnect.accounts.models import Group, Member, Organization, Team, User
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.console.paging import page_of
from imiconnect.identity import uuid7
from imiconnect.sharing.models import AppShare

APPS, GROUPS, TEAMS, PAGE = 100_000, 20, 50, 50
RUNS = 100


def run(*, apps: int = APPS, runs: int = RUNS) -> dict[str, float]:
    """Return p95 in milliseconds and the number of queries, ours and guardian's."""
    with transaction.atomic():
        member = build(apps)
    with connection.cursor() as cursor:
        tables = "apps_app, sharing_appshare, accounts_team, accounts_user_groups"
        cursor.execute(f"VACUUM ANALYZE {tables}")
    return measure(member, runs)


def measure(member: Member, runs: int) -> dict[str, float]:
    """Return the figures of this person."""
    with CaptureQueriesContext(connection) as ours:
        assert len(visible(member)) == PAGE
    with CaptureQueriesContext(connection) as theirs:
        assert len(by_guardian(member.user)) == PAGE
    return {
        "visible_assets_p95_ms": p95(lambda: visible(member), runs),
        "visible_assets_queries": float(len(ours)),
        "guardian_visible_assets_p95_ms": p95(lambda: by_guardian(member.user), runs),
        "guardian_visible_assets_queries": float(len(theirs)),
    }


def visible(member: Member) -> list[Any]:
    """Read the newest page as the list of apps does, with the levels that own them."""
    fresh = Member.objects.select_related("user", "organization", "group").get(pk=member.pk)
    rows = fresh.organization.apps.visible_to(fresh).for_list()
    return list(page_of(rows, ("-id",), PAGE).rows)


def by_guardian(user: User) -> list[Any]:
    """Read the newest page by guardian: the person is in the group of every level it asks."""
    fresh = User.objects.get(pk=user.pk)
    found = get_objects_for_user(fresh, "apps.view_app", App, accept_global_perms=False)
    return list(found.for_list().order_by("-id")[:PAGE])


def p95(read: Callable[[], Any], runs: int) -> float:
    """Return the 95th percentile of the time of ``read`` in milliseconds."""
    read()
    times = []
    for _run in range(runs):
        started = time.perf_counter()
        read()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.quantiles(times, n=20)[-1]


def build(apps: int) -> Member:
    """Write the organization; return the seat of somebody of its first group."""
    chance = random.Random(5)
    holder = _holder()
    key = str(uuid7())
    organization = Organization.objects.create(
        name="Bench", permission_group=holder, profile_key=key, profile_key_digest=key
    )
    groups = [
        Group.objects.create(
            name=f"g{n}", organization=organization, permission_group=_holder()
        )
        for n in range(GROUPS)
    ]
    names = [PermissionGroup(name=str(uuid7())) for _n in range(GROUPS * TEAMS)]
    holders = PermissionGroup.objects.bulk_create(names)
    teams = Team.objects.bulk_create(
        Team(name=f"t{n}", group=groups[n // TEAMS], permission_group=holders[n])
        for n in range(GROUPS * TEAMS)
    )
    there = App.objects.filter(app_id__startswith="ZZ").count()
    rows = App.objects.bulk_create(
        (
            App(
                organization=organization,
                app_id=f"ZZ{there + number:08d}",
                name=f"App {number}",
                channel_type="mobile_web",
            )
            for number in range(apps)
        ),
        batch_size=5000,
    )
    _share(rows, groups, teams, chance)
    user = User.objects.create(email=f"{uuid7()}@bench.test", name="Bench")
    user.groups.add(holder, groups[0].permission_group, *holders[:TEAMS])
    return Member.objects.create(
        user=user, role=Role.VIEWER, organization=organization, group=groups[0]
    )


def _share(rows: list[App], groups: list[Group], teams: list[Team], chance: Any) -> None:
    """Share every app to one team, and every tenth also to a group with all its teams."""
    permission = Permission.objects.get(
        content_type__app_label="apps", content_type__model="app", codename="view_app"
    )
    shares = []
    for number, app in enumerate(rows):
        holder = chance.choice(teams).permission_group
        shares.append(AppShare(content_object=app, group=holder, permission=permission))
        if number % 10 == 0:
            holder = chance.choice(groups).permission_group
            shares.append(
                AppShare(
                    content_object=app, group=holder, permission=permission, include_teams=True
                )
            )
    AppShare.objects.bulk_create(shares, batch_size=5000)


def _holder() -> PermissionGroup:
    return PermissionGroup.objects.create(name=str(uuid7()))

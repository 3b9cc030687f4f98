"""Whom a set of shares reaches, computed without writing it: the preview of an update.

Who may use an app now is asked of ``sharing.querysets`` alone; this says what an update would
change. A property test holds both to the same plain rule.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from imiconnect.accounts.levels import path_of
from imiconnect.accounts.models import Group, Member, Organization, Team
from imiconnect.accounts.services.rules import organization_id_of
from imiconnect.accounts.standing import key_of
from imiconnect.apps.models import App
from imiconnect.sharing.models import Allocation, AppShare, Service
from imiconnect.sharing.querysets import Level, shares_in_force


@dataclass(frozen=True)
class Target:
    """One share as it is or as it is wanted: with whom, how far down, until when (UTC)."""

    level: Level
    include_teams: bool = False
    ends_at: dt.datetime | None = None


@dataclass(frozen=True)
class Preview:
    """What an update changes: levels and people by name, and services that would stop."""

    levels_gain: tuple[str, ...]
    levels_lose: tuple[str, ...]
    people_gain: tuple[str, ...]
    people_lose: tuple[str, ...]
    services_stop: tuple[Service, ...]

    @property
    def changes_anything(self) -> bool:
        """Tell whether anybody gains or loses."""
        return any((self.levels_gain, self.levels_lose, self.people_gain, self.people_lose))

    @property
    def digest(self) -> str:
        """Return a short word that differs when another preview is to be shown."""
        stopping = tuple(str(service.pk) for service in self.services_stop)
        parts = (
            self.levels_gain,
            self.levels_lose,
            self.people_gain,
            self.people_lose,
            stopping,
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def level_key(owned: App | Service | Member) -> str:
    """Return the key of the level to which a row belongs, without reading the level."""
    if owned.team_id:
        return f"team:{owned.team_id}"
    if owned.group_id:
        return f"group:{owned.group_id}"
    return f"organization:{owned.organization_id}"


def targets_of(app: App) -> list[Target]:
    """Return the shares of an app that are in force, the oldest first. Four queries.

    A row of another organization, which no service writes, counts for nothing.
    """
    rows = list(shares_in_force().filter(content_object=app).order_by("pk"))
    levels = levels_of(rows)
    return [
        Target(levels[r.group_id], r.include_teams, r.ends_at)
        for r in rows
        if organization_id_of(levels[r.group_id]) == app.organization_id
    ]


def levels_of(shares: Iterable[AppShare]) -> dict[int, Level]:
    """Return the levels that hold shares, by the id of their permission group."""
    ids = [share.group_id for share in shares]
    found: list[Level] = [
        *Organization.objects.filter(permission_group__in=ids),
        *Group.objects.filter(permission_group__in=ids).select_related("organization"),
        *Team.objects.filter(permission_group__in=ids).select_related("group__organization"),
    ]
    return {level.permission_group_id: level for level in found}


def preview(app: App, *, wanted: Iterable[Target], kept: Iterable[Target] = ()) -> Preview:
    """Return what changes when ``wanted`` replaces the shares beside ``kept``.

    A fixed number of queries, whatever the number of teams, people and services.
    """
    organization = app.organization
    levels: dict[str, Level] = {key_of(organization): organization}
    for group in Group.objects.filter(organization=organization).order_by("name"):
        group.organization = organization
        levels[key_of(group)] = group
    teams = Team.objects.filter(group__organization=organization).select_related("group")
    for team in teams.order_by("group__name", "name"):
        levels[key_of(team)] = team
    before = _usable_at(app, levels, targets_of(app))
    after = _usable_at(app, levels, [*wanted, *kept])
    seen, will_see = _seen_from(before, levels), _seen_from(after, levels)
    people = list(_people_below(app))
    services = Service.objects.filter(
        pk__in=Allocation.objects.filter(app=app).values("service")
    )
    return Preview(
        levels_gain=_paths(levels, after - before),
        levels_lose=_paths(levels, before - after),
        people_gain=_names(people, will_see - seen),
        people_lose=_names(people, seen - will_see),
        services_stop=tuple(
            service
            for service in services.order_by("name")
            if level_key(service) in before - after
        ),
    )


def _usable_at(app: App, levels: dict[str, Level], targets: Iterable[Target]) -> set[str]:
    """Return the keys of the levels whose services may use the app."""
    found = {level_key(app)}
    for target in targets:
        level = target.level
        if isinstance(level, Organization):
            return found | {key for key in levels if not key.startswith("organization:")}
        found.add(key_of(level))
        if isinstance(level, Group) and target.include_teams:
            found |= {
                key
                for key, team in levels.items()
                if isinstance(team, Team) and team.group_id == level.pk
            }
    return found


def _seen_from(usable: set[str], levels: dict[str, Level]) -> set[str]:
    """Return the keys of the levels whose people see the app: those, and the groups above."""
    above = {
        f"group:{team.group_id}"
        for key, team in levels.items()
        if key in usable and isinstance(team, Team)
    }
    return usable | above


def _people_below(app: App) -> Iterable[Member]:
    """Return the people of groups and teams; those of the organization see every app."""
    rows = Member.objects.active().filter(organization=app.organization_id, group__isnull=False)
    people: Iterable[Member] = rows.select_related("user").order_by("user__name", "pk")
    return people


def _paths(levels: dict[str, Level], keys: set[str]) -> tuple[str, ...]:
    return tuple(path_of(level) for key, level in levels.items() if key in keys)


def _names(people: Iterable[Member], keys: set[str]) -> tuple[str, ...]:
    return tuple(p.user.get_full_name() for p in people if level_key(p) in keys)

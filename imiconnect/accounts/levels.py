"""The levels that a person may choose from, as a form offers them."""

import uuid
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Group, Member, Organization, Team
from imiconnect.accounts.standing import key_of

Level = Organization | Group | Team


def levels_below(member: Member) -> dict[str, Level]:
    """Return the seat's own level and all below it, by key, each group before its teams.

    Two queries, whatever the number of levels.
    """
    found: dict[str, Level] = {}
    if not member.group_id:
        found[key_of(member.organization)] = member.organization
    groups = list(Group.objects.visible_to(member).order_by("name"))
    rows = Team.objects.visible_to(member).select_related("group__organization")
    teams: dict[object, list[Team]] = {}
    for team in rows.order_by("group__name", "name"):
        teams.setdefault(team.group_id, []).append(team)
    for group in groups:
        group.organization = member.organization
        found[key_of(group)] = group
        found |= {key_of(team): team for team in teams.pop(group.pk, [])}
    # From within a team only the team itself is left.
    return found | {key_of(team): team for left in teams.values() for team in left}


def level_named(member: Member, pk: uuid.UUID) -> Level:
    """Return the level with this id at the seat's own level or below.

    Raises ``ValidationError`` for the field ``level`` when there is none.
    """
    return level_among({level.pk: level for level in levels_below(member).values()}, pk)


def level_among(levels: Mapping[uuid.UUID, Level], pk: uuid.UUID) -> Level:
    """Return the level with this id; raises ``ValidationError`` when it is not among them."""
    level = levels.get(pk)
    if level is None:
        sentence = _("There is no such group or team at your level or below.")
        raise ValidationError({"level": [sentence]})
    return level


def path_of(level: Level) -> str:
    """Return a level with those above it, such as ``Retail › Cards``."""
    return f"{level.group.name} › {level.name}" if isinstance(level, Team) else level.name


def choices_of(levels: dict[str, Level]) -> list[tuple[str, str]]:
    """Return the levels as the choices of a form field."""
    return [(key, path_of(level)) for key, level in levels.items()]

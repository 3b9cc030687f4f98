"""What a merge of two groups or teams changes in who may use which app, before it is done."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from imiconnect.accounts.contents import NAMED, Contents, Part
from imiconnect.accounts.models import Group, Team
from imiconnect.apps.models import App
from imiconnect.console.words import Words
from imiconnect.sharing.models import Service
from imiconnect.sharing.querysets import shares_in_force

Ids = set[uuid.UUID]


def changes_of_merge(source: Part, target: Part) -> list[Words]:
    """Return sentences: which apps are lost and gained by whom, and which services stop.

    ``source`` goes into ``target``, of the same kind, with its apps and shares; what its group
    has shared with all its teams stays behind. Nothing to say gives an empty list.
    """
    before, there = _usable(source), _usable(target)
    after = there | _owned(source) | _held(source)
    names = {"source": source.name, "target": target.name}
    lost = before - after
    found = [
        _apps(_("The people and services of %(source)s lose these apps") % names, lost),
        _services(
            _("These services of %(source)s can no longer send through them") % names,
            source,
            lost,
        ),
        _apps(
            _("The people and services of %(source)s get these apps") % names, after - before
        ),
        _apps(_("The people and services of %(target)s get these apps") % names, after - there),
    ]
    if isinstance(source, Group):
        below = _("Teams of %(group)s get these apps")
        for group, other in ((source, target), (target, source)):
            gained = _gained_below(group, _held(other, with_teams=True))
            found.append(_apps(below % {"group": group.name}, gained))
    return [str(contents) for contents in found if contents.count]


def _usable(level: Part) -> Ids:
    return set(App.objects.usable_by(level).values_list("pk", flat=True))


def _at(level: Part) -> dict[str, Any]:
    """Return the columns of a row that belongs to exactly this level."""
    return {"team": level} if isinstance(level, Team) else {"group": level, "team": None}


def _owned(level: Part) -> Ids:
    return set(App.objects.filter(**_at(level)).values_list("pk", flat=True))


def _held(level: Part, *, with_teams: bool = False) -> Ids:
    """Return the apps shared with the level itself, or only those for its teams as well."""
    rows = shares_in_force().filter(group=level.permission_group_id)
    rows = rows.filter(include_teams=True) if with_teams else rows
    return set(rows.values_list("content_object", flat=True))


def _gained_below(group: Part, apps: Ids) -> Ids:
    """Return those of the apps that some team of the group cannot use so far."""
    teams = Team.objects.filter(group=group.pk).select_related("group__organization")
    return set[uuid.UUID]().union(*(apps - _usable(team) for team in teams)) if apps else set()


def _apps(sentence: str, ids: Ids) -> Contents:
    rows = App.objects.filter(pk__in=ids).order_by("name")
    return _contents(sentence, rows.values_list("name", flat=True))


def _services(sentence: str, level: Part, lost: Ids) -> Contents:
    """Return the services at the level that use an app which it loses."""
    rows = Service.objects.filter(**_at(level), allocations__app__in=lost).distinct()
    return _contents(sentence, rows.order_by("name").values_list("name", flat=True))


def _contents(sentence: str, names: Iterable[str]) -> Contents:
    every = list(names)
    return Contents(sentence, tuple(every[:NAMED]), len(every))

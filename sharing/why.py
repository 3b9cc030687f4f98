"""Why somebody sees an app: the chain of owner or share, group, team and role.

The answer to "whether" is ``App.objects.visible_to`` alone; this finds the reasons for it, and
a property test holds the two together.
"""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.levels import path_of
from imiconnect.accounts.models import Member, Organization, Team
from imiconnect.accounts.roles import ACT_WORDS, Act
from imiconnect.accounts.services.rules import holds, organization_id_of
from imiconnect.apps.models import App
from imiconnect.console.times import written
from imiconnect.console.words import Words
from imiconnect.numbers.models import Number
from imiconnect.sharing.models import AppShare
from imiconnect.sharing.querysets import Level, shares_in_force
from imiconnect.sharing.reach import levels_of

#: What a role may do with an app that somebody sees.
_OF_APPS = (Act.MANAGE_APPS, Act.SHARE_APPS, Act.ALLOCATE, Act.REVEAL_SECRETS)


@dataclass(frozen=True)
class Link:
    """One link of the chain: which kind (share, group, team, role) and a sentence."""

    kind: Words
    text: str


@dataclass(frozen=True)
class Reason:
    """One chain that leads from the app to the person; ``usable`` there in services."""

    links: tuple[Link, ...]
    usable: bool


def people_in_sight(caller: Member) -> QuerySet[Member]:
    """Return the active seats whose access an Admin may ask about, by name."""
    rows = Member.objects.visible_to(caller).filter(is_active=True)
    found: QuerySet[Member] = rows.select_related("user", "organization", "group", "team")
    return found.order_by("user__name", "pk")


def reasons(app: App, member: Member) -> list[Reason]:
    """Return every chain by which a person sees an app; none when the person does not."""
    found: list[Reason] = []
    if app.organization_id != member.organization_id:
        return found
    if holds(member, app.level):
        text = _("It belongs to %(level)s.") % {"level": path_of(app.level)}
        same = member.level == app.level
        found.append(_reason(member, Link(_("Owner"), str(text)), app.level, True, same))
    if not member.group_id:
        return found
    rows = list(
        shares_in_force()
        .filter(content_object=app)
        .select_related("created_by")
        .order_by("created_at")
    )
    levels = levels_of(rows)
    for row in rows:
        level = levels[row.group_id]
        if _reaches(row, level, member):
            usable = not (member.team_id is None and isinstance(level, Team))
            link = Link(_("Share"), _told(row, level))
            found.append(_reason(member, link, level, False, usable))
    return found


def number_reasons(number: Number, member: Member) -> list[Reason]:
    """Return why a person sees a number: numbers are the whole organization's, never shared."""
    if number.organization_id != member.organization_id:
        return []
    organization = member.organization
    owner = _("It belongs to %(level)s as a whole, as every number does; none is shared.")
    name, level = member.user.get_full_name(), path_of(member.level)
    at = _("%(name)s is in the organization, at %(level)s.") % {"name": name, "level": level}
    acts = [act for act in (Act.MANAGE_NUMBERS, Act.ALLOCATE) if member.can(act)]
    links = (
        Link(_("Owner"), str(owner % {"level": organization.name})),
        Link(_("Organization"), str(at)),
        Link(_("Role"), _as_role(member, acts)),
    )
    return [Reason(links, usable=True)]


def _reaches(row: AppShare, level: Level, member: Member) -> bool:
    """Tell whether a share covers the person's level or one below it."""
    if organization_id_of(level) != member.organization_id:
        return False
    if isinstance(level, Organization):
        return True
    if isinstance(level, Team):
        return level.pk == member.team_id or (
            member.team_id is None and level.group_id == member.group_id
        )
    return level.pk == member.group_id and (member.team_id is None or row.include_teams)


def _told(row: AppShare, level: Level) -> str:
    words = {
        "level": path_of(level),
        "who": row.created_by.get_full_name() if row.created_by else _("somebody"),
        "day": date_format(row.created_at, "j M Y"),
    }
    if isinstance(level, Organization):
        text = _("Shared to all groups and teams on %(day)s by %(who)s.") % words
    elif isinstance(level, Team):
        text = _("Shared to the team %(level)s on %(day)s by %(who)s.") % words
    elif row.include_teams:
        text = (
            _("Shared to the group %(level)s and all its teams on %(day)s by %(who)s.") % words
        )
    else:
        text = _("Shared to the group %(level)s only on %(day)s by %(who)s.") % words
    if row.ends_at is None:
        return str(text)
    end = _("It ends on %(moment)s UTC.") % {"moment": written(row.ends_at)}
    return f"{text} {end}"


def _reason(member: Member, first: Link, level: Level, owned: bool, usable: bool) -> Reason:
    """Return the chain from the owner or share down to the person's level and role."""
    links = [first]
    name = member.user.get_full_name()
    group = member.group if member.group_id else None
    if group is None:
        text = _("%(name)s is at the level of the organization, above all groups and teams.")
        links.append(Link(_("Organization"), str(text % {"name": name})))
    elif member.team_id is None:
        text = _("%(name)s is in the group %(group)s.")
        if isinstance(level, Team):
            text = _("%(name)s is in the group %(group)s, above that team.")
        links.append(Link(_("Group"), str(text % {"name": name, "group": group.name})))
    else:
        team = member.team
        if not owned and not isinstance(level, Team):
            text = _("The team %(team)s is in the group %(group)s.")
            links.append(Link(_("Group"), str(text % {"team": team, "group": group.name})))
        links.append(
            Link(
                _("Team"),
                str(_("%(name)s is in the team %(team)s.") % {"name": name, "team": team}),
            )
        )
    links.append(Link(_("Role"), _role(member, owned)))
    return Reason(tuple(links), usable)


def _role(member: Member, owned: bool) -> str:
    """Say what the role allows with the app here; a share gives no say over the app itself."""
    allowed = [
        act
        for act in _OF_APPS
        if member.can(act)
        and (owned or act == Act.ALLOCATE)
        and not (act == Act.SHARE_APPS and member.team_id)
    ]
    return _as_role(member, allowed)


def _as_role(member: Member, allowed: list[Act]) -> str:
    words = "; ".join(str(ACT_WORDS[act]) for act in allowed) or str(_("see it"))
    return str(_("As %(role)s: %(acts)s.") % {"role": member.get_role_display(), "acts": words})


__all__ = ["Link", "Reason", "number_reasons", "people_in_sight", "reasons"]

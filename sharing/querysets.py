"""Reads of services and shares."""

from typing import TYPE_CHECKING, Self

from django.db.models import Q
from django.utils import timezone

from imiconnect.accounts.models import Group, Member, Organization, Team
from imiconnect.accounts.querysets import LevelQuerySet

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from imiconnect.sharing.models import AppShare

Level = Organization | Group | Team


class ServiceQuerySet(LevelQuerySet):
    """Services."""

    def visible_to(self, member: Member) -> Self:
        """Return the services of the person's level and of the levels below it."""
        return self.at_or_below(member)


def shares_in_force() -> "QuerySet[AppShare]":
    """Return the shares that have not ended."""
    from imiconnect.sharing.models import AppShare

    return AppShare.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=timezone.now()))


def shared_with(level: Level) -> Q:
    """Return the condition, on apps, of being shared with a level.

    The level's permission groups are known before the query, so that it is one indexed join
    (DESIGN.md, section 5). A share to all is a row on the organization's group.
    """
    if isinstance(level, Organization):
        return Q(pk__in=[])
    group = level if isinstance(level, Group) else level.group
    own = [group.organization.permission_group_id, level.permission_group_id]
    held = Q(group_id__in=own)
    if isinstance(level, Team):
        held |= Q(group_id=group.permission_group_id, include_teams=True)
    return Q(pk__in=shares_in_force().filter(held).values("content_object_id"))


def shared_with_member(member: Member) -> Q:
    """Return the condition, on apps, of being shared so that a person sees it.

    Shared with the person's level, or with a level below it: what a team may use is seen in
    the group above, as what a team owns is.
    """
    condition = shared_with(member.level)
    if member.group_id and not member.team_id:
        teams = Team.objects.filter(group=member.group_id).values("permission_group")
        held = shares_in_force().filter(group__in=teams)
        condition |= Q(pk__in=held.values("content_object_id"))
    return condition


def usable_by(level: Level) -> Q:
    """Return the condition, on apps, that a service owned by ``level`` may use them.

    An app is usable at the level that owns it; elsewhere it needs a share.
    """
    if isinstance(level, Team):
        return Q(team=level) | shared_with(level)
    if isinstance(level, Group):
        return Q(group=level, team__isnull=True) | shared_with(level)
    return Q(organization=level, group__isnull=True)

"""Reads of services and shares."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.utils import timezone

from imiconnect.accounts.models import Group, Member, Organization, Team
from imiconnect.accounts.querysets import LevelQuerySet
from imiconnect.numbers.kinds import Kind

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from imiconnect.sharing.models import AppShare

Level = Organization | Group | Team


#: The apps shared with a group or with a team of it. Most lists of apps ask it, so it is
#: written out: putting it together took Django longer than it takes PostgreSQL, which fills the
#: array of holders before it looks into the index.
_SHARED_BELOW = """
SELECT content_object_id FROM sharing_appshare
WHERE (ends_at IS NULL OR ends_at > %s)
  AND group_id = ANY (
    ARRAY(SELECT permission_group_id FROM accounts_team WHERE group_id = %s) || %s::integer[])
"""


class ServiceQuerySet(LevelQuerySet):
    """Services."""

    def visible_to(self, member: Member) -> Self:
        """Return the services of the person's level and of the levels below it."""
        return self.at_or_below(member)


class AllocationQuerySet(models.QuerySet[Any]):
    """Apps that services use."""

    def usable(self) -> Self:
        """Return those whose service may use the app now, by its level or by a share.

        ``usable_by`` for many services at once. What is not usable is kept, and counts again
        once the app is shared again.
        """
        shares = shares_in_force().filter(content_object=OuterRef("app"))
        of_group = Q(group=OuterRef("service__group__permission_group"))
        everywhere = (
            Q(group=OuterRef("service__organization__permission_group"))
            | Q(group=OuterRef("service__team__permission_group"))
            | (of_group & Q(include_teams=True))
        )
        at_organization = Q(service__group__isnull=True)
        at_group = Q(service__team__isnull=True) & ~at_organization
        own = (
            (at_organization & Q(app__group__isnull=True))
            | (at_group & Q(app__group=F("service__group"), app__team__isnull=True))
            | Q(app__team=F("service__team"))
        )
        return self.filter(
            own
            | (~at_organization & Exists(shares.filter(everywhere)))
            | (at_group & Exists(shares.filter(of_group))),
            app__organization=F("service__organization"),
        )

    def with_usable(self) -> Self:
        """Return them with ``usable``: whether the service may use the app now."""
        usable = self.model._default_manager.usable().filter(pk=OuterRef("pk"))
        return self.annotate(usable=Exists(usable))

    def hearing(self) -> Self:
        """Return the one of each app whose service gets what comes in."""
        heard = self.model._default_manager.usable().filter(app=OuterRef("app")).by_turn()
        return self.filter(pk=Subquery(heard.values("pk")[:1]))

    def by_turn(self) -> Self:
        """Return them in the order in which their services get an app's incoming messages."""
        return self.order_by("-is_inbound", "id")

    def resolved_for(self, member: Member) -> Self:
        """Return the one app that each service uses on each channel for this person.

        What is allocated to the person wins over what is allocated to the team, and that over
        what is there for everybody.
        """
        beside = self.model._default_manager.filter(
            service=OuterRef("service"), channel=OuterRef("channel")
        )
        own = Exists(beside.filter(user=member.user_id))
        of_team = Exists(beside.filter(team=member.team_id, team__isnull=False))
        for_all = Q(team__isnull=True, user__isnull=True)
        return self.filter(
            Q(user=member.user_id)
            | (Q(team=member.team_id, team__isnull=False) & ~own)
            | (for_all & ~own & ~of_team)
        )


class NumberAllocationQuerySet(models.QuerySet[Any]):
    """Numbers that services use."""

    def resolved_for(self, member: Member) -> Self:
        """Return the numbers that services use for this person.

        Everything that is for the person, the person's team or everybody; of the Sender IDs
        of a service only the closest: the person's, else the team's, else everybody's.
        """
        beside = self.model._default_manager.filter(
            service=OuterRef("service"), channel=OuterRef("channel"), kind=Kind.SENDER_ID
        )
        own = Exists(beside.filter(user=member.user_id))
        of_team = Exists(beside.filter(team=member.team_id, team__isnull=False))
        for_all = Q(team__isnull=True, user__isnull=True)
        several = ~Q(kind=Kind.SENDER_ID)
        return self.filter(
            Q(user=member.user_id)
            | (Q(team=member.team_id, team__isnull=False) & (several | ~own))
            | (for_all & (several | (~own & ~of_team)))
        )


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
    group = member.group
    if group is None or member.team_id:
        return shared_with(member.level)
    above = [member.organization.permission_group_id, group.permission_group_id]
    shared = RawSQL(_SHARED_BELOW, [timezone.now(), group.pk, above])  # noqa: S611 - a constant
    return Q(pk__in=shared)


def usable_by(level: Level) -> Q:
    """Return the condition, on apps, that a service owned by ``level`` may use them.

    An app is usable at the level that owns it; elsewhere it needs a share.
    """
    if isinstance(level, Team):
        of_tenant = Q(organization=level.group.organization_id)
        return Q(team=level) | (of_tenant & shared_with(level))
    if isinstance(level, Group):
        of_tenant = Q(organization=level.organization_id)
        return Q(group=level, team__isnull=True) | (of_tenant & shared_with(level))
    return Q(organization=level, group__isnull=True)

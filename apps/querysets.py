"""Reads of channel assets."""

from typing import TYPE_CHECKING, Self

from django.db.models import Q

from imiconnect.accounts.querysets import LevelQuerySet
from imiconnect.apps import ports

if TYPE_CHECKING:
    from imiconnect.accounts.models import Member


class AppQuerySet(LevelQuerySet):
    """Channel assets."""

    def for_list(self) -> Self:
        """Return them with what a list shows of each and of the group and team that own it.

        From an organization's ``apps`` each row has that organization at hand without a join,
        which would also decrypt the organization's key for every row.
        """
        rows = self.select_related("group", "team", "checkup")
        return rows.only(
            "organization", "app_id", "name", "channel_type", "state", "created_at",
            "group__name", "team__name", "checkup__state",
        )  # fmt: skip

    def visible_to(self, member: "Member") -> Self:
        """Return the apps that the person may see: of the own level and below, or shared."""
        if not member.group_id:
            return self.at_or_below(member)
        own = Q(team=member.team_id) if member.team_id else Q(group=member.group_id)
        return self.filter(own | ports.shared_with(member), organization=member.organization_id)

    def usable_by(self, owner: object) -> Self:
        """Return the apps that the owner of a service (a level) may use."""
        return self.filter(ports.usable_by(owner))

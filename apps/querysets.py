"""Reads of channel assets."""

from typing import TYPE_CHECKING, Self

from imiconnect.accounts.querysets import LevelQuerySet
from imiconnect.apps import ports

if TYPE_CHECKING:
    from imiconnect.accounts.models import Member


class AppQuerySet(LevelQuerySet):
    """Channel assets."""

    def visible_to(self, member: "Member") -> Self:
        """Return the apps that the person may see: of the own level and below, or shared."""
        own = self.at_or_below(member)
        if not member.group_id:
            return own
        return own | self.filter(organization=member.organization_id).filter(
            ports.shared_with(member)
        )

    def usable_by(self, owner: object) -> Self:
        """Return the apps that the owner of a service (a level) may use."""
        return self.filter(ports.usable_by(owner))

"""Reads of numbers; an organization's numbers are seen by all of its people."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q, QuerySet

from imiconnect.numbers.kinds import LIVE, Kind, State
from imiconnect.numbers.text import folded, search_grams

if TYPE_CHECKING:
    from imiconnect.accounts.models import Member


class OwnedQuerySet(models.QuerySet[Any]):
    """Rows that belong to an organization as a whole."""

    def visible_to(self, member: "Member") -> "OwnedQuerySet":
        """Return what the person may see: everything of the organization."""
        return self.filter(organization=member.organization_id)


class NumberQuerySet(OwnedQuerySet):
    """Numbers of every kind."""

    def live(self) -> "NumberQuerySet":
        """Return those that nobody else can have."""
        return self.filter(state__in=LIVE)

    def active(self) -> "NumberQuerySet":
        """Return those that send and receive."""
        return self.filter(state=State.ACTIVE)

    def matching(self, text: str) -> "NumberQuerySet":
        """Return those that hold ``text`` anywhere; spaces, dashes and plus do not count."""
        wanted = folded(text)
        if not wanted:
            return self
        grams = search_grams(wanted)
        found = self.filter(folded__contains=wanted)
        return found.filter(grams__contains=grams) if grams else found


class ShortCodeQuerySet(models.QuerySet[Any]):
    """Codes at operators."""

    def in_use(self) -> "ShortCodeQuerySet":
        """Return the codes that work."""
        return self.filter(is_active=True)

    def owned_by(self, organization_id: object) -> "ShortCodeQuerySet":
        """Return the active codes that an organization has got."""
        return self.in_use().filter(
            numbers__organization=organization_id,
            numbers__kind=Kind.SHORT_CODE,
            numbers__state=State.ACTIVE,
        )

    def usable_for_keywords(self, organization_id: object) -> QuerySet[Any]:
        """Return the codes on which an organization may ask for a keyword."""
        own = Q(pk__in=self.owned_by(organization_id).values("pk"))
        return self.in_use().filter(own | Q(is_shared=True))

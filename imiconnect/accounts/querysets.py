"""Reads of people."""

from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone

from imiconnect.vault import digest

if TYPE_CHECKING:
    from imiconnect.accounts.models import Member, Organization, User


class UserManager(BaseUserManager["User"]):
    """Finds people by e-mail address in any case, and makes them."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person with this e-mail address, however it is cased."""
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person; without a password only an invitation or a reset lets them in."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        """Create a member of the support staff who may do everything in the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class LevelQuerySet(models.QuerySet[Any]):
    """Rows that belong to one level."""

    def at_or_below(self, member: "Member") -> Self:
        """Return the rows of the person's level and of the levels below it."""
        rows = self.filter(organization=member.organization_id)
        if member.team_id:
            return rows.filter(team=member.team_id)
        if member.group_id:
            return rows.filter(group=member.group_id)
        return rows


class MemberQuerySet(LevelQuerySet):
    """People in organizations."""

    def active(self) -> "MemberQuerySet":
        """Return those who may act: person, seat and organization are active."""
        return self.filter(is_active=True, user__is_active=True, organization__is_active=True)

    def with_levels(self) -> "MemberQuerySet":
        """Return the seats in which people may act with their levels, the oldest first.

        Without the organization's key, which one page needs and every request would decrypt.
        """
        rows = self.active().select_related("organization", "group", "team")
        return rows.defer("organization__profile_key").order_by("created_at")

    def visible_to(self, member: "Member") -> Self:
        """Return the people whom ``member`` may see: those of the own level and below."""
        return self.at_or_below(member)


class OrganizationQuerySet(models.QuerySet[Any]):
    """Tenants."""

    def with_profile_key(self, key: str) -> "Organization | None":
        """Return the active tenant whose profile key this is, also one in its overlap."""
        known = digest(key)
        previous = Q(
            previous_profile_key_digest=known, previous_profile_key_until__gt=timezone.now()
        )
        return self.filter(Q(profile_key_digest=known) | previous, is_active=True).first()


class GroupQuerySet(models.QuerySet[Any]):
    """Groups of organizations."""

    def visible_to(self, member: "Member") -> "GroupQuerySet":
        """Return the groups at the person's level and below: none from within a team."""
        if member.team_id:
            return self.none()
        rows = self.filter(organization=member.organization_id)
        return rows.filter(pk=member.group_id) if member.group_id else rows


class TeamQuerySet(models.QuerySet[Any]):
    """Teams of groups."""

    def visible_to(self, member: "Member") -> "TeamQuerySet":
        """Return the teams at the person's level and below."""
        rows = self.filter(group__organization=member.organization_id)
        if member.team_id:
            return rows.filter(pk=member.team_id)
        return rows.filter(group=member.group_id) if member.group_id else rows


class InvitationQuerySet(LevelQuerySet):
    """Offers of a seat."""

    def open(self) -> "InvitationQuerySet":
        """Return those neither accepted nor withdrawn; they may have expired."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True)

    def visible_to(self, member: "Member") -> Self:
        """Return the invitations to the person's level and the levels below."""
        return self.at_or_below(member)

    def with_token(self, token: str) -> models.QuerySet[Any]:
        """Return the open, unexpired invitation of a link."""
        return self.open().filter(token_digest=digest(token), expires_at__gt=timezone.now())


class TrialRequestQuerySet(models.QuerySet[Any]):
    """Requests for a trial."""

    def with_token(self, token: str) -> models.QuerySet[Any]:
        """Return the request of a link."""
        return self.filter(token_digest=digest(token))

    def open(self) -> "TrialRequestQuerySet":
        """Return those that nobody has decided on."""
        return self.filter(decided_at__isnull=True)

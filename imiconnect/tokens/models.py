"""Tokens: kept as digests, never more than what their maker may do."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member, Organization
from imiconnect.identity import Identified


class Scope(models.TextChoices):
    """What a token may be used for."""

    NUMBERS_READ = "numbers:read", _("Numbers: read")
    NUMBERS_WRITE = "numbers:write", _("Numbers: get, set up and release")
    APPS_READ = "apps:read", _("Apps: read")
    APPS_WRITE = "apps:write", _("Apps: configure and delete")
    SERVICES_READ = "sharing:read", _("Services: read")
    SERVICES_WRITE = "sharing:write", _("Services: change")
    RTM_READ = "rtm:read", _("Streams, threads, topics and segments: read")
    RTM_WRITE = "rtm:write", _("Streams, threads, topics and segments: change")


class TokenQuerySet(models.QuerySet[Any]):
    """Tokens of organizations."""

    def usable(self) -> "TokenQuerySet":
        """Return those that work: not revoked, not over, their maker still active."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()),
            revoked_at__isnull=True,
            member__is_active=True,
            member__user__is_active=True,
            organization__is_active=True,
        )

    def visible_to(self, member: Member) -> "TokenQuerySet":
        """Return the tokens of the organization, to those at its top; else the own ones."""
        rows = self.filter(organization=member.organization_id)
        return rows.filter(member=member.pk) if member.group_id else rows


class ApiToken(Identified):
    """A key of the REST interface; it acts as the seat of whoever made it, within scopes."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="api_tokens"
    )
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    #: Its first characters, by which people know it again.
    prefix = models.CharField(max_length=12, editable=False)
    scopes = ArrayField(models.CharField(max_length=30, choices=Scope.choices))
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects: ClassVar[Any] = TokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        indexes = [models.Index(fields=["organization", "-id"], name="token_newest")]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """Whether it works, as a state of the console."""
        if self.revoked_at:
            return "off"
        over = self.expires_at is not None and self.expires_at <= timezone.now()
        return "expired" if over else "active"

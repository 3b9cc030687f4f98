"""People and where they belong: Organization (tenant) > Group > Team, one level each."""

import uuid
from typing import Any, ClassVar, Protocol

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Group as PermissionGroup
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.querysets import (
    GroupQuerySet,
    InvitationQuerySet,
    MemberQuerySet,
    OrganizationQuerySet,
    TeamQuerySet,
    TrialRequestQuerySet,
    UserManager,
)
from imiconnect.accounts.roles import ALLOWED, Act, Role
from imiconnect.identity import Identified
from imiconnect.sources import SOURCE_LENGTH
from imiconnect.vault import EncryptedTextField


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in with an e-mail address; support staff have ``is_staff``."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    is_staff = models.BooleanField(
        _("support staff"), default=False, help_text=_("May use the Django admin.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    #: The seats that were read with this person, until the request has taken them over.
    seats_at_hand: "list[Member] | None" = None

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        """Return the name to show for this person."""
        return self.name or self.email


class PermissionHolder(Identified):
    """A level that holds object permissions through an ``auth.Group`` of its own.

    Membership of that group is written by ``accounts.services`` only.
    """

    name = models.CharField(_("name"), max_length=100)
    permission_group = models.OneToOneField(
        PermissionGroup, on_delete=models.PROTECT, editable=False, related_name="+"
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Organization(PermissionHolder):
    """A tenant: nothing of it is visible to another one."""

    is_active = models.BooleanField(_("active"), default=True)
    #: The key of the Profile API; one for the whole tenant.
    profile_key = EncryptedTextField(_("profile key"))
    profile_key_digest = models.CharField(max_length=64, unique=True, editable=False)
    #: The key before it, which works until the customer's servers have changed over.
    previous_profile_key_digest = models.CharField(
        max_length=64, blank=True, db_index=True, editable=False
    )
    previous_profile_key_until = models.DateTimeField(null=True, blank=True, editable=False)

    #: From where that key may be used, in CIDR notation; empty: from anywhere.
    profile_sources = ArrayField(
        models.CharField(max_length=SOURCE_LENGTH),
        verbose_name=_("allowed source addresses"),
        default=list,
        db_default=[],
        blank=True,
    )

    #: A trial stops working then; None is no trial.
    trial_ends_at = models.DateTimeField(_("trial ends"), null=True, blank=True)

    objects: ClassVar[Any] = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")


class Group(PermissionHolder):
    """A part of an organization, such as a department; it has teams."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="groups"
    )

    objects: ClassVar[Any] = GroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        constraints = [
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                name="group_name_once",
                violation_error_message=_("The organization has a group with this name."),
            ),
        ]


class Team(PermissionHolder):
    """A team within a group."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="teams")

    objects: ClassVar[Any] = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        constraints = [
            models.UniqueConstraint(
                "group",
                Lower("name"),
                name="team_name_once",
                violation_error_message=_("The group has a team with this name."),
            )
        ]


class Owned(Protocol):
    """The ids by which a row belongs to a level."""

    @property
    def organization_id(self) -> uuid.UUID:
        """The tenant."""

    @property
    def group_id(self) -> uuid.UUID | None:
        """The group; None for what belongs to the whole organization."""

    @property
    def team_id(self) -> uuid.UUID | None:
        """The team, of that group."""


class LevelOwned(models.Model):
    """Something that belongs to exactly one level: an organization, a group or a team."""

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        related_name="%(class)ss",
        verbose_name=_("organization"),
    )
    group = models.ForeignKey(
        Group,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="%(class)ss",
        verbose_name=_("group"),
    )
    team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="%(class)ss",
        verbose_name=_("team"),
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(team__isnull=True) | Q(group__isnull=False),
                name="%(class)s_team_has_group",
            ),
        ]

    @property
    def level(self) -> Organization | Group | Team:
        """The level that owns this."""
        return self.team or self.group or self.organization


class Member(LevelOwned, Identified):
    """A person in an organization: at one level, with one role."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    is_active = models.BooleanField(_("active"), default=True)

    #: Whether the seat itself, not a narrowed view, is at a team: there is no level below.
    seat_is_team: bool = False

    objects: ClassVar[Any] = MemberQuerySet.as_manager()

    class Meta(LevelOwned.Meta):
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            *LevelOwned.Meta.constraints,
            models.UniqueConstraint(
                fields=["user", "organization"], name="member_once_per_organization"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()}, {self.level})"

    def can(self, act: Act) -> bool:
        """Tell whether this person's role allows ``act``."""
        return act in ALLOWED[Role(self.role)]

    def has_at_or_below(self, row: "Owned") -> bool:
        """Tell of a row at hand whether ``at_or_below`` would return it, without a query."""
        if row.organization_id != self.organization_id:
            return False
        if self.team_id:
            return row.team_id == self.team_id
        return not self.group_id or row.group_id == self.group_id


class Invitation(LevelOwned, Identified):
    """An open seat: a mailed link with which a person joins a level with a role."""

    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    expires_at = models.DateTimeField(_("valid until"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    objects: ClassVar[Any] = InvitationQuerySet.as_manager()

    class Meta(LevelOwned.Meta):
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            *LevelOwned.Meta.constraints,
            models.UniqueConstraint(
                "organization",
                Lower("email"),
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="invitation_open_once",
            ),
        ]

    def __str__(self) -> str:
        return self.email


class TrialRequest(Identified):
    """A business without an account asks for a trial; the support staff decide."""

    class State(models.TextChoices):
        """What has happened to it."""

        UNCONFIRMED = "unconfirmed", _("Address not confirmed")
        WAITING = "waiting", _("Waiting for support")
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")

    name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail address"))
    business = models.CharField(_("business"), max_length=100)
    reason = models.TextField(_("reason"), max_length=1000)
    state = models.CharField(
        _("state"), max_length=20, choices=State.choices, default=State.UNCONFIRMED
    )
    #: Kept readable, since every mail about the request has the same link.
    token = EncryptedTextField(_("link"))
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    confirmed_at = models.DateTimeField(_("address confirmed"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    answer = models.TextField(_("answer"), blank=True)
    organization = models.ForeignKey(
        Organization, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    invitation = models.ForeignKey(
        Invitation, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[Any] = TrialRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("trial request")
        verbose_name_plural = _("trial requests")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=Q(state__in=["unconfirmed", "waiting"]),
                name="trial_request_open_once",
            ),
            models.CheckConstraint(
                condition=Q(state="unconfirmed")
                | Q(confirmed_at__isnull=False, due_at__isnull=False),
                name="trial_request_due_once_confirmed",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state__in=["approved", "declined"], decided_at__isnull=False)
                    | Q(state__in=["unconfirmed", "waiting"], decided_at__isnull=True)
                ),
                name="trial_request_decided_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.business} ({self.email})"

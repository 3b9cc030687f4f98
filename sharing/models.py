"""Services, the assets allocated to them, and the shares that make assets usable."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase

from imiconnect.accounts.models import LevelOwned, Team, User
from imiconnect.apps.models import App
from imiconnect.identity import Identified
from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.models import Number
from imiconnect.sharing.querysets import (
    AllocationQuerySet,
    NumberAllocationQuerySet,
    ServiceQuerySet,
)
from imiconnect.sources import SOURCE_LENGTH
from imiconnect.vault import EncryptedTextField


class Service(LevelOwned, Identified):
    """A workspace that collects channels and owns the keys with which messages are sent."""

    class State(models.TextChoices):
        """Only a live service sends."""

        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        SUSPENDED = "suspended", _("Suspended")

    class Purpose(models.TextChoices):
        """What its texts are for: countries hold other rules against advertising."""

        TRANSACTIONAL = "transactional", _("Transactional: codes, alerts, answers")
        PROMOTIONAL = "promotional", _("Promotional: offers and advertising")

    class QuietHours(models.TextChoices):
        """What becomes of a text that is due in the quiet hours of its destination."""

        WAIT = "wait", _("Wait until they end")
        REFUSE = "refuse", _("Refuse the message")

    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=500, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.DRAFT
    )
    #: Where delivery receipts go, and for which kinds of each channel: {"rt": ["delivered"]}.
    receipt_url = models.URLField(_("receipt callback URL"), max_length=500, blank=True)
    receipt_kinds = models.JSONField(default=dict, blank=True)
    sms_purpose = models.CharField(
        _("purpose of its SMS"),
        max_length=15,
        choices=Purpose.choices,
        default=Purpose.TRANSACTIONAL,
    )
    sms_quiet_hours = models.CharField(
        _("in quiet hours"), max_length=10, choices=QuietHours.choices, default=QuietHours.WAIT
    )
    #: Where incoming messages go.
    inbound_url = models.URLField(
        _("callback URL for incoming messages"), max_length=500, blank=True
    )
    #: Whether that URL hears when customers type, too.
    typing_events = models.BooleanField(
        _("tell when a customer types"), default=False, db_default=False
    )
    #: From where its keys may be used, in CIDR notation; empty: from anywhere.
    allowed_sources = ArrayField(
        models.CharField(max_length=SOURCE_LENGTH),
        verbose_name=_("allowed source addresses"),
        default=list,
        db_default=[],
        blank=True,
    )
    signing_secret = EncryptedTextField(default="", blank=True)
    previous_signing_secret = EncryptedTextField(default="", blank=True)
    previous_signing_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = ServiceQuerySet.as_manager()

    class Meta(LevelOwned.Meta):
        verbose_name = _("service")
        verbose_name_plural = _("services")
        constraints = [
            *LevelOwned.Meta.constraints,
            models.UniqueConstraint("organization", Lower("name"), name="service_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceKey(Identified):
    """A service key; several are valid while one replaces another."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="keys")
    secret = EncryptedTextField(_("service key"))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("service key")
        verbose_name_plural = _("service keys")
        constraints = [
            models.UniqueConstraint(
                fields=["service"],
                condition=Q(expires_at__isnull=True),
                name="service_key_one_current",
            ),
        ]

    def __str__(self) -> str:
        return f"…{self.secret[-4:]}"


class Allocation(Identified):
    """An app that a service uses on one channel, for everybody or for one team or person."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="allocations")
    app = models.ForeignKey(App, on_delete=models.PROTECT, related_name="allocations")
    #: The channel of the app's type, such as ``rt``: at most one asset of each per holder.
    channel = models.SlugField(_("channel"), max_length=30)
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    #: The service that gets the app's incoming messages which no thread belongs to.
    is_inbound = models.BooleanField(_("gets incoming messages"), default=False)

    objects: ClassVar[Any] = AllocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [
            models.CheckConstraint(
                condition=Q(team__isnull=True) | Q(user__isnull=True),
                name="allocation_one_holder",
            ),
            models.UniqueConstraint(
                fields=["service", "channel"],
                condition=Q(team__isnull=True, user__isnull=True),
                name="allocation_one_for_all",
            ),
            models.UniqueConstraint(
                fields=["service", "channel", "team"],
                condition=Q(team__isnull=False),
                name="allocation_one_per_team",
            ),
            models.UniqueConstraint(
                fields=["service", "channel", "user"],
                condition=Q(user__isnull=False),
                name="allocation_one_per_user",
            ),
            models.UniqueConstraint(
                fields=["app"], condition=Q(is_inbound=True), name="allocation_one_inbound"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.app} in {self.service}"


class NumberAllocation(Identified):
    """A number that a service uses on SMS or voice, for everybody or for one team or person.

    Any number of short codes, phone numbers and keywords; one Sender ID per holder.
    """

    class Channel(models.TextChoices):
        """What the service uses the number for."""

        SMS = "sms", _("SMS")
        VOICE = "voice", _("Voice")

    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, related_name="number_allocations"
    )
    number = models.ForeignKey(Number, on_delete=models.PROTECT, related_name="allocations")
    #: The number's kind, which never changes: a constraint needs it in this table.
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    #: The service that gets what comes in over the number on this channel.
    is_inbound = models.BooleanField(_("gets incoming messages"), default=False)

    objects: ClassVar[Any] = NumberAllocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("number of a service")
        verbose_name_plural = _("numbers of services")
        constraints = [
            models.CheckConstraint(
                condition=Q(team__isnull=True) | Q(user__isnull=True),
                name="number_allocation_one_holder",
            ),
            models.UniqueConstraint(
                fields=["service", "channel", "number", "team", "user"],
                nulls_distinct=False,
                name="number_allocation_once",
            ),
            models.UniqueConstraint(
                fields=["service", "channel"],
                condition=Q(kind=Kind.SENDER_ID, team__isnull=True, user__isnull=True),
                name="number_allocation_sender_for_all",
            ),
            models.UniqueConstraint(
                fields=["service", "channel", "team"],
                condition=Q(kind=Kind.SENDER_ID, team__isnull=False),
                name="number_allocation_sender_per_team",
            ),
            models.UniqueConstraint(
                fields=["service", "channel", "user"],
                condition=Q(kind=Kind.SENDER_ID, user__isnull=False),
                name="number_allocation_sender_per_user",
            ),
            models.UniqueConstraint(
                fields=["number", "channel"],
                condition=Q(is_inbound=True),
                name="number_allocation_one_inbound",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} in {self.service}"


class AppShare(GroupObjectPermissionBase):
    """The permission to use an app, held by a level's permission group.

    guardian's direct table: ``group`` is the ``auth.Group`` of an organization, group or team.
    """

    content_object = models.ForeignKey(App, on_delete=models.CASCADE, related_name="shares")
    #: For a share to a group: its teams, present and later, may use the app too.
    include_teams = models.BooleanField(_("share to all teams under this group"), default=False)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False
        verbose_name = _("share")
        verbose_name_plural = _("shares")
        indexes = [
            # With all that a read of shares asks for, so that it reads the index alone.
            models.Index(
                fields=["group", "-content_object"],
                include=["ends_at", "include_teams"],
                name="app_share_held",
            )
        ]

    def __str__(self) -> str:
        return str(self.content_object)


# Their tables name services, so they come last.
from imiconnect.sharing.rules.models import Rule, RuleRun  # noqa: E402

__all__ = [
    "Allocation",
    "AppShare",
    "NumberAllocation",
    "Rule",
    "RuleRun",
    "Service",
    "ServiceKey",
]

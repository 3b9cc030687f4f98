"""What is asked of support: short codes, numbers of other countries, details of keywords."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Organization, User
from imiconnect.identity import Identified, reference_of
from imiconnect.numbers.kinds import Choice
from imiconnect.numbers.models.number import Number
from imiconnect.numbers.querysets import OwnedQuerySet


class KeywordDetails(models.Model):
    """The nine details of the keyword form, and how its code was chosen."""

    number = models.OneToOneField(
        Number, on_delete=models.CASCADE, primary_key=True, related_name="keyword_details"
    )
    choice = models.CharField(_("Short code Type"), max_length=10, choices=Choice.choices)
    desired_short_code = models.CharField(_("Desired Short Code"), max_length=8, blank=True)
    email = models.EmailField(_("Email ID"))
    company_name = models.CharField(_("Company Name"), max_length=150)
    mailing_address = models.TextField(_("Mailing Address"), max_length=500)
    contact_name = models.CharField(_("Primary Contact Name"), max_length=150)
    contact_number = models.CharField(_("Primary Contact Number"), max_length=16)
    service_name = models.CharField(_("Service Name"), max_length=150)
    service_website = models.URLField(_("Service Website"), max_length=300)
    is_existing_website = models.BooleanField(_("Is this an existing Website"))
    service_content = models.TextField(_("Service Content Details"), max_length=2000)

    class Meta:
        verbose_name = _("keyword details")
        verbose_name_plural = _("keyword details")

    def __str__(self) -> str:
        return self.service_name


class ShortCodeRequest(models.Model):
    """What was asked for when a short code was requested."""

    number = models.OneToOneField(
        Number, on_delete=models.CASCADE, primary_key=True, related_name="short_code_request"
    )
    choice = models.CharField(_("Short Code Type"), max_length=10, choices=Choice.choices)
    desired_code = models.CharField(_("Desired Short Code"), max_length=8, blank=True)
    is_dedicated = models.BooleanField(_("dedicated"))
    monthly_volume = models.PositiveIntegerField(_("messages a month"))
    purpose = models.TextField(_("purpose"), max_length=2000)

    class Meta:
        verbose_name = _("short code request")
        verbose_name_plural = _("short code requests")

    def __str__(self) -> str:
        return str(self.number)

    @property
    def reference(self) -> str:
        """What the requester is told to name it by."""
        return reference_of("S", self.pk)


class OperatorVerification(Identified):
    """One operator's check of a short code; due two working days after it began."""

    class Result(models.TextChoices):
        """What the operator says."""

        WAITING = "waiting", _("Waiting")
        VERIFIED = "verified", _("Verified")
        REFUSED = "refused", _("Refused")
        #: The request was rejected or withdrawn before this operator answered.
        DROPPED = "dropped", _("Not needed any more")

    number = models.ForeignKey(Number, on_delete=models.CASCADE, related_name="verifications")
    operator = models.CharField(
        _("operator"), max_length=80, blank=True, help_text=_("Empty: all operators.")
    )
    result = models.CharField(
        _("result"), max_length=10, choices=Result.choices, default=Result.WAITING
    )
    due_on = models.DateField(_("due"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("short code verification")
        verbose_name_plural = _("short code verifications")
        ordering: ClassVar[list[str]] = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["number", "operator"], name="verification_once")
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.operator or _('All operators')}"


class OfflineRequest(Identified):
    """A wish for numbers that the catalogue does not sell; support answers it."""

    class State(models.TextChoices):
        """Whether support has answered."""

        OPEN = "pending", _("Pending")
        ANSWERED = "answered", _("Answered")
        DECLINED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="offline_requests"
    )
    country_name = models.CharField(_("country"), max_length=80)
    number_type = models.CharField(_("type"), max_length=20, blank=True)
    quantity = models.PositiveIntegerField(_("how many"))
    details = models.TextField(_("details"), max_length=2000, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.OPEN
    )
    answer = models.TextField(_("answer"), max_length=2000, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[Any] = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("offline request")
        verbose_name_plural = _("offline requests")
        ordering: ClassVar[list[str]] = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="offline_quantity"),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="offline_newest")]

    def __str__(self) -> str:
        return reference_of("R", self.pk)

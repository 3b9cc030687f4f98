"""How customers of a provider's app link themselves with their master profile."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.models import App
from imiconnect.identity import Identified
from imiconnect.rtm.models.customers import Customer
from imiconnect.rtm.querysets import AppOwnedQuerySet

#: So many wrong one-time passwords end an attempt.
MOST_WRONG = 5


class OnboardingStep(Identified):
    """An incoming message that on-boarding took, where that led to, and what was answered.

    The newest step of an address is where its conversation stands. ``due_at`` is when the
    answer is to be sent, and after that (``sent_at``) when the one-time password is to be
    taken out of the message log; the password itself is nowhere, only its ``digest``.
    """

    class Stage(models.TextChoices):
        """What is waited for, or how it ended."""

        ASKED = "asked", _("Asked for the identifier")
        CODE = "code", _("Waiting for the one-time password")
        LINKED = "linked", _("Linked")
        UNLINKED = "unlinked", _("Unlinked")
        ENDED = "ended", _("Ended")

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(_("address"), max_length=128)
    provider_id = models.TextField(_("provider's id of the message"))
    stage = models.CharField(_("stage"), max_length=10, choices=Stage)
    customer = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    digest = models.CharField(max_length=64, blank=True, editable=False)
    wrong = models.PositiveSmallIntegerField(_("wrong passwords"), default=0)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    #: Whether this step sends a one-time password, and in which request it went.
    sends_code = models.BooleanField(_("sends a one-time password"), default=False)
    transid = models.UUIDField(null=True, blank=True)
    reply = models.TextField(_("answer"))
    problem = models.TextField(_("problem"), blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(_("answered"), null=True, blank=True)

    objects: ClassVar[Any] = AppOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("on-boarding step")
        verbose_name_plural = _("on-boarding steps")
        constraints = [
            models.UniqueConstraint(fields=["app", "provider_id"], name="onboarding_once"),
            models.CheckConstraint(
                condition=Q(wrong__lte=MOST_WRONG), name="onboarding_most_wrong"
            ),
            models.CheckConstraint(
                condition=(Q(stage="code") & ~Q(digest="")) | (~Q(stage="code") & Q(digest="")),
                name="onboarding_digest_while_waiting",
            ),
        ]
        indexes = [
            models.Index(fields=["app", "address", "-id"], name="onboarding_newest"),
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="onboarding_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.get_stage_display()}"

"""Notifications to customers' servers, the outbox and its delivery log."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Organization
from imiconnect.identity import Identified
from imiconnect.rtm.querysets import CallbackQuerySet
from imiconnect.sharing.models import Service


class Callback(Identified):
    """A notification to the customer's server: a receipt (DR), a message (MO), or of a rule.

    The row is the outbox: written with the change it tells of, sent and retried by the
    callback sender, replayed by hand. ``id`` is the webhook id that receivers de-duplicate by.
    """

    class Kind(models.TextChoices):
        """What it tells of."""

        DR = "dr", _("Receipt")
        MO = "mo", _("Incoming message")
        RULE = "ru", _("Rule")
        TYPING = "ty", _("Typing")

    class State(models.TextChoices):
        """Where the delivery is."""

        PENDING = "pending", _("Pending")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    #: None for what goes to the own URL of a number that no service uses; it is not signed.
    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, null=True, blank=True, related_name="callbacks"
    )
    message_id = models.UUIDField(null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=2, choices=Kind.choices)
    event = models.CharField(_("event"), max_length=20)
    url = models.TextField(_("URL"))
    body = models.TextField(_("body"))
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.PENDING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(
        _("next attempt"), default=timezone.now, null=True, blank=True
    )
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects: ClassVar[Any] = CallbackQuerySet.as_manager()

    class Meta:
        verbose_name = _("callback")
        verbose_name_plural = _("callbacks")
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(state="pending"), name="callback_due"
            ),
            models.Index(fields=["message_id"], name="callback_of_message"),
            models.Index(fields=["organization", "-id"], name="callback_newest"),
            models.Index(
                fields=["id"], condition=models.Q(kind="ty"), name="callback_of_typing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.message_id}"


class CallbackAttempt(Identified):
    """One try to deliver a callback."""

    callback = models.ForeignKey(Callback, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField(_("number"))
    status_code = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    duration_ms = models.PositiveIntegerField(_("duration (ms)"), default=0)
    response = models.TextField(_("beginning of the answer"), blank=True)

    class Meta:
        verbose_name = _("callback attempt")
        verbose_name_plural = _("callback attempts")
        indexes = [models.Index(fields=["callback", "number"], name="callback_attempt_number")]

    def __str__(self) -> str:
        return f"{self.number}: {self.status_code or self.error}"

"""What callers said after the action Record."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Organization
from imiconnect.identity import Identified
from imiconnect.numbers.models import Number
from imiconnect.rtm.querysets import RecordingQuerySet
from imiconnect.sharing.models import Service


class Recording(Identified):
    """One recording of an incoming call; its key is what the carrier knows it by.

    A row is there from the moment at which the carrier is told to record. What is not wanted
    any more before the carrier has been heard of stays as ``unwanted``, so that it is deleted
    there when it comes.
    """

    class State(models.TextChoices):
        """Where the sound is."""

        ASKED = "asked", _("Asked for")
        WAITING = "waiting", _("At the carrier")
        STORED = "stored", _("Stored")
        LOST = "lost", _("Lost")
        UNWANTED = "unwanted", _("To be deleted at the carrier")

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    service = models.ForeignKey(
        Service, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    number = models.ForeignKey(Number, on_delete=models.CASCADE, related_name="+")
    account = models.CharField(_("carrier"), max_length=64)
    #: The message that the log has of the call.
    message_id = models.UUIDField()
    #: The carrier's id of the call.
    call_id = models.CharField(_("call"), max_length=128)
    #: Who spoke, and the number that was called: digits, as messages have them.
    address = models.CharField(_("from"), max_length=20)
    line = models.CharField(_("to"), max_length=20)
    #: The incoming-call URL, which is told once the recording can be had.
    url = models.TextField(_("URL"), blank=True)
    #: The actions that the caller hears next, as the URL gave them.
    then = models.JSONField(default=list)

    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.ASKED
    )
    #: The carrier's id of the recording; empty once it is deleted there.
    provider_id = models.CharField(max_length=128, blank=True)
    recorded_at = models.DateTimeField(_("recorded"), null=True, blank=True)
    seconds = models.PositiveIntegerField(_("seconds"), default=0)
    path = models.CharField(max_length=200, blank=True)
    content_type = models.CharField(_("content type"), max_length=100, blank=True)
    size = models.PositiveIntegerField(_("size (bytes)"), default=0)
    #: Set while the carrier is to be asked for it, or to delete it.
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(_("problem"), max_length=200, blank=True)

    objects: ClassVar[Any] = RecordingQuerySet.as_manager()

    class Meta:
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(state="stored") ^ Q(path=""), name="recording_stored_has_a_file"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="recording_due"
            ),
            models.Index(fields=["organization", "-id"], name="recording_newest"),
            models.Index(fields=["message_id"], name="recording_of_message"),
            models.Index(fields=["organization", "address"], name="recording_of_caller"),
            models.Index(fields=["created_at"], name="recording_age"),
        ]

    def __str__(self) -> str:
        return f"…{self.address[-4:]} → {self.line}"

"""Texts that came in and were meant for nobody, and what they were answered."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imiconnect.identity import Identified
from imiconnect.rtm.models.optouts import OptWord


class UnclaimedText(Identified):
    """A text to a shared code without a keyword, or to a number that no organization has.

    Also the word that came to an organization's number without a service, for its answer.
    It belongs to no organization: support reads it, and nobody else. ``reply`` is what the
    platform answers, empty for nothing; ``due_at`` is set while that is still to be sent.
    """

    account = models.CharField(_("carrier"), max_length=64)
    provider_id = models.CharField(max_length=128, blank=True)
    #: Who wrote, and to which number: digits, as messages have them.
    address = models.CharField(_("from"), max_length=20)
    to = models.CharField(_("to"), max_length=20)
    text = models.TextField(_("text"))
    #: What its first word does, empty for an ordinary text.
    meaning = models.CharField(
        _("meaning"), max_length=10, choices=OptWord.Meaning.choices, blank=True
    )
    reply = models.CharField(_("reply"), max_length=480, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("unclaimed text")
        verbose_name_plural = _("unclaimed texts")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["account", "address", "provider_id"],
                condition=~Q(provider_id=""),
                name="unclaimed_text_once",
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="unclaimed_due"
            ),
            models.Index(fields=["address", "to"], name="unclaimed_by_writer"),
            models.Index(fields=["created_at"], name="unclaimed_age"),
        ]

    def __str__(self) -> str:
        return f"…{self.address[-4:]} → {self.to}"

"""Who answers in which conversation."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.rtm.models.threads import Thread


class Assignment(models.Model):
    """The one agent of a conversation; a conversation without a row is anybody's to take."""

    thread = models.OneToOneField(
        Thread, on_delete=models.CASCADE, primary_key=True, related_name="assignment"
    )
    agent = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    assigned_at = models.DateTimeField(_("assigned"), default=timezone.now)

    class Meta:
        verbose_name = _("assignment of a conversation")
        verbose_name_plural = _("assignments of conversations")

    def __str__(self) -> str:
        return f"{self.thread_id}: {self.agent}"


class ThreadGuest(models.Model):
    """An agent who may see and answer in a conversation of another agent."""

    id = models.BigAutoField(primary_key=True)
    thread = models.ForeignKey(
        Thread, on_delete=models.CASCADE, related_name="guests", db_index=False
    )
    agent = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("guest in a conversation")
        verbose_name_plural = _("guests in conversations")
        constraints = [
            models.UniqueConstraint(fields=["thread", "agent"], name="thread_guest_once"),
        ]

    def __str__(self) -> str:
        return f"{self.thread_id}: {self.agent}"

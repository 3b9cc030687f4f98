"""What one statement spreads over many users: messages to topics, and events of devices."""

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Organization
from imiconnect.apps.models import App
from imiconnect.identity import Identified
from imiconnect.rtm.outcomes import EXPIRED_CODE
from imiconnect.rtm.querysets import ServiceOwnedQuerySet
from imiconnect.sharing.models import Service


class FanOut(Identified):
    """One accepted message on its way to every user of a topic, a segment or an expression.

    Users get theirs in the order of their ids, a batch in each transaction; ``after`` is the
    last one who has it, so that whoever goes on after a crash goes on behind that user. The
    row stays for a while as the record of what was sent.
    """

    transid = models.UUIDField()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, related_name="+")
    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="+")
    #: ``topic`` or ``segment``, and what the request named.
    kind = models.CharField(max_length=20)
    named = models.CharField(max_length=1000)
    #: The sets behind the name and how they are combined: ``protocol/expressions.py``.
    plan = models.JSONField()
    #: The thread of all its messages; without one each user's default thread takes them.
    thread_id = models.UUIDField(null=True)
    stream_id = models.UUIDField(null=True)
    #: Does not get it: the user whose device has published to the topic.
    but_not = models.CharField(max_length=128, default="", db_default="")
    payload = models.JSONField(default=dict)
    correlation_id = models.CharField(max_length=100, default="", db_default="")
    callback_data = models.TextField(default="", db_default="")
    notify_url = models.TextField(default="", db_default="")
    priority = models.SmallIntegerField(default=2, db_default=2)
    accepted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    after = models.CharField(max_length=128, default="", db_default="")
    sent = models.IntegerField(_("messages"), default=0, db_default=0)
    finished_at = models.DateTimeField(_("finished"), null=True)
    #: Why it has ended before everybody had it, as the log has it; 0 where everybody has.
    code = models.SmallIntegerField(default=0, db_default=0)
    #: How many users were still to come when it expired.
    missed = models.IntegerField(_("not reached"), default=0, db_default=0)
    #: When its latest batch was written, before the first when it came: its place in the queue.
    turned_at = models.DateTimeField(default=timezone.now, db_default=Now())

    objects: ClassVar[Any] = ServiceOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("fan-out")
        verbose_name_plural = _("fan-outs")
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(finished_at__isnull=True),
                name="fanout_open",
            ),
            models.Index(
                fields=["priority", "organization", "turned_at", "id"],
                condition=models.Q(finished_at__isnull=True),
                name="fanout_turn",
            ),
            models.Index(fields=["transid"], name="fanout_request"),
            models.Index(fields=["app", "-id"], name="fanout_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.named}"

    @property
    def word(self) -> str:
        """Return where it is, as a word of ``console.states``."""
        if self.finished_at is None:
            return "pending"
        if self.code == EXPIRED_CODE:
            return "expired"
        return "failed" if self.code else "submitted"


class FanOutTurn(models.Model):
    """When an organization's fan-outs had their latest batch: the next is another's turn."""

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    taken_at = models.DateTimeField()

    class Meta:
        verbose_name = _("turn of fan-outs")
        verbose_name_plural = _("turns of fan-outs")

    def __str__(self) -> str:
        return f"{self.organization_id} {self.taken_at}"


class UserEvent(models.Model):
    """Something to tell a user's devices besides messages: read, deleted, sent by the user.

    It is published once, and again to who connects later, until it is a day old.
    """

    id = models.BigAutoField(primary_key=True)
    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="+", db_index=False)
    address = models.CharField(max_length=128)
    body = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
    #: None once it is published.
    due_at = models.DateTimeField(null=True, default=timezone.now)

    class Meta:
        verbose_name = _("event of a user")
        verbose_name_plural = _("events of users")
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
                name="event_due",
            ),
            models.Index(fields=["app", "address", "created_at"], name="event_of_user"),
            models.Index(fields=["created_at"], name="event_age"),
        ]

    def __str__(self) -> str:
        return f"{self.address} {self.pk}"

"""Events that wait for the rules of services."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RuleEvent(models.Model):
    """An event as it was noted, in the transaction in which it happened; then deleted.

    The columns are those of ``sharing.rules.events.Event``. Only events that some rule of the
    organization waits for are noted.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(max_length=10)
    organization_id = models.UUIDField()
    service_id = models.UUIDField(null=True)
    app_id = models.UUIDField(null=True)
    number_id = models.UUIDField(null=True)
    channel = models.CharField(max_length=30)
    address = models.CharField(max_length=200)
    message_id = models.UUIDField(null=True)
    transid = models.UUIDField(null=True)
    thread_id = models.UUIDField(null=True)
    values = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    due_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("event for rules")
        verbose_name_plural = _("events for rules")
        indexes = [models.Index(fields=["due_at"], name="rule_event_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

"""What providers have told by their webhooks, as it came, until it is worked through."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.models.app import App
from imiconnect.identity import Identified


class HookEvent(Identified):
    """One verified call of a webhook; kept for a week, so that a repeated one is known.

    ``app`` is empty for a webhook that serves all apps of a channel type. ``body`` holds the
    bytes that were signed, until they are worked through; then ``due_at`` is empty too.
    """

    channel_type = models.SlugField(_("channel type"), max_length=30)
    app = models.ForeignKey(App, on_delete=models.CASCADE, null=True, related_name="+")
    digest = models.CharField(max_length=64, editable=False)
    query = models.JSONField(default=dict)
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    #: The platform's addresses of the files in it, by the provider's; None before they are
    #: fetched, where the channel has any.
    files = models.JSONField(null=True, editable=False)
    #: Those that have come while others are still to come.
    some_files = models.JSONField(null=True, editable=False)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now, null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    #: How many normalized events were in it, and why it could not be read, if so.
    events = models.PositiveSmallIntegerField(_("events"), default=0)
    problem = models.TextField(_("problem"), default="", blank=True)

    class Meta:
        verbose_name = _("webhook event")
        verbose_name_plural = _("webhook events")
        constraints = [
            models.UniqueConstraint(
                fields=["channel_type", "app", "digest"],
                nulls_distinct=False,
                name="hook_event_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
                name="hook_event_due",
            ),
            models.Index(fields=["received_at"], name="hook_event_age"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_type} {self.received_at:%Y-%m-%d %H:%M:%S}"

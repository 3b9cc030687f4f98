"""Customers as one app of a provider knows them: the app profile of an OTT channel."""

import datetime as dt
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App
from imiconnect.identity import Identified
from imiconnect.rtm.models.customers import Customer
from imiconnect.rtm.querysets import AppOwnedQuerySet


class Contact(Identified):
    """An address on a channel of an app, from the first thing that came from it.

    ``last_in_at`` is when the customer last wrote or pressed something: providers let an app
    answer for some time after it, some of them with ``window_sent`` messages at most.
    """

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="contacts")
    customer = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, blank=True, related_name="contacts"
    )
    address = models.CharField(_("address"), max_length=128)
    last_in_at = models.DateTimeField(_("last message from them"), null=True, blank=True)
    window_sent = models.PositiveIntegerField(
        _("messages to them since"), default=0, db_default=0
    )
    profile = models.JSONField(_("profile"), default=dict, blank=True)

    objects: ClassVar[Any] = AppOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(fields=["app", "address"], name="contact_once"),
        ]

    def __str__(self) -> str:
        return self.address

    def window_ends_at(self) -> dt.datetime | None:
        """Return until when the customer may be answered; None where there is no such limit."""
        seconds = registry.get(self.app.channel_type).window_seconds
        if not seconds or self.last_in_at is None:
            return None
        return self.last_in_at + dt.timedelta(seconds=seconds)

    def messages_left(self) -> int | None:
        """Return how many messages they may get until they write; None without a limit."""
        most = registry.get(self.app.channel_type).window_messages
        return max(0, most - self.window_sent) if most else None

    def may_be_answered(self) -> bool:
        """Tell whether a message may go to the customer now."""
        ends = self.window_ends_at()
        return (ends is None or ends > timezone.now()) and self.messages_left() != 0

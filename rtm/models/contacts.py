"""Customers as one app of a provider knows them: the app profile of an OTT channel."""

import datetime as dt
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App
from imiconnect.identity import Identified
from imiconnect.rtm.models.customers import Customer
from imiconnect.rtm.querysets import AppOwnedQuerySet


class Contact(Identified):
    """An address on a channel of an app, from the first thing that came from it.

    ``last_in_at`` is when the customer last wrote or pressed something: providers let an app
    answer for some time after it.
    """

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="contacts")
    customer = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, blank=True, related_name="contacts"
    )
    address = models.CharField(_("address"), max_length=128)
    last_in_at = models.DateTimeField(_("last message from them"), null=True, blank=True)
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

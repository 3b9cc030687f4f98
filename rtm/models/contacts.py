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
from imiconnect.rtm.querysets import ContactQuerySet


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
    #: A lesser act, such as following an account, allows ``brief_left`` messages until then.
    brief_ends_at = models.DateTimeField(null=True, blank=True)
    brief_left = models.PositiveSmallIntegerField(default=0, db_default=0)
    #: When they left (unfollowed the account, closed the conversation), until they act again.
    closed_at = models.DateTimeField(_("left at"), null=True, blank=True)
    profile = models.JSONField(_("profile"), default=dict, blank=True)
    #: What their device can show, in the provider's words, as it was last told; None: unknown.
    capabilities = models.JSONField(null=True, blank=True, editable=False)
    #: When the provider is to be asked who they are; none where it is known, or never told.
    profile_due_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(fields=["app", "address"], name="contact_once"),
        ]
        indexes = [
            models.Index(
                fields=["profile_due_at"],
                condition=models.Q(profile_due_at__isnull=False),
                name="contact_profile_due",
            ),
        ]

    def __str__(self) -> str:
        return self.address

    def window_ends_at(self) -> dt.datetime | None:
        """Return until when the customer may be answered; None where there is no such limit."""
        if self.closed_at is not None:
            return self.closed_at
        seconds = registry.get(self.app.channel_type).window_seconds
        ends = [self.brief_ends_at] if self.brief_ends_at else []
        if seconds and self.last_in_at is not None:
            ends.append(self.last_in_at + dt.timedelta(seconds=seconds))
        return max(ends, default=None)

    def full_left(self, now: dt.datetime) -> int | None:
        """Return the messages left of those that one of theirs allows; None: any number."""
        if self.closed_at is not None:
            return 0
        kind = registry.get(self.app.channel_type)
        if self.last_in_at is None:
            # Of an address that was never heard at all the provider decides (ott.windows).
            return None if self.brief_ends_at is None else 0
        ends = self.last_in_at + dt.timedelta(seconds=kind.window_seconds)
        if kind.window_seconds and ends <= now:
            return 0
        return max(0, kind.window_messages - self.window_sent) if kind.window_messages else None

    def is_brief(self, now: dt.datetime) -> bool:
        """Tell whether a lesser act allows a message still."""
        ends = self.brief_ends_at
        is_open = ends is not None and ends > now and self.closed_at is None
        return is_open and self.brief_left > 0

    def messages_left(self) -> int | None:
        """Return how many messages they may get until they act; None without a limit."""
        now = timezone.now()
        full = self.full_left(now)
        return None if full is None else full + (self.brief_left if self.is_brief(now) else 0)

    def may_be_answered(self) -> bool:
        """Tell whether a message may go to the customer now."""
        return self.messages_left() != 0

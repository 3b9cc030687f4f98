"""Texts that are written once and sent often, with parameters."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Organization, User
from imiconnect.apps.policy import MAX_EXPIRY_SECONDS
from imiconnect.identity import Identified
from imiconnect.rtm.models.messages import Channel
from imiconnect.rtm.querysets import TemplateQuerySet
from imiconnect.sharing.models import Service

#: A call has no text to write ahead.
TEMPLATE_CHANNELS = [(value, label) for value, label in Channel.choices if value != "voice"]
#: Their values alone, as REST names them.
TEMPLATE_WORDS = [value for value, _label in TEMPLATE_CHANNELS]


class MessageTemplate(Identified):
    """What ``message.template`` of a request names: the content of one channel.

    ``content`` is what ``channels.<channel>`` of a request holds, with ``$(name)`` where a
    parameter comes. Without a service every service of the organization may use it; of two
    with a name the service's own one counts. A locked one is changed by Admins alone.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    service = models.ForeignKey(
        Service,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="message_templates",
    )
    name = models.CharField(_("name"), max_length=100)
    channel = models.CharField(_("channel"), max_length=10, choices=TEMPLATE_CHANNELS)
    content = models.JSONField(_("content"))
    #: How long its messages wait, unless the request says; None is as the app says.
    expiry_seconds = models.PositiveIntegerField(_("expires after"), null=True, blank=True)
    is_locked = models.BooleanField(_("locked"), default=False)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects: ClassVar[Any] = TemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        constraints = [
            models.UniqueConstraint(
                F("organization"),
                F("service"),
                F("channel"),
                Lower("name"),
                nulls_distinct=False,
                name="message_template_once",
            ),
            models.CheckConstraint(
                condition=Q(expiry_seconds__isnull=True)
                | Q(expiry_seconds__gte=1, expiry_seconds__lte=MAX_EXPIRY_SECONDS),
                name="message_template_expiry",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="message_template_newest"),
        ]

    def __str__(self) -> str:
        return self.name

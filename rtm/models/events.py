"""What devices tell of themselves over time, and customers whose data is being erased."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Organization
from imiconnect.apps.models import App
from imiconnect.identity import Identified
from imiconnect.rtm.models.customers import Customer, Device
from imiconnect.rtm.querysets import AppOwnedQuerySet


class DeviceEvent(Identified):
    """Something that happened to a device, as far as the app's policy keeps it.

    It outlives the device: ``user_id`` and ``device_name`` are what the device was called then.
    """

    class Kind(models.TextChoices):
        """The documented kinds (facts/imiconnect.md, 19), and what the gateway saw itself."""

        REGISTER = "register", _("Registered")
        UNREGISTER = "unregister", _("Unregistered")
        LOCATION = "location", _("Location changed")
        NETWORK = "network", _("Network changed")
        TIMEZONE = "timezone", _("Time zone changed")
        ROAMING = "roaming", _("Roaming changed")
        BATTERY = "battery", _("Battery")
        CUSTOM = "custom", _("Event of the app")
        CONNECTED = "connected", _("Came online")
        DISCONNECTED = "disconnected", _("Went offline")

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey(
        Device, on_delete=models.SET_NULL, null=True, blank=True, related_name="events"
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="events"
    )
    user_id = models.CharField(_("user ID"), max_length=128)
    device_name = models.CharField(_("device ID"), max_length=128)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    #: The name under which the device told it.
    name = models.CharField(_("name"), max_length=100, blank=True)
    data = models.JSONField(_("data"), default=dict, blank=True)

    objects: ClassVar[Any] = AppOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("device event")
        verbose_name_plural = _("device events")
        indexes = [
            models.Index(fields=["customer", "-id"], name="device_event_of_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.kind} {self.user_id}/{self.device_name}"


class Erasure(Identified):
    """A customer whose profile is gone and whose messages are being emptied.

    ``places`` says where they are: threads, and addresses by channel. It is emptied, with
    everything that names the customer, when the work is done.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    places = models.JSONField(default=dict)
    emptied = models.PositiveIntegerField(_("messages emptied"), default=0)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(done_at__isnull=True), name="erasure_open"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

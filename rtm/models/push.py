"""Where devices and browsers are reached by push, and companions of in-app messages."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.models import App
from imiconnect.identity import Identified
from imiconnect.rtm.models.customers import Customer, Device
from imiconnect.rtm.querysets import AppOwnedQuerySet
from imiconnect.vault import EncryptedTextField


class PushAddress(Identified):
    """A token of APNs or FCM, or a browser's subscription; needs no profile and no contact.

    ``digest`` is that of the token, or of the subscription's endpoint. One that a push service
    has given up is quarantined: nothing is sent to it, and it is deleted after some days.
    """

    class Platform(models.TextChoices):
        """The keys of ``channels.push``."""

        IOS = "ios", _("iOS")
        ANDROID = "android", _("Android")
        WEB = "web", _("Web")

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="push_addresses")
    device = models.ForeignKey(
        Device, on_delete=models.CASCADE, null=True, blank=True, related_name="push_addresses"
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    platform = models.CharField(_("platform"), max_length=10, choices=Platform.choices)
    address = EncryptedTextField()
    digest = models.CharField(max_length=64, editable=False)
    registered_at = models.DateTimeField(_("registered"), default=timezone.now)
    quarantined_at = models.DateTimeField(_("quarantined"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects: ClassVar[Any] = AppOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("push address")
        verbose_name_plural = _("push addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["app", "digest", "device"],
                nulls_distinct=False,
                name="push_address_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["quarantined_at"],
                condition=models.Q(quarantined_at__isnull=False),
                name="push_address_quarantine",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_platform_display()} {self.digest[:8]}"


class Companion(models.Model):
    """A notification that goes with an in-app message, for a user who is not connected.

    One for each message, deleted when it is sent or not needed any more; ``id`` is the
    message's.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    organization_id = models.UUIDField()
    app_id = models.UUIDField()
    address = models.CharField(max_length=128)
    payload = models.JSONField(default=dict)
    expires_at = models.DateTimeField()
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = _("companion notification")
        verbose_name_plural = _("companion notifications")
        indexes = [models.Index(fields=["due_at"], name="companion_due")]

    def __str__(self) -> str:
        return str(self.id)

"""Receipts that name no message but a moment, as the newest one told of each customer."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Watermark(models.Model):
    """Until when what an app has sent to a customer is delivered, and until when it is read.

    Kept beside the references to what was sent: a message may be written down after the
    receipt that is meant for it. Whoever writes a reference or raises a mark holds the row
    of the customer first, so that one of the two sees the other.
    """

    id = models.BigAutoField(primary_key=True)
    app_id = models.UUIDField()
    address = models.CharField(max_length=128)
    delivered_until = models.DateTimeField(null=True, blank=True)
    read_until = models.DateTimeField(null=True, blank=True)
    #: When it was last held; it goes with the references that it might be about.
    held_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("provider's watermark")
        verbose_name_plural = _("providers' watermarks")
        constraints = [
            models.UniqueConstraint(fields=["app_id", "address"], name="watermark_once")
        ]

    def __str__(self) -> str:
        return self.address

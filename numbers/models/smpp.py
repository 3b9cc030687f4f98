"""What the SMPP process works on: parts to send, parts that came in, receipts, links."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SmppPart(models.Model):
    """One part of a text on its way to a centre; all parts of it have the same ``message``."""

    class State(models.IntegerChoices):
        """How far it has come; the last three are final."""

        WAITING = 0, _("Waiting")
        SUBMITTED = 1, _("Submitted")
        DELIVERED = 2, _("Delivered")
        FAILED = 3, _("Failed")
        EXPIRED = 4, _("Expired")

    account = models.SlugField(max_length=30)
    message = models.UUIDField()
    number = models.PositiveSmallIntegerField()
    total = models.PositiveSmallIntegerField()
    #: What ``pdus.submit`` makes a PDU of.
    content = models.JSONField()
    state = models.PositiveSmallIntegerField(choices=State.choices, default=State.WAITING)
    #: The centre's id, in the form in which receipts are looked for.
    provider_id = models.CharField(max_length=65, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("SMPP part")
        verbose_name_plural = _("SMPP parts")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["message", "number"], name="smpp_part_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["account", "due_at"], condition=Q(state=0), name="smpp_part_due"
            ),
            models.Index(
                fields=["account", "provider_id"],
                condition=Q(state=1),
                name="smpp_part_by_provider_id",
            ),
            models.Index(fields=["expires_at"], name="smpp_part_expires"),
        ]

    def __str__(self) -> str:
        return f"{self.message} {self.number}/{self.total}"


class SmppReceipt(models.Model):
    """A centre's receipt that waits for the id it is about: it may overtake the answer."""

    account = models.SlugField(max_length=30)
    provider_id = models.CharField(max_length=65)
    state = models.PositiveSmallIntegerField(choices=SmppPart.State.choices)
    error = models.CharField(max_length=10, blank=True)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("SMPP receipt")
        verbose_name_plural = _("SMPP receipts")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["account", "provider_id"], name="smpp_receipt_by_id")
        ]

    def __str__(self) -> str:
        return self.provider_id


class SmppFragment(models.Model):
    """A part of a text that came in, until the others are there."""

    account = models.SlugField(max_length=30)
    sender = models.CharField(max_length=21)
    to = models.CharField(max_length=21)
    reference = models.PositiveIntegerField()
    number = models.PositiveSmallIntegerField()
    total = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    data = models.BinaryField(blank=True, default=b"")
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("SMPP fragment")
        verbose_name_plural = _("SMPP fragments")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["account", "sender", "to", "reference", "total", "number"],
                name="smpp_fragment_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.sender} {self.number}/{self.total}"


class SmppArrival(models.Model):
    """A text that came in and whose answer the centre may not have got.

    A centre that misses our answer hands the text over again when we are back, under another
    sequence number and without an id of its own: what it says is all that tells it.
    """

    account = models.SlugField(max_length=30)
    #: SHA-256 over all that the PDU says.
    digest = models.BinaryField(max_length=32)
    #: The connection that it came over last.
    session = models.UUIDField()
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("SMPP arrival")
        verbose_name_plural = _("SMPP arrivals")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["account", "digest"], name="smpp_arrival_by_digest"),
            models.Index(fields=["received_at"], name="smpp_arrival_age"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {bytes(self.digest).hex()[:8]}"


class SmppLink(models.Model):
    """How the connection of an account is, as its process last said."""

    account = models.SlugField(max_length=30, primary_key=True)
    is_bound = models.BooleanField(_("bound"), default=False)
    error = models.CharField(_("error"), max_length=200, blank=True)
    seen_at = models.DateTimeField(_("seen"))

    class Meta:
        verbose_name = _("SMPP link")
        verbose_name_plural = _("SMPP links")

    def __str__(self) -> str:
        return self.account

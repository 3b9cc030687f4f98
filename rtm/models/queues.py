"""What waits for a processor: narrow tables of rows that are deleted when they are done.

None of them is partitioned, and no foreign key binds them to the log, which is.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.identity import uuid7
from imiconnect.rtm.lanes import MT
from imiconnect.rtm.sql import NIL


class OpenMessage(models.Model):
    """The working copy of a message to a customer whose outcome is open.

    Written with the message and deleted in the transaction that closes it. ``due_at`` is when
    the MT processor takes it by itself: again, or for the first time where no ``MessageBatch``
    names it. It has none while it waits for its batch or for a receipt. A processor that has
    claimed it sets ``claimed_until``, which no index holds.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    app_id = models.UUIDField()
    address = models.CharField(max_length=128)
    #: The queue whose processor sends it (``lanes.py``), so that no provider delays another.
    lane = models.CharField(max_length=8, default=MT, db_default=MT)
    priority = models.SmallIntegerField(default=2)
    due_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    #: Attempts that have failed; the app's policy says how many may.
    failures = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = _("open message")
        verbose_name_plural = _("open messages")
        indexes = [
            models.Index(
                fields=["lane", "-priority", "due_at"],
                condition=models.Q(due_at__isnull=False),
                name="open_message_due",
            ),
            models.Index(fields=["app_id", "address"], name="open_message_user"),
            models.Index(fields=["expires_at"], name="open_message_expiry"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class MessageBatch(models.Model):
    """Messages that were accepted together for the broker, and that nobody has sent yet.

    One row in place of a due time, a claim and its end on each of them. Written with the
    messages; deleted in the transaction that writes down what came of sending them. One that
    has its outcome meanwhile, or a due time of its own, is left out (``claims.py``).
    """

    #: Messages of one batch at most: what several processors divide among themselves.
    MOST = 100

    id = models.BigAutoField(primary_key=True)
    priority = models.SmallIntegerField()
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    size = models.SmallIntegerField()
    messages = ArrayField(models.UUIDField())

    class Meta:
        verbose_name = _("batch of messages")
        verbose_name_plural = _("batches of messages")
        indexes = [models.Index(fields=["-priority", "due_at"], name="message_batch_due")]

    def __str__(self) -> str:
        return f"{self.size}"


class Wake(models.Model):
    """A device has connected: what is open for its user goes out again at ``due_at``.

    There are several per connection, since a device subscribes some time after it connects.
    """

    id = models.BigAutoField(primary_key=True)
    app_id = models.UUIDField()
    address = models.CharField(max_length=128)
    due_at = models.DateTimeField()

    class Meta:
        verbose_name = _("wake-up")
        verbose_name_plural = _("wake-ups")
        indexes = [models.Index(fields=["due_at"], name="wake_due")]

    def __str__(self) -> str:
        return self.address


class OwedMessage(models.Model):
    """A message that one device of a user has confirmed and another one has not had yet.

    Written with the first receipt, only where the user has other devices; deleted by the
    device's own receipt. ``due_at`` is set when the device connects (``processors/owed.py``).
    """

    id = models.BigAutoField(primary_key=True)
    message_id = models.UUIDField()
    #: The key of the device's row; no foreign key, as everywhere here.
    device_id = models.UUIDField()
    due_at = models.DateTimeField(null=True)
    #: When the message expires.
    expires_at = models.DateTimeField()
    #: How often it went to this device.
    sent = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = _("message for another device")
        verbose_name_plural = _("messages for other devices")
        constraints = [
            models.UniqueConstraint(fields=["device_id", "message_id"], name="owed_once")
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(due_at__isnull=False), name="owed_due"
            ),
            models.Index(fields=["expires_at"], name="owed_expiry"),
        ]

    def __str__(self) -> str:
        return str(self.message_id)


class Inbound(models.Model):
    """A message from a device as it came in, waiting for the MO processor; then deleted.

    The id becomes the message's; ``body`` is what the device sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    #: The app and user that sent it, as the topic or the keys say; no app for a number.
    app_id = models.UUIDField()
    address = models.CharField(max_length=128)
    device_id = models.CharField(max_length=128, default="")
    channel = models.CharField(max_length=10, default="rt", db_default="rt")
    #: For what comes over a number: whose it is, and the service that its keyword chose.
    organization_id = models.UUIDField(null=True)
    service_id = models.UUIDField(null=True)
    #: Where it goes instead of to the service, as the number or its reserved keyword says.
    url = models.TextField(default="", db_default="")
    body = models.JSONField(default=dict)
    received_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = _("waiting incoming message")
        verbose_name_plural = _("waiting incoming messages")
        indexes = [models.Index(fields=["due_at"], name="inbound_due")]

    def __str__(self) -> str:
        return str(self.id)


class ClientRef(models.Model):
    """A sender's own name of a message, and the ``tid`` that became of it.

    The sender is a device, or a provider: then ``device_id`` says through which account the
    message came and ``ref`` is the provider's id of it.
    """

    id = models.BigAutoField(primary_key=True)
    app_id = models.UUIDField()
    address = models.CharField(max_length=128)
    device_id = models.CharField(max_length=128)
    ref = models.CharField(max_length=255)
    tid = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("device's message reference")
        verbose_name_plural = _("devices' message references")
        constraints = [
            models.UniqueConstraint(
                fields=["app_id", "address", "device_id", "ref"], name="client_ref_once"
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="client_ref_age")]

    def __str__(self) -> str:
        return self.ref


class Receipt(models.Model):
    """A receipt as it came in, waiting for the DR processor; deleted once applied.

    One that matches no message yet stays, with a later due time, until it matches or is a
    day old.
    """

    class Kind(models.IntegerChoices):
        """The numbers of the RTMS API's ``deliveryupdate`` (facts/imiconnect.md, 18.4)."""

        DELIVERED = 2, _("Delivered")
        READ = 3, _("Read")
        CLICKED = 4, _("Clicked")
        FAILED = 1, _("Failed")

    id = models.BigAutoField(primary_key=True)
    tid = models.UUIDField()
    #: The app and user that sent it; a receipt for somebody else's message matches nothing.
    app_id = models.UUIDField()
    address = models.CharField(max_length=128)
    device_id = models.CharField(max_length=128, default="")
    kind = models.SmallIntegerField(choices=Kind.choices)
    code = models.SmallIntegerField(default=0)
    reason = models.TextField(default="")
    detail = models.JSONField(default=dict)
    received_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.SmallIntegerField(default=0)

    class Meta:
        verbose_name = _("waiting receipt")
        verbose_name_plural = _("waiting receipts")
        indexes = [models.Index(fields=["due_at"], name="receipt_due")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.tid}"


class ReceiptBatch(models.Model):
    """Receipts that the uplink listener has read together: one row in place of many.

    A column is a list, and a receipt has the same place in each. Deleted in the transaction
    that applies them, which puts back as a ``Receipt`` what has not met its message.
    """

    #: Receipts of one batch at most.
    MOST = 500

    id = models.BigAutoField(primary_key=True)
    received_at = models.DateTimeField()
    size = models.SmallIntegerField()
    tids = ArrayField(models.UUIDField())
    app_ids = ArrayField(models.UUIDField())
    addresses = ArrayField(models.CharField(max_length=128))
    device_ids = ArrayField(models.CharField(max_length=128))
    kinds = ArrayField(models.SmallIntegerField(choices=Receipt.Kind.choices))

    class Meta:
        verbose_name = _("batch of receipts")
        verbose_name_plural = _("batches of receipts")

    def __str__(self) -> str:
        return f"{self.size}"


class ProviderRef(models.Model):
    """A provider's own id of a message that it took, or of one part of ``parts``."""

    id = models.BigAutoField(primary_key=True)
    channel = models.CharField(max_length=10)
    #: Whose ids these are: an app's key, or the slug of a carrier.
    account = models.CharField(max_length=64)
    provider_id = models.CharField(max_length=255)
    tid = models.UUIDField()
    app_id = models.UUIDField()
    address = models.CharField(max_length=128)
    parts = models.SmallIntegerField(default=1)
    is_delivered = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("provider's message reference")
        verbose_name_plural = _("providers' message references")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "account", "provider_id"], name="provider_ref_once"
            )
        ]
        indexes = [
            models.Index(fields=["tid"], name="provider_ref_tid"),
            models.Index(fields=["created_at"], name="provider_ref_age"),
            # A watermark means all that was sent to a customer before.
            models.Index(
                fields=["app_id", "address", "-created_at"],
                condition=~models.Q(app_id=NIL),
                name="provider_ref_sent",
            ),
        ]

    def __str__(self) -> str:
        return self.provider_id


class ProviderReceipt(models.Model):
    """A provider's receipt as it came in, waiting until its message is found; then deleted.

    One without ``provider_id`` is about all that was sent to ``address`` until it came.
    """

    id = models.BigAutoField(primary_key=True)
    channel = models.CharField(max_length=10)
    account = models.CharField(max_length=64)
    provider_id = models.CharField(max_length=255)
    app_id = models.UUIDField(default=NIL, db_default=NIL)
    address = models.CharField(max_length=128, blank=True, default="", db_default="")
    kind = models.SmallIntegerField(choices=Receipt.Kind.choices)
    code = models.SmallIntegerField(default=0)
    reason = models.TextField(default="")
    detail = models.JSONField(default=dict)
    received_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.SmallIntegerField(default=0)

    class Meta:
        verbose_name = _("provider's waiting receipt")
        verbose_name_plural = _("providers' waiting receipts")
        indexes = [models.Index(fields=["due_at"], name="provider_receipt_due")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.provider_id or self.address}"

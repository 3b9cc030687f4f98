"""The message log: messages and the attempts to send them.

``Message`` and ``Attempt`` are range-partitioned by id (see ``partitions.py``), so no foreign
key points at them and theirs are not enforced by the database.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Organization
from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.models.threads import Thread
from imiconnect.rtm.outcomes import SUBMITTED
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.querysets import MessageQuerySet, OwnedQuerySet
from imiconnect.sharing.models import Service


class Channel(models.TextChoices):
    """The media of the message log; a channel type names the one that it serves."""

    RT = "rt", _("Live chat / In-app")
    PUSH = "push", _("Push")
    SMS = "sms", _("SMS")
    VOICE = "voice", _("Voice")
    FB = "fb", _("Facebook")
    TWITTER = "twitter", _("Twitter")
    WECHAT = "wechat", _("WeChat")
    APPLE = "apple", _("Apple Business Chat")


class Message(models.Model):
    """A message of the log, MT (to a customer) or MO (from one); partitioned by id.

    The id is the ``tid``; messages of one request share a ``transid`` and the millisecond in
    their ids (``protocol/ids.py``). ``payload`` is the normalized content. What processors
    search by is in ``OpenMessage``, so that a change of state here touches no index.
    """

    class Direction(models.IntegerChoices):
        """Which way a message goes."""

        MT = 0, _("To customer (MT)")
        MO = 1, _("From customer (MO)")

    STATES: ClassVar[list[tuple[int, Any]]] = [
        (int(State.QUEUED), _("Queued")),
        (int(State.SUBMITTED), _("Submitted")),
        (int(State.DELIVERED), _("Delivered")),
        (int(State.READ), _("Read")),
        (int(State.FAILED), _("Failed")),
        (int(State.EXPIRED), _("Expired")),
        (int(State.RECEIVED), _("Received")),
    ]

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    transid = models.UUIDField()
    organization = models.ForeignKey(
        Organization,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    service = models.ForeignKey(
        Service,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    app = models.ForeignKey(
        App,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    thread = models.ForeignKey(
        Thread,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    channel = models.CharField(max_length=10, choices=Channel.choices)
    direction = models.SmallIntegerField(
        choices=Direction.choices, default=Direction.MT, db_default=0
    )
    #: The customer's address on the channel: for RTM, the user ID; empty when the destination
    #: named has none (``payload["to"]`` holds what was named, unless it is the address).
    address = models.CharField(max_length=128)
    address_type = models.CharField(max_length=20, default="userid", db_default="userid")
    #: The device that sent an MO, or that first confirmed an MT.
    device_id = models.CharField(max_length=128, default="", db_default="")
    correlation_id = models.CharField(max_length=100, default="", db_default="")
    callback_data = models.TextField(default="", db_default="")
    notify_url = models.TextField(default="", db_default="")
    priority = models.SmallIntegerField(default=2, db_default=2)
    state = models.SmallIntegerField(choices=STATES, default=int(State.QUEUED), db_default=0)
    #: The documented code of the latest outcome (7501 submitted, 7500 delivered, ...), or 0.
    code = models.SmallIntegerField(default=0, db_default=0)
    reason = models.TextField(default="", db_default="")
    payload = models.JSONField(default=dict)
    attempts = models.SmallIntegerField(default=0, db_default=0)
    #: Set with the states failed and expired; the index of what went wrong is on this column.
    is_failed = models.BooleanField(default=False, db_default=False)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    #: When the first try began, where the broker took it: that try has no row of ``Attempt``.
    tried_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def addressee(self) -> str:
        """Return the customer's address, or what was named where that has none."""
        return self.address or str(self.payload.get("to") or "")

    @property
    def first_try(self) -> "Attempt | None":
        """Return the first try where the broker took it, which is not stored as a row."""
        if self.tried_at is None:
            return None
        return Attempt(
            id=self.pk,
            message_id=self.pk,
            organization_id=self.organization_id,
            number=1,
            route=Attempt.BROKER,
            started_at=self.tried_at,
            finished_at=self.submitted_at,
            succeeded=True,
            code=SUBMITTED,
        )


class Attempt(models.Model):
    """One try to hand a message to the broker or a provider; partitioned by id.

    A first try that the broker took is in its message alone (``Message.tried_at``): that is
    nearly every try there is.
    """

    #: The route of tries that go to the MQTT broker.
    BROKER = "mqtt"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message_id = models.UUIDField()
    organization = models.ForeignKey(
        Organization,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    number = models.SmallIntegerField()
    #: What took it: ``mqtt``, or the slug of a channel type.
    route = models.CharField(max_length=30)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    succeeded = models.BooleanField(default=False)
    code = models.SmallIntegerField(default=0)
    reason = models.TextField(default="")
    detail = models.JSONField(default=dict)

    objects: ClassVar[Any] = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{self.number} of {self.message_id}"


class IdempotencyKey(models.Model):
    """The answer already given to a request, so that the same request gets it again."""

    id = models.BigAutoField(primary_key=True)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    body_digest = models.BinaryField()
    transid = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [
            models.UniqueConstraint(fields=["service", "key"], name="idempotency_key_once")
        ]
        indexes = [
            models.Index(fields=["created_at"], name="idempotency_key_age"),
            models.Index(fields=["transid"], name="idempotency_key_transid"),
        ]

    def __str__(self) -> str:
        return self.key

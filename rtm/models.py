"""Rows of the gateway: customers, devices, threads, messages, receipts and callbacks.

``Message`` and ``Attempt`` are range-partitioned by id (see ``partitions.py``), so no foreign
key points at them and theirs are not enforced by the database.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Organization
from imiconnect.apps.models import App
from imiconnect.identity import Identified, uuid7
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.querysets import (
    AppOwnedQuerySet,
    CallbackQuerySet,
    MessageQuerySet,
    OwnedQuerySet,
)
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


class Customer(Identified):
    """A master profile: the end customer of an organization, by the organization's own id."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="customers"
    )
    customer_id = models.CharField(_("customer ID"), max_length=100)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "customer_id"], name="customer_id_once"
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="customer_newest")]

    def __str__(self) -> str:
        return self.customer_id


class ProfileBatch(Identified):
    """The result of one asynchronous call of the Profile API, found by its transid (the id)."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    result = models.JSONField(default=dict)


class Device(Identified):
    """One installation of an app, registered for a user: the app profile of the RTM channel.

    ``session_epoch`` grows with each connection, so that a late "disconnected" of an older
    connection changes nothing.
    """

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="devices")
    customer = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, blank=True, related_name="devices"
    )
    user_id = models.CharField(_("user ID"), max_length=128)
    device_id = models.CharField(_("device ID"), max_length=128)
    is_guest = models.BooleanField(_("guest"), default=False)
    platform = models.CharField(_("platform"), max_length=20, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    push_id = models.CharField(max_length=4096, blank=True)
    access_token_digest = models.CharField(  # noqa: DJ001 - unique where set
        max_length=64, unique=True, null=True, editable=False
    )
    refresh_token_digest = models.CharField(  # noqa: DJ001 - unique where set
        max_length=64, unique=True, null=True, editable=False
    )
    token_expires_at = models.DateTimeField(null=True, blank=True)
    is_connected = models.BooleanField(_("connected"), default=False)
    session_epoch = models.BigIntegerField(default=0)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    unregistered_at = models.DateTimeField(_("unregistered"), null=True, blank=True)

    objects: ClassVar[Any] = AppOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        constraints = [
            models.UniqueConstraint(fields=["app", "user_id", "device_id"], name="device_once"),
        ]
        indexes = [models.Index(fields=["app", "-id"], name="device_newest")]

    def __str__(self) -> str:
        return f"{self.user_id}/{self.device_id}"


class Stream(Identified):
    """A conversation stream: routes messages from customers to a service."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="streams"
    )
    name = models.CharField(_("name"), max_length=100)

    objects: ClassVar[Any] = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("stream")
        verbose_name_plural = _("streams")
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="stream_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class Thread(Identified):
    """A conversation (two-way) or an announcement (one-way) with one user of an app."""

    class Type(models.TextChoices):
        """Whether the customer may answer."""

        CONVERSATION = "Conversation", _("Conversation")
        ANNOUNCEMENT = "Announcement", _("Announcement")

    class Status(models.TextChoices):
        """Publishing to a closed thread opens it again."""

        ACTIVE = "Active", _("Active")
        CLOSED = "Closed", _("Closed")

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="threads")
    service = models.ForeignKey(
        Service, on_delete=models.SET_NULL, null=True, blank=True, related_name="threads"
    )
    stream = models.ForeignKey(
        Stream, on_delete=models.SET_NULL, null=True, blank=True, related_name="threads"
    )
    #: Empty for a thread made by a server for any user.
    user_id = models.CharField(_("user ID"), max_length=128, blank=True)
    type = models.CharField(
        _("type"), max_length=12, choices=Type.choices, default=Type.CONVERSATION
    )
    status = models.CharField(
        _("status"), max_length=6, choices=Status.choices, default=Status.ACTIVE
    )
    title = models.CharField(_("title"), max_length=200, blank=True)
    category = models.CharField(_("category"), max_length=100, blank=True)
    external_id = models.CharField(_("external ID"), max_length=100, blank=True)
    extras = models.JSONField(default=dict, blank=True)
    #: The one thread per user and stream that takes messages which name none.
    is_default = models.BooleanField(default=False)
    updated_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = AppOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("thread")
        verbose_name_plural = _("threads")
        constraints = [
            models.UniqueConstraint(
                fields=["app", "user_id", "stream"],
                condition=models.Q(is_default=True),
                nulls_distinct=False,
                name="thread_one_default",
            ),
        ]
        indexes = [
            models.Index(fields=["app", "user_id", "-updated_at"], name="thread_of_user")
        ]

    def __str__(self) -> str:
        return self.title or str(self.id)


class Message(models.Model):
    """A message of the log, MT (to a customer) or MO (from one); partitioned by id.

    The id is the ``tid``; messages of one request share a ``transid``. ``payload`` is the
    normalized content. ``due_at`` says when a processor looks at a queued message again; a
    processor that has claimed it puts it a lease ahead.
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
    direction = models.SmallIntegerField(choices=Direction.choices, default=Direction.MT)
    #: The customer's address on the channel: for RTM, the user ID.
    address = models.CharField(max_length=128)
    address_type = models.CharField(max_length=20, default="userid")
    #: The device that sent an MO, or that first confirmed an MT.
    device_id = models.CharField(max_length=128, default="")
    correlation_id = models.CharField(max_length=100, default="")
    callback_data = models.TextField(default="")
    notify_url = models.TextField(default="")
    priority = models.SmallIntegerField(default=2)
    state = models.SmallIntegerField(choices=STATES, default=int(State.QUEUED))
    #: The documented code of the latest outcome (7501 submitted, 7500 delivered, ...), or 0.
    code = models.SmallIntegerField(default=0)
    reason = models.TextField(default="")
    payload = models.JSONField(default=dict)
    attempts = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
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


class Attempt(models.Model):
    """One try to hand a message to the broker or a provider; partitioned by id."""

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
        indexes = [
            models.Index(fields=["due_at"], name="receipt_due"),
            models.Index(fields=["tid"], name="receipt_tid"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.tid}"


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
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_age")]

    def __str__(self) -> str:
        return self.key


class Callback(Identified):
    """A notification to the customer's server: a receipt (DR) or an incoming message (MO).

    The row is the outbox: written with the change it tells of, sent and retried by the
    callback sender, replayed by hand. ``id`` is the webhook id that receivers de-duplicate by.
    """

    class Kind(models.TextChoices):
        """What it tells of."""

        DR = "dr", _("Receipt")
        MO = "mo", _("Incoming message")

    class State(models.TextChoices):
        """Where the delivery is."""

        PENDING = "pending", _("Pending")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="callbacks")
    message_id = models.UUIDField(null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=2, choices=Kind.choices)
    event = models.CharField(_("event"), max_length=20)
    url = models.TextField(_("URL"))
    body = models.TextField(_("body"))
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.PENDING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(
        _("next attempt"), default=timezone.now, null=True, blank=True
    )
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects: ClassVar[Any] = CallbackQuerySet.as_manager()

    class Meta:
        verbose_name = _("callback")
        verbose_name_plural = _("callbacks")
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(state="pending"), name="callback_due"
            ),
            models.Index(fields=["message_id"], name="callback_of_message"),
            models.Index(fields=["organization", "-id"], name="callback_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.message_id}"


class CallbackAttempt(Identified):
    """One try to deliver a callback."""

    callback = models.ForeignKey(Callback, on_delete=models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField(_("number"))
    status_code = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    duration_ms = models.PositiveIntegerField(_("duration (ms)"), default=0)
    response = models.TextField(_("beginning of the answer"), blank=True)

    class Meta:
        verbose_name = _("callback attempt")
        verbose_name_plural = _("callback attempts")
        indexes = [models.Index(fields=["callback", "number"], name="callback_attempt_number")]

    def __str__(self) -> str:
        return f"{self.number}: {self.status_code or self.error}"

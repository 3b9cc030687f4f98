"""Conversation streams and threads."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Organization
from imiconnect.apps.models import App
from imiconnect.identity import Identified
from imiconnect.rtm.models.topics import Topic
from imiconnect.rtm.querysets import OwnedQuerySet, ThreadQuerySet
from imiconnect.sharing.models import Service


class Stream(Identified):
    """A conversation stream: routes messages from customers to a service."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="streams"
    )
    name = models.CharField(_("name"), max_length=100)
    #: Every agent sees every conversation of the stream, whoever answers it.
    is_shared = models.BooleanField(_("shared by all agents"), default=False)

    objects: ClassVar[Any] = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("stream")
        verbose_name_plural = _("streams")
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="stream_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class ServiceStream(models.Model):
    """The one stream of a service; a stream may be that of many services."""

    service = models.OneToOneField(
        Service, on_delete=models.CASCADE, primary_key=True, related_name="stream_use"
    )
    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="uses")

    class Meta:
        verbose_name = _("stream of a service")
        verbose_name_plural = _("streams of services")

    def __str__(self) -> str:
        return f"{self.service}: {self.stream}"


class Thread(Identified):
    """A conversation (two-way) or an announcement (one-way) of an app.

    It is with one user, with the subscribers of a topic, or, without either, with anybody.
    """

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
    #: Empty for a thread of a topic, and for one made by a server for any user.
    user_id = models.CharField(_("user ID"), max_length=128, blank=True)
    topic = models.ForeignKey(
        Topic, on_delete=models.CASCADE, null=True, blank=True, related_name="threads"
    )
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
    #: The one thread per user or topic, and stream, that takes messages which name none.
    is_default = models.BooleanField(default=False)
    updated_at = models.DateTimeField(default=timezone.now)
    #: Since when the customer waits for an agent: set by what they say, or when an agent gives
    #: the conversation back; gone once an agent has answered. A service's messages leave it.
    waits_since = models.DateTimeField(_("waits since"), null=True, blank=True)

    objects: ClassVar[Any] = ThreadQuerySet.as_manager()

    class Meta:
        verbose_name = _("thread")
        verbose_name_plural = _("threads")
        constraints = [
            models.UniqueConstraint(
                fields=["app", "user_id", "stream", "topic"],
                condition=models.Q(is_default=True),
                nulls_distinct=False,
                name="thread_one_default",
            ),
            models.CheckConstraint(
                condition=models.Q(topic__isnull=True) | models.Q(user_id=""),
                name="thread_of_topic_or_user",
            ),
        ]
        indexes = [
            # Without the time of the latest change: each message changes it, and a user has
            # few threads to sort.
            models.Index(fields=["app", "user_id"], name="thread_by_user"),
            models.Index(
                fields=["app", "waits_since"],
                condition=models.Q(status="Active", waits_since__isnull=False),
                name="thread_waits",
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.id)

"""Topics that users subscribe to, and segments: groups of users that are named."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.models import App
from imiconnect.identity import Identified
from imiconnect.rtm.querysets import AppOwnedQuerySet

if TYPE_CHECKING:
    from imiconnect.accounts.models import Member


class StandingTopics(models.Manager[Any]):
    """Topics that are not being deleted."""

    def get_queryset(self) -> AppOwnedQuerySet:
        """Return them."""
        return AppOwnedQuerySet(self.model, using=self._db).filter(deleted_at=None)

    def visible_to(self, member: "Member") -> AppOwnedQuerySet:
        """Return those of the apps that the person may see."""
        return self.get_queryset().visible_to(member)


class Topic(Identified):
    """A subject of an app: what is sent to it goes to all its subscribers.

    One that is deleted stays as a row that ``every`` alone finds, until its subscriptions are
    gone (``topics.finish_deletions``); its name is free at once.
    """

    class Access(models.TextChoices):
        """What a subscribed user may do (facts/imiconnect.md, section 17)."""

        READ_WRITE = "ReadWrite", _("Read and write")
        READ = "Read", _("Read")
        WRITE = "Write", _("Write")

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="topics")
    #: A word of an expression: no spaces, none of the signs of set operations.
    name = models.CharField(_("name"), max_length=100)
    title = models.CharField(_("title"), max_length=200, blank=True)
    description = models.CharField(_("description"), max_length=500, blank=True)
    group = models.CharField(_("group"), max_length=100, blank=True)
    access = models.CharField(
        _("access level"), max_length=9, choices=Access.choices, default=Access.READ_WRITE
    )
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)

    objects: ClassVar[Any] = StandingTopics()
    every: ClassVar[Any] = models.Manager()

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        constraints = [
            models.UniqueConstraint(
                "app",
                Lower("name"),
                condition=models.Q(deleted_at__isnull=True),
                name="topic_name_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["deleted_at"],
                condition=models.Q(deleted_at__isnull=False),
                name="topic_deleted",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """A user who takes part in a topic."""

    id = models.BigAutoField(primary_key=True)
    topic = models.ForeignKey(
        Topic, on_delete=models.CASCADE, related_name="subscriptions", db_index=False
    )
    user_id = models.CharField(_("user ID"), max_length=128)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            models.UniqueConstraint(fields=["topic", "user_id"], name="subscription_once"),
        ]
        indexes = [models.Index(fields=["user_id"], name="subscription_of_user")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.topic_id}"


class Segment(Identified):
    """A group of users with a name: an expression over topics, or a list of users."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="segments")
    name = models.CharField(_("name"), max_length=100)
    #: As it was written; empty for a list of users.
    criteria = models.CharField(_("criteria"), max_length=1000, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = AppOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        constraints = [
            models.UniqueConstraint("app", Lower("name"), name="segment_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class SegmentUser(models.Model):
    """A user of a segment that is a list."""

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(
        Segment, on_delete=models.CASCADE, related_name="users", db_index=False
    )
    user_id = models.CharField(_("user ID"), max_length=128)

    class Meta:
        verbose_name = _("user of a segment")
        verbose_name_plural = _("users of segments")
        constraints = [
            models.UniqueConstraint(fields=["segment", "user_id"], name="segment_user_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.segment_id}"

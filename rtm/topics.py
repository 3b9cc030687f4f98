"""Writes of topics and of who is subscribed to them."""

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect import locks
from imiconnect.apps.models import App
from imiconnect.audit.services import record
from imiconnect.rtm.models import Subscription, Thread, Topic
from imiconnect.rtm.nudge import say
from imiconnect.rtm.protocol import expressions
from imiconnect.rtm.protocol.topics import name_problem
from imiconnect.rtm.sql import cursor

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: What may be changed of a topic.
EDITABLE = frozenset({"title", "description", "group", "access"})
#: How many users one call may subscribe.
MAX_USERS = 1000
#: The task that takes the subscriptions of deleted topics.
DELETE_TASK = "rtm.delete_topics"
#: Subscriptions that go in one transaction.
BATCH = 5000

# Who deletes a topic waits for those who subscribe; who comes later finds it deleted.
_HOLD = "SELECT 1 FROM rtm_topic WHERE id = %b AND deleted_at IS NULL FOR KEY SHARE"
_SUBSCRIBE = """
INSERT INTO rtm_subscription (topic_id, user_id, created_at)
SELECT %b, u.user_id, now() FROM unnest(%b::text[]) u (user_id) ORDER BY u.user_id
ON CONFLICT DO NOTHING
"""
_UNSUBSCRIBE = """
DELETE FROM rtm_subscription WHERE id = ANY(ARRAY(
  SELECT id FROM rtm_subscription WHERE topic_id = %b LIMIT %b))
"""


class NameTaken(ValidationError):
    """The app has a topic or segment of this name."""


def with_subscribers(topics: "QuerySet[Any]") -> "QuerySet[Any]":
    """Add how many subscribers topics have, as ``subscribers``.

    They are counted topic by topic, so that a page costs no more than the topics on it.
    """
    of_each = Subscription.objects.filter(topic=OuterRef("pk")).order_by().values("topic")
    counted = Subquery(of_each.annotate(count=Count("pk")).values("count"))
    found: QuerySet[Any] = topics.annotate(subscribers=Coalesce(counted, 0))
    return found


@transaction.atomic
def create_topic(*, app: App, name: str, **fields: Any) -> Topic:
    """Make a topic; ``fields`` are those of ``EDITABLE``.

    Raises ``NameTaken``, and ``ValidationError`` by field.
    """
    topic = Topic(app=app, name=checked_name(name), **_known(fields))
    topic.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            topic.save(force_insert=True)
    except IntegrityError:
        sentence = _("The app has a topic with this name already.")
        raise NameTaken({"name": [sentence]}) from None
    record("topic.created", topic, organization_id=app.organization_id)
    return topic


@transaction.atomic
def update_topic(*, topic: Topic, **changes: Any) -> Topic:
    """Change fields of ``EDITABLE``; the others keep their values."""
    locked = _locked(topic)
    before = {name: getattr(locked, name) for name in _known(changes)}
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.full_clean(validate_constraints=False)
    if before != changes:
        locked.save(update_fields=[*changes, "updated_at"])
        organization = topic.app.organization_id
        record(
            "topic.changed", locked, organization_id=organization, before=before, after=changes
        )
    return locked


@transaction.atomic
def delete_topic(*, topic: Topic) -> None:
    """Delete a topic and its threads; the log keeps what was sent. Raises ``locks.Gone``.

    From the commit on nobody finds it, its name is free, and what is on its way to it fails
    for the subscribers who are still to come (``fanout.py``). Its subscriptions, of which there
    may be a million, follow in batches (``finish_deletions``).
    """
    locked = _locked(topic)
    record("topic.deleted", topic, organization_id=topic.app.organization_id)
    Thread.objects.filter(topic=locked).delete()
    locked.deleted_at = timezone.now()
    locked.save(update_fields=["deleted_at"])
    transaction.on_commit(lambda: say(DELETE_TASK, queue="default"))


def finish_deletions(*, limit: int = BATCH) -> int:
    """Delete the subscriptions of deleted topics, and then those; return how many went.

    Each batch is a transaction: whoever is called after a crash goes on behind it.
    """
    deleted = Topic.every.exclude(deleted_at=None).order_by("deleted_at", "pk")
    return sum(_finish(key, limit) for key in list(deleted.values_list("pk", flat=True)))


def _finish(key: uuid.UUID, limit: int) -> int:
    total = 0
    while True:
        with transaction.atomic():
            rows = Topic.every.select_for_update(skip_locked=True)
            topic = rows.filter(pk=key).first()
            if topic is None:
                return total
            with cursor() as own:
                own.execute(_UNSUBSCRIBE, [key, limit])
                gone = int(own.rowcount)
            if not gone:
                topic.delete()
        total += gone


@transaction.atomic
def subscribe(*, topic: Topic, user_ids: Iterable[str]) -> int:
    """Subscribe users and return how many were not.

    Raises ``ValidationError``, and ``locks.Gone`` for a topic that is deleted meanwhile.
    """
    users = checked_users(user_ids)
    with cursor() as own:
        own.execute(_HOLD, [topic.pk])
        if own.fetchone() is None:
            raise _gone()
        own.execute(_SUBSCRIBE, [topic.pk, users])
        return own.rowcount


def unsubscribe(*, topic: Topic, user_ids: Iterable[str]) -> int:
    """End subscriptions and return how many there were."""
    gone, _rows = Subscription.objects.filter(topic=topic, user_id__in=list(user_ids)).delete()
    return gone


def checked_users(user_ids: Iterable[str]) -> list[str]:
    """Return each user id once; raises ``ValidationError`` for ids that nobody can have."""
    users = list(dict.fromkeys(user_ids))
    if len(users) > MAX_USERS:
        sentence = _("Name at most 1,000 users at once.")
        raise ValidationError({"user_ids": [sentence]})
    for user in users:
        if problem := name_problem(user):
            sentence = _("The user ID “%(user)s” %(problem)s.")
            words = {"user": user[:50], "problem": problem}
            raise ValidationError({"user_ids": ValidationError(sentence, params=words)})
    return users


def checked_name(name: str) -> str:
    """Return a name for a topic or segment; raises ``ValidationError``."""
    name = name.strip()
    if problem := expressions.name_problem(name):
        sentence = _("The name %(problem)s.") % {"problem": problem}
        raise ValidationError({"name": [sentence]})
    return name


def _locked(topic: Topic) -> Topic:
    """Lock a topic; raises ``locks.Gone`` for one that is deleted."""
    locked = locks.locked(topic)
    if locked.deleted_at:
        raise _gone()
    return locked


def _gone() -> locks.Gone:
    return locks.Gone(_("This topic has been deleted meanwhile."))


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    unknown = fields.keys() - EDITABLE
    if unknown:
        raise TypeError(f"unknown fields {sorted(unknown)}")
    return fields

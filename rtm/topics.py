"""Writes of topics and of who is subscribed to them."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from imiconnect import locks
from imiconnect.apps.models import App
from imiconnect.audit.services import record
from imiconnect.rtm.models import Subscription, Topic
from imiconnect.rtm.protocol import expressions
from imiconnect.rtm.protocol.topics import name_problem
from imiconnect.rtm.sql import cursor

#: What may be changed of a topic.
EDITABLE = frozenset({"title", "description", "group", "access"})
#: How many users one call may subscribe.
MAX_USERS = 1000

# A subscription of a topic that is being deleted waits for that and then fails on its key.
_SUBSCRIBE = """
INSERT INTO rtm_subscription (topic_id, user_id, created_at)
SELECT %b, u.user_id, now() FROM unnest(%b::text[]) u (user_id) ORDER BY u.user_id
ON CONFLICT DO NOTHING
"""


class NameTaken(ValidationError):
    """The app has a topic or segment of this name."""


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
    locked = locks.locked(topic)
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
    """Delete a topic with its subscriptions and threads; the log keeps what was sent.

    What is on its way to it fails for the subscribers who are still to come (``fanout.py``).
    """
    record("topic.deleted", topic, organization_id=topic.app.organization_id)
    topic.delete()


@transaction.atomic
def subscribe(*, topic: Topic, user_ids: Iterable[str]) -> int:
    """Subscribe users and return how many were not; raises ``ValidationError``."""
    with cursor() as own:
        own.execute(_SUBSCRIBE, [topic.pk, checked_users(user_ids)])
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


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    unknown = fields.keys() - EDITABLE
    if unknown:
        raise TypeError(f"unknown fields {sorted(unknown)}")
    return fields

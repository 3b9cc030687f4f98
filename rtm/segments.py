"""Writes of segments: lists of users, and expressions over topics."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from imiconnect import locks
from imiconnect.apps.models import App
from imiconnect.audit.services import record
from imiconnect.rtm.audience import NoSuchName, plan_of_topics
from imiconnect.rtm.models import Segment
from imiconnect.rtm.protocol.expressions import WrongExpression
from imiconnect.rtm.sql import cursor
from imiconnect.rtm.topics import NameTaken, checked_name, checked_users

#: How many users of a list a page shows; a longer list is changed through the API.
SHOWN_USERS = 1000

_ADD = """
INSERT INTO rtm_segmentuser (segment_id, user_id)
SELECT %b, u.user_id FROM unnest(%b::text[]) u (user_id) ORDER BY u.user_id
ON CONFLICT DO NOTHING
"""


@transaction.atomic
def create_segment(
    *, app: App, name: str, criteria: str = "", user_ids: Iterable[str] = ()
) -> Segment:
    """Make a segment: of ``criteria`` over the app's topics, or a list of users.

    Raises ``NameTaken``, and ``ValidationError`` by field.
    """
    users = checked_users(user_ids)
    segment = Segment(app=app, name=checked_name(name), criteria=criteria.strip())
    _check(app, segment.criteria, users)
    try:
        with transaction.atomic():
            segment.save(force_insert=True)
    except IntegrityError:
        sentence = _("The app has a segment with this name already.")
        raise NameTaken({"name": [sentence]}) from None
    _add(segment, users)
    record("segment.created", segment, organization_id=app.organization_id)
    return segment


@transaction.atomic
def update_segment(
    *,
    segment: Segment,
    name: str | None = None,
    criteria: str | None = None,
    user_ids: Iterable[str] | None = None,
) -> Segment:
    """Change name or contents; new ``user_ids`` replace the list, None leaves it."""
    app = segment.app
    locked = locks.locked(segment)
    before = {"name": locked.name, "criteria": locked.criteria}
    if name is not None:
        locked.name = checked_name(name)
    if criteria is not None:
        locked.criteria = criteria.strip()
    users = None if user_ids is None else checked_users(user_ids)
    kept = locked.users.exists() if users is None else bool(users)
    _check(app, locked.criteria, kept)
    try:
        with transaction.atomic():
            locked.save(update_fields=["name", "criteria", "updated_at"])
    except IntegrityError:
        sentence = _("The app has a segment with this name already.")
        raise NameTaken({"name": [sentence]}) from None
    if users is not None:
        locked.users.all().delete()
        _add(locked, users)
    after = {"name": locked.name, "criteria": locked.criteria}
    record(
        "segment.changed",
        locked,
        organization_id=app.organization_id,
        before=before,
        after=after if users is None else after | {"users": len(users)},
    )
    return locked


@transaction.atomic
def add_users(*, segment: Segment, user_ids: Iterable[str]) -> int:
    """Add users to a segment that is a list; return how many were not in it."""
    users = checked_users(user_ids)
    _check(segment.app, segment.criteria, users)
    return _add(segment, users)


@transaction.atomic
def delete_segment(*, segment: Segment) -> None:
    """Delete a segment."""
    record("segment.deleted", segment, organization_id=segment.app.organization_id)
    segment.delete()


def _check(app: App, criteria: str, users: object) -> None:
    if criteria and users:
        sentence = _("A segment is a list of users or an expression over topics, not both.")
        raise ValidationError({"criteria": [sentence]})
    if not criteria:
        return
    try:
        plan_of_topics(app.pk, criteria)
    except (WrongExpression, NoSuchName) as error:
        raise ValidationError({"criteria": [str(error)]}) from None


def _add(segment: Segment, users: list[str]) -> int:
    with cursor() as own:
        own.execute(_ADD, [segment.pk, users])
        return own.rowcount

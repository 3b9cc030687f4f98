"""Who sees which conversation: the one rule of the desk, the log, timelines, exports and REST.

A conversation that an agent has taken is theirs. Others see it and what was said in it only
where they are let in as guests, where all agents share its stream, or as Admins. A conversation
that nobody has taken is there for everybody who sees its app and its service.

Figures count it for the whole level (``MessageQuerySet.at_level``): they tell nothing of it.
"""

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, QuerySet

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role

if TYPE_CHECKING:
    from imiconnect.rtm.models import Assignment


def kept_from(member: Member) -> "QuerySet[Assignment]":
    """Return the assignments of conversations that a person does not see."""
    from imiconnect.rtm.models import Assignment, ThreadGuest

    if member.role == Role.ADMIN:
        return Assignment.objects.none()
    others = Assignment.objects.exclude(agent=member).exclude(thread__stream__is_shared=True)
    let_in = ThreadGuest.objects.filter(agent=member, thread=OuterRef("thread_id"))
    return others.exclude(Exists(let_in))


def seen_by(rows: "QuerySet[Any]", member: Member, thread: str = "thread_id") -> Any:
    """Return the rows without those in conversations that a person does not see.

    ``thread`` is the field that names the conversation; rows without one stay.
    """
    if member.role == Role.ADMIN:
        return rows
    return rows.exclude(Exists(kept_from(member).filter(thread=OuterRef(thread))))


def callbacks_seen_by(rows: "QuerySet[Any]", member: Member) -> Any:
    """Return the callbacks without those that tell of what a person does not see."""
    from imiconnect.rtm.models import Callback, Message

    if member.role == Role.ADMIN:
        return rows
    hidden = Message.objects.filter(
        pk=OuterRef("message_id"), thread__in=kept_from(member).values("thread")
    )
    # What tells of typing names no message: only Admins, who see all conversations, see it.
    return rows.exclude(Exists(hidden)).exclude(kind=Callback.Kind.TYPING)

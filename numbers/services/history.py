"""Changing a number's state: guarded, with a line of history and an audit entry."""

from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Act
from imiconnect.audit.services import origin, record
from imiconnect.console.words import Words
from imiconnect.numbers.kinds import NEXT, Kind
from imiconnect.numbers.models import Number, NumberEvent
from imiconnect.numbers.ports import Blocker, answers
from imiconnect.numbers.text import fold_word, folded, search_grams, skeleton


class Blocked(Exception):
    """Something cannot be released; ``blockers`` says why, each with where to change it."""

    def __init__(self, blockers: list[Blocker]) -> None:
        """Keep the reasons."""
        super().__init__("; ".join(str(blocker.text) for blocker in blockers))
        self.blockers = blockers


def may_manage(member: Member) -> None:
    """Raise ``PermissionDenied`` unless the person may get and release numbers."""
    if not member.can(Act.MANAGE_NUMBERS):
        raise PermissionDenied


def own(member: Member, number: Number) -> None:
    """Raise ``PermissionDenied`` unless the person may act on this number."""
    may_manage(member)
    if number.organization_id != member.organization_id:
        raise PermissionDenied


def derived(kind: str, value: str) -> dict[str, Any]:
    """Return the columns that follow from a number's value."""
    compared = fold_word(value) if kind == Kind.KEYWORD else folded(value)
    return {
        "value": value,
        "folded": compared,
        "skeleton": skeleton(value) if kind in (Kind.KEYWORD, Kind.SENDER_ID) else "",
        "grams": search_grams(compared),
    }


def create(*, member: Member, kind: str, value: str, text: Words, **fields: Any) -> Number:
    """Insert a number of the person's organization with its first line of history.

    Call it inside a transaction. Raises ``IntegrityError`` where a constraint refuses.
    """
    number: Number = Number.objects.create(
        organization_id=member.organization_id,
        kind=kind,
        created_by_id=member.user_id,
        **derived(kind, value),
        **fields,
    )
    tell(number, text)
    record(f"{kind}.requested", number, after={"value": value, "state": number.state})
    return number


def tell(number: Number, text: Words) -> NumberEvent:
    """Write a line of history in the number's present state."""
    actor = origin.get().user
    return NumberEvent.objects.create(
        number=number,
        state=number.state,
        text=str(text)[:500],
        actor_name=str(actor) if actor is not None and actor.pk else "",
    )


@transaction.atomic
def move(number: Number, to: str, text: Words, *, reason: str = "", **fields: Any) -> bool:
    """Bring a number into a state, if it is in one that this may follow.

    One conditional UPDATE decides; False tells that another request was first. ``fields``
    are set with it. The object in hand is brought up to date.
    """
    sources = [state for state, following in NEXT.items() if to in following]
    before = number.state
    changed = Number.objects.filter(pk=number.pk, state__in=sources).update(
        state=to, reason=reason[:500], **fields
    )
    number.refresh_from_db()
    if not changed:
        return False
    tell(number, text)
    record(
        f"{number.kind}.{to}",
        number,
        before={"state": before},
        after={"state": to, **({"reason": reason} if reason else {})},
    )
    for changed_port in answers.changed:
        transaction.on_commit(partial(changed_port, number), robust=True)
    return True


def moved(number: Number, to: str, text: Words, **more: Any) -> None:
    """As ``move``; raises ``ValidationError`` when the state does not allow it any more."""
    if not move(number, to, text, **more):
        raise ValidationError(
            _("%(number)s is %(state)s now, so this cannot be done any more."),
            params={"number": str(number), "state": number.get_state_display().lower()},
        )

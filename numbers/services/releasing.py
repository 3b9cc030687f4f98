"""Giving a number back: its own act, with seven days in which it can be undone.

``release_number`` and then ``finish_releases`` are the only way in which a number becomes
free; nothing else ever releases one.
"""

import datetime as dt
import logging

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from imiconnect import locks
from imiconnect.accounts.models import Member
from imiconnect.numbers.carriers import registry
from imiconnect.numbers.carriers.base import CarrierError
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import Number, PhoneLine, ShortCode
from imiconnect.numbers.ports import Blocker, answers, uses_of
from imiconnect.numbers.services import history, senders
from imiconnect.numbers.text import folded

log = logging.getLogger(__name__)
QUARANTINE = dt.timedelta(days=7)


def release_blockers(number: Number) -> list[Blocker]:
    """Return why a number cannot be released now; empty when it can."""
    found = [blocker for find in answers.blockers for blocker in find(number)]
    for use in uses_of(number, None):
        text = _("The service %(name)s uses it. Remove it there first.") % {"name": use.name}
        found.append(Blocker(text, use.url))
    if number.kind in (Kind.PHONE_NUMBER, Kind.SHORT_CODE):
        found.extend(_two_way_senders(number))
    if number.kind == Kind.SHORT_CODE and number.is_dedicated and number.short_code_id:
        found.extend(_keywords(number))
    return found


def _two_way_senders(number: Number) -> list[Blocker]:
    live = Number.objects.live().exclude(state=State.RELEASING)
    rows = live.filter(
        organization=number.organization_id, kind=Kind.SENDER_ID, folded=number.folded
    )
    if number.kind == Kind.SHORT_CODE:
        rows = rows.filter(country=number.country_id)
    return [
        Blocker(_("It is a Sender ID too. Release the Sender ID first."), url(row))
        for row in rows[:1]
    ]


def _keywords(number: Number) -> list[Blocker]:
    live = Number.objects.live().exclude(state=State.RELEASING)
    rows = live.filter(kind=Kind.KEYWORD, short_code=number.short_code_id)
    return [
        Blocker(_("The keyword %s stands on it. Release the keyword first.") % row, url(row))
        for row in rows[:5]
    ]


def url(number: Number) -> str:
    """Return the address of a number's manage page."""
    from django.urls import reverse

    return reverse("numbers:manage", args=[number.pk])


def is_typed_right(number: Number, typed: str) -> bool:
    """Tell whether a person typed this number; spaces, dashes and case do not count."""
    return bool(typed.strip()) and folded(typed) == folded(number.value)


@transaction.atomic
def release_number(*, member: Member, number: Number, typed: str) -> dt.datetime:
    """Begin a release and return until when it can be undone.

    Raises ``Blocked`` while something uses the number, and ``ValidationError`` when it was
    typed wrong or is not active.
    """
    history.own(member, number)
    locked = locks.locked(number)
    if not is_typed_right(locked, typed):
        raise ValidationError({"name": [_("Type the number as it is shown.")]})
    blockers = release_blockers(locked)
    if blockers:
        raise history.Blocked(blockers)
    until = timezone.now() + QUARANTINE
    history.moved(locked, State.RELEASING, _("Release begun"), quarantine_until=until)
    number.refresh_from_db()
    return until


@transaction.atomic
def undo_release(*, member: Member, number: Number) -> None:
    """Keep the number after all.

    Raises ``ValidationError`` when the seven days are over, and when the number or code that
    it stands on was given up in the meantime.
    """
    history.own(member, number)
    if number.quarantine_until is None or number.quarantine_until <= timezone.now():
        raise ValidationError(_("The seven days are over; the number is being given back."))
    if not _stands(number):
        raise ValidationError(
            _("The number or short code behind it is not active. Undo its release first.")
        )
    history.moved(number, State.ACTIVE, _("Release undone"), quarantine_until=None)


def _stands(number: Number) -> bool:
    """Tell whether what a keyword or a numeric Sender ID stands on is active; it is locked."""
    if number.kind == Kind.KEYWORD:
        code = number.short_code
        assert code is not None  # noqa: S101 - a constraint asks for it
        own = Q(kind=Kind.SHORT_CODE, short_code=code)
        return code.is_active and (code.is_shared or senders.is_kept(number, own))
    if number.kind == Kind.SENDER_ID and number.is_two_way:
        return senders.is_kept(number, senders.behind(number.folded, number.country_id))
    return True


def finish_releases(limit: int = 100) -> int:
    """Give back every number whose seven days are over; return how many.

    The carrier is told first, outside a transaction: telling it twice does no harm, and a
    crash in between leaves the number in ``releasing``, to be taken up again.
    """
    due = Number.objects.filter(state=State.RELEASING, quarantine_until__lte=timezone.now())
    return sum(_finish(number) for number in due.order_by("quarantine_until")[:limit])


def _finish(number: Number) -> bool:
    line = PhoneLine.objects.filter(number=number).first()
    try:
        if line:
            registry.get(line.carrier).release(number.value, line.carrier_reference)
    except CarrierError:
        log.exception("The carrier did not take back %s", number.pk)
        return False
    with transaction.atomic():
        done = history.move(number, State.RELEASED, _("Released"), quarantine_until=None)
        is_code = number.kind == Kind.SHORT_CODE and number.is_dedicated
        if done and is_code and number.short_code_id:
            ShortCode.objects.filter(pk=number.short_code_id).update(is_active=False)
    return done

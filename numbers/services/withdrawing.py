"""Taking a request back that support has not decided; whoever is first wins."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from imiconnect import locks
from imiconnect.accounts.models import Member
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import Number
from imiconnect.numbers.services import history, mailing, short_codes

#: What support decides; a phone number is bought, and its order goes on by itself.
_ASKED_FOR = (Kind.SENDER_ID, Kind.KEYWORD, Kind.SHORT_CODE)


def may_be_withdrawn(number: Number) -> bool:
    """Tell whether a number is a request that waits for a decision."""
    waits = number.state in (State.PENDING, State.VERIFYING)
    return waits and number.kind in _ASKED_FOR


@transaction.atomic
def withdraw(*, member: Member, number: Number) -> None:
    """Take back a request for a Sender ID, keyword or short code.

    Whoever may manage the organization's numbers can; the one who had asked is told by mail
    if it was somebody else, and support if operators are verifying the code. Raises
    ``ValidationError`` where there is no request that waits, or not any more.
    """
    history.own(member, number)
    begun = locks.locked(number).state == State.VERIFYING
    if number.kind not in _ASKED_FOR:
        raise ValidationError(_("Only what waits for support can be withdrawn."))
    if number.kind == Kind.SHORT_CODE:
        short_codes.end_request(number, State.WITHDRAWN, _("The request was taken back"))
    else:
        history.moved(number, State.WITHDRAWN, _("The request was taken back"))
    mailing.tell_withdrawn(number, member)
    if begun:
        mailing.tell_support(number)

"""Short codes: asking support for one, verification with each operator, the code itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from imiconnect import locks
from imiconnect.accounts.models import Member, User
from imiconnect.numbers.kinds import Choice, Kind, State
from imiconnect.numbers.models import (
    Country,
    Number,
    OperatorVerification,
    ShortCode,
    ShortCodeFormat,
    ShortCodeRequest,
)
from imiconnect.numbers.numbering import working_day_after
from imiconnect.numbers.services import history, mailing

#: Lengths that are valid everywhere (the specification), beside those of the country.
LENGTHS = frozenset({5, 7})
#: Verification with operators takes up to two working days (the specification).
WORKING_DAYS = 2
MAX_OPERATORS = 20
Result = OperatorVerification.Result


@dataclass(frozen=True)
class Wish:
    """What is asked for."""

    country: Country
    choice: str
    desired_code: str = ""
    is_dedicated: bool = True
    operators: Sequence[str] = ()
    monthly_volume: int = 0
    purpose: str = ""


def lengths_in(country: Country) -> list[int]:
    """Return the lengths that a short code may have in a country."""
    return lengths_of(ShortCodeFormat.objects.filter(country=country).first())


def lengths_of(known: ShortCodeFormat | None) -> list[int]:
    """Return the lengths that are valid everywhere and those of a country's format."""
    return sorted(LENGTHS | set(known.lengths if known else ()))


def in_words(lengths: Sequence[int]) -> str:
    """Return lengths as a sentence names them: 4, 5 or 7."""
    return get_text_list([str(length) for length in lengths], _("or"))


def checked_code(code: str, country: Country) -> str:
    """Return a code of digits; raises ``ValidationError`` at ``desired_code``."""
    digits = re.sub(r"[\s\-]", "", code)
    lengths = lengths_in(country)
    problem = ""
    if not digits:
        problem = _("Enter the desired short code.")
    elif not re.fullmatch(r"[0-9]+", digits):
        problem = _("Short code must have digits only.")
    elif len(digits) not in lengths:
        problem = _("Short code must have %(lengths)s digits in %(country)s.") % {
            "lengths": in_words(lengths),
            "country": country.name,
        }
    if problem:
        raise ValidationError({"desired_code": [problem]})
    return digits


def checked_operators(names: Sequence[str]) -> list[str]:
    """Return the operators once each; an empty list means all operators of the country."""
    kept = {" ".join(name.split()).casefold(): " ".join(name.split()) for name in names}
    kept.pop("", None)
    if len(kept) > MAX_OPERATORS:
        raise ValidationError({"operators": [_("Name 20 operators or fewer.")]})
    if any(len(name) > 80 for name in kept.values()):
        raise ValidationError(
            {"operators": [_("An operator's name must be 80 characters or fewer.")]}
        )
    return list(kept.values())


@transaction.atomic
def request_short_code(*, member: Member, wish: Wish) -> Number:
    """Ask support for a short code; raises ``ValidationError`` by field."""
    history.may_manage(member)
    if wish.choice not in Choice.values:
        raise ValidationError({"choice": [_("Select the short code type.")]})
    vanity = wish.choice == Choice.VANITY
    desired = checked_code(wish.desired_code, wish.country) if vanity else ""
    operators = checked_operators(wish.operators)
    if not wish.purpose.strip():
        raise ValidationError({"purpose": [_("Enter what the code is for.")]})
    number = history.create(
        member=member,
        kind=Kind.SHORT_CODE,
        value=desired,
        text=_("Requested from support"),
        state=State.PENDING,
        country=wish.country,
        is_dedicated=wish.is_dedicated,
    )
    ShortCodeRequest.objects.create(
        number=number,
        choice=wish.choice,
        desired_code=desired,
        is_dedicated=wish.is_dedicated,
        monthly_volume=wish.monthly_volume,
        purpose=wish.purpose.strip(),
    )
    OperatorVerification.objects.bulk_create(
        OperatorVerification(number=number, operator=name) for name in operators or [""]
    )
    return number


@transaction.atomic
def begin_verification(*, number: Number, code: str = "") -> None:
    """Send a code to its operators: the number is verifying, each check has a due date.

    ``code`` is needed where none was asked for. By support.
    """
    assert number.country is not None  # noqa: S101 - a short code has one
    # The number before its code, as everywhere, so that no two wait for one another.
    locks.locked(number)
    digits = checked_code(code or number.value, number.country)
    operators = ", ".join(check.operator for check in number.verifications.order_by("id"))
    due = working_day_after(timezone.now().date(), WORKING_DAYS, number.country_id or "")
    try:
        with transaction.atomic():
            history.moved(
                number,
                State.VERIFYING,
                _("In verification with the operators, until %s") % date_format(due, "l j M Y"),
                short_code=_code_for(number, digits, operators),
                **history.derived(Kind.SHORT_CODE, digits),
            )
    except IntegrityError:
        raise _taken(digits) from None
    number.verifications.filter(result=Result.WAITING).update(due_on=due)


def _code_for(number: Number, digits: str, operators: str) -> ShortCode:
    """Return the code's row: a shared one may exist, a dedicated one must be nobody's.

    It becomes a shared default code, on which keywords are given, once it is verified.
    """
    found, is_new = ShortCode.objects.in_use().get_or_create(
        country_id=str(number.country_id),
        code=digits,
        defaults={"operator": operators, "is_active": True},
    )
    code: ShortCode = found
    if is_new or (code.is_shared and not number.is_dedicated):
        return code
    others = code.numbers.live().exclude(pk=number.pk)
    if not number.is_dedicated:
        others = others.filter(is_dedicated=True)
    if code.is_shared or others.exists():
        raise _taken(digits)
    ShortCode.objects.filter(pk=code.pk).update(operator=operators)
    return code


def _taken(digits: str) -> ValidationError:
    return ValidationError({"desired_code": [_("%s has an owner already.") % digits]})


@transaction.atomic
def decide_verification(
    *, check: OperatorVerification, verified: bool, reason: str = "", by: User | None = None
) -> None:
    """Write what an operator said, once.

    When all have verified, the code is active; one refusal rejects the request. By support.
    """
    reason = reason.strip()
    if not verified and not reason:
        raise ValidationError({"reason": [_("Enter the reason; the requester reads it.")]})
    number: Number = Number.objects.select_for_update().get(pk=check.number_id)
    if number.state != State.VERIFYING:
        raise ValidationError(_("The code is not in verification."))
    decided = OperatorVerification.objects.filter(pk=check.pk, result=Result.WAITING).update(
        result=Result.VERIFIED if verified else Result.REFUSED,
        reason=reason,
        decided_at=timezone.now(),
        decided_by=by,
    )
    if not decided:
        raise ValidationError(_("This operator has answered already."))
    operator = check.operator or _("All operators")
    if not verified:
        reject(number=number, reason=f"{operator}: {reason}")
        return
    history.tell(number, _("Verified by %s") % operator)
    if not number.verifications.exclude(result=Result.VERIFIED).exists():
        history.moved(number, State.ACTIVE, _("Verified; the code can be used"))
        if number.short_code_id and not number.is_dedicated:
            ShortCode.objects.filter(pk=number.short_code_id).update(is_shared=True)
        mailing.tell_requester(number)


@transaction.atomic
def reject(*, number: Number, reason: str) -> None:
    """Refuse a short code with a reason that the requester reads; by support."""
    if not reason.strip():
        raise ValidationError({"reason": [_("Enter the reason; the requester reads it.")]})
    end_request(number, State.REJECTED, _("Rejected: %s") % reason, reason=reason)
    mailing.tell_requester(number)


@transaction.atomic
def end_request(number: Number, to: str, text: str, *, reason: str = "") -> None:
    """Bring a request to an end without a code.

    A code that it had is free, and operators who have not answered are waited for no more.
    """
    code = locks.locked(number).short_code
    history.moved(number, to, text, reason=reason, short_code=None)
    number.verifications.filter(result=Result.WAITING).update(result=Result.DROPPED)
    if code and not code.is_shared and not code.numbers.live().exists():
        ShortCode.objects.filter(pk=code.pk).update(is_active=False)

"""How pages name a number and say what it can do."""

from django.utils.translation import gettext as _

from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.models import Number
from imiconnect.numbers.numbering import pretty


def shown(number: Number) -> str:
    """Return a number as people read it; a keyword with its code."""
    if number.kind == Kind.PHONE_NUMBER:
        return pretty(number.value)
    if number.kind == Kind.KEYWORD and number.short_code:
        return f"{number.value} → {number.short_code.code}"
    return str(number)


def abilities(number: Number) -> list[str]:
    """Return what a number can do, a phrase each."""
    found = []
    if number.sms and number.is_two_way:
        found.append(_("sends and receives SMS"))
    elif number.sms:
        found.append(_("sends SMS, one-way"))
    if number.voice:
        found.append(_("makes and takes calls"))
    return found


def described(number: Number) -> str:
    """Return a number with its kind, its country and what it can do."""
    place = number.country.name if number.country else ""
    parts = [shown(number), number.get_kind_display(), place, *abilities(number)]
    return " · ".join(part for part in parts if part)

"""How pages name a number and say what it can do."""

from django.utils.translation import gettext as _

from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.models import Country, Number
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


def applied(country: Country) -> str:
    """Return what of a country's SMS rules is held against texts; empty for nothing."""
    days = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
    found = []
    for row in country.sms_hours.all():
        when = [days[day - 1] for day in row.days]
        span = when[0] if len(when) == 1 else f"{when[0]}–{when[-1]}"
        if len(when) == len(days):
            span = _("daily")
        hours = f"{row.opens:%H:%M}–{row.closes:%H:%M}"
        found.append(f"{row.get_covers_display()}: {span} {hours}")
    for rule in country.sms_content_rules.all():
        asked = f"{rule.get_kind_display()} {rule.value}".strip()
        found.append(f"{rule.get_covers_display()}: {asked}")
    return "; ".join(found)


def described(number: Number) -> str:
    """Return a number with its kind, its country and what it can do."""
    place = number.country.name if number.country else ""
    parts = [shown(number), number.get_kind_display(), place, *abilities(number)]
    return " · ".join(part for part in parts if part)

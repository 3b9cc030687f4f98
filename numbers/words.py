"""How pages name a number and say what it can do."""

import datetime as dt

from django.utils.translation import gettext as _

from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.models import Country, Number, SmsHours
from imiconnect.numbers.numbering import pretty
from imiconnect.public_holidays import next_holiday


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
    found = []
    for row in country.sms_hours.all():
        hours = f"{row.opens:%H:%M}–{row.closes:%H:%M}{_not_on_holidays(row)}"
        found.append(f"{row.get_covers_display()}: {_span(row.days)} {hours}")
    for rule in country.sms_content_rules.all():
        asked = f"{rule.get_kind_display()} {rule.value}".strip()
        found.append(f"{rule.get_covers_display()}: {asked}")
    return "; ".join(found)


def _span(days: list[int]) -> str:
    """Return days of the week (1 is Monday) as people write them."""
    names = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
    if len(days) == len(names):
        return _("daily")
    when = [names[day - 1] for day in sorted(days)]
    in_a_row = max(days) - min(days) == len(days) - 1
    return f"{when[0]}–{when[-1]}" if in_a_row and len(days) > 2 else ", ".join(when)


def _not_on_holidays(row: SmsHours) -> str:
    """Return which holidays shut the hours, and when the next one is."""
    coming = next_holiday(row.holidays, dt.date.today()) if row.holidays else None
    if coming is None:
        return ""
    words = {"place": row.holidays, "day": coming[0], "name": coming[1]}
    text = _(", not on public holidays of %(place)s (next: %(day)s, %(name)s)")
    return text % words


def described(number: Number) -> str:
    """Return a number with its kind, its country and what it can do."""
    place = number.country.name if number.country else ""
    parts = [shown(number), number.get_kind_display(), place, *abilities(number)]
    return " · ".join(part for part in parts if part)

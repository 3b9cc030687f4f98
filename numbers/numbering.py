"""E.164 and national forms, by Google's metadata in ``phonenumbers``."""

import datetime as dt
import re
from functools import cache, lru_cache

import phonenumbers
from babel import Locale
from phonenumbers import PhoneMetadata, PhoneNumberFormat

from imiconnect.public_holidays import holiday_on

#: Where numbers are looked for by area code or city: those of Twilio's AreaCode.
AREAS = frozenset({"US", "CA"})
#: Digits of a national number at most (ITU-T E.164 with a calling code of one digit).
_LONGEST = 14
_FORMAT = phonenumbers.format_number


def parse(text: str, region: str | None = None) -> phonenumbers.PhoneNumber | None:
    """Return the number that ``text`` means, or None when no such number can exist."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def to_e164(text: str, region: str | None = None) -> str | None:
    """Return the E.164 form with plus sign, or None when it is no valid number."""
    number = parse(text, region)
    return _FORMAT(number, PhoneNumberFormat.E164) if number else None


def possible_e164(text: str) -> str | None:
    """Return the E.164 form of what is as long as a number there, assigned or not.

    For numbers to send to: operators assign new ranges before this metadata knows them, and
    the ranges for examples are never assigned.
    """
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return _FORMAT(number, PhoneNumberFormat.E164)


def likely_region(e164: str) -> str | None:
    """Return the country of a number, of an unassigned one the main one of its calling code."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return None
    known = phonenumbers.region_code_for_number(number)
    main = phonenumbers.region_code_for_country_code(number.country_code or 0)
    return known or (main if main not in ("001", "ZZ") else None)


@lru_cache(maxsize=10_000)
def pretty(e164: str) -> str:
    """Return the number in groups as people read it; what cannot be parsed stays."""
    try:
        number = _plainly_read(e164) or phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return _FORMAT(number, PhoneNumberFormat.INTERNATIONAL)


def _plainly_read(e164: str) -> phonenumbers.PhoneNumber | None:
    """Return what parsing makes of a text that is E.164 already; None where that takes a look.

    Parsing seeks extensions, letters and prefixes to dial, which cost a list as much as all
    the rest of its rows. A national part that begins with a zero, or with what may be the
    country's prefix to dial (8 in Russia, which toll-free numbers begin with), is left to it.
    """
    digits = e164[1:]
    if not (e164[:1] == "+" and digits.isascii() and digits.isdigit()) or digits[0] == "0":
        return None
    codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    end = next((end for end in (1, 2, 3) if int(digits[:end]) in codes), len(digits))
    code, national = int(digits[:end]), digits[end:]
    if not 2 <= len(national) <= _LONGEST or national[0] == "0":
        return None
    prefix = _prefix_to_dial(code)
    if prefix and prefix.match(national):
        return None
    return phonenumbers.PhoneNumber(country_code=code, national_number=int(national))


@cache
def _prefix_to_dial(code: int) -> re.Pattern[str] | None:
    region = phonenumbers.region_code_for_country_code(code)
    found = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    prefix = found.national_prefix_for_parsing if found else None
    return re.compile(prefix) if prefix else None


def national_digits(e164: str) -> str:
    """Return the digits after the calling code: what preferred digits are looked for in."""
    return phonenumbers.national_significant_number(phonenumbers.parse(e164))


def calling_code(iso2: str) -> int:
    """Return a country's calling code without plus sign, 0 where none is known."""
    return phonenumbers.country_code_for_region(iso2)


def region_of(e164: str) -> str | None:
    """Return the country of a number, or None where it belongs to none."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        return None


def working_day_after(start: dt.date, days: int, iso2: str) -> dt.date:
    """Return the day ``days`` working days after ``start``.

    The country's weekend (CLDR) and its public holidays are no working days.
    """
    locale = Locale.parse(f"und_{iso2}")
    first, last = locale.weekend_start, locale.weekend_end
    weekend = {day % 7 for day in range(first, last + 1 if last >= first else last + 8)}
    day = start
    while days:
        day += dt.timedelta(days=1)
        days -= day.weekday() not in weekend and not holiday_on(iso2, day)
    return day

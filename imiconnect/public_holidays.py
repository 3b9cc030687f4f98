"""Public holidays of countries and their parts, from the library ``holidays``."""

import datetime as dt
import re
from collections.abc import Mapping
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

#: In which language holidays are named, where the library has it; else that of the country.
_LANGUAGES = ("en_US", "en_GB")
_CODE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


def holiday_on(place: str, day: dt.date) -> str:
    """Return the name of the public holiday that ``day`` is in a place, empty for none.

    ``place`` is an ISO 3166 code: of a country (``FR``), whose holidays are those of all of
    it, or of a part of one (``FR-57``), which keeps the country's holidays and its own. Days
    off in place of a holiday on a weekend are holidays, where the law has such. Of a place
    that the library does not know no day is one.
    """
    return _of_year(place, day.year).get(day, "")


def next_holiday(place: str, day: dt.date) -> tuple[dt.date, str] | None:
    """Return the first public holiday from ``day`` on and its name; None for none known."""
    for year in (day.year, day.year + 1):
        rows = sorted(_of_year(place, year).items())
        found = next((row for row in rows if row[0] >= day), None)
        if found:
            return found
    return None


def check_place(place: str) -> None:
    """Raise ``ValidationError`` for a code of which no holidays are known."""
    if not _CODE.fullmatch(place) or not _calendar(place, dt.date.today().year):
        text = _("No public holidays are known of %s. Enter a code such as FR or FR-57.")
        raise ValidationError(text % place)


@lru_cache(maxsize=256)
def _of_year(place: str, year: int) -> Mapping[dt.date, str]:
    return _calendar(place, year)


def _calendar(place: str, year: int) -> Mapping[dt.date, str]:
    # Only when a calendar is wanted: no start of a process pays for the library.
    import holidays

    country, _dash, part = place.partition("-")
    try:
        known = holidays.country_holidays(country, subdiv=part or None)
        language = next(
            (name for name in _LANGUAGES if name in known.supported_languages), None
        )
        rows = holidays.country_holidays(
            country, subdiv=part or None, years=year, language=language
        )
    except NotImplementedError:
        return {}
    return dict(rows)

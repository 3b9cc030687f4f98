"""Times as people read them: in UTC, with the month's name, which no country misreads."""

from datetime import UTC, date, datetime
from functools import lru_cache

from django.utils.dates import MONTHS_3
from django.utils.translation import get_language


def written(value: datetime, *, seconds: bool = False) -> str:
    """Return an aware time in UTC as ``1 Feb 2026, 09:05``, on demand with its seconds.

    The same as Django's date format ``j M Y, H:i``, which reads its letters one by one for
    every cell of a list.
    """
    utc = value.astimezone(UTC)
    month = _month(utc.month, get_language())
    clock = f"{utc.hour:02}:{utc.minute:02}" + (f":{utc.second:02}" if seconds else "")
    return f"{utc.day} {month} {utc.year:04}, {clock}"


def day_written(value: date) -> str:
    """Return a day as ``1 Feb 2026``."""
    return f"{value.day} {_month(value.month, get_language())} {value.year:04}"


@lru_cache(maxsize=256)
def _month(month: int, language: str | None) -> str:
    return str(MONTHS_3[month]).title()

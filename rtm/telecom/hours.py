"""When a text may go out, in the hours of the person who gets it. Without I/O."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone as zones_of_numbers

#: How many days ahead a window is looked for: weeks in which every open day is a holiday too.
_DAYS = 31
#: How often zones are asked in turn for a moment that suits all of them.
_TURNS = 32


def _no_holiday(_day: dt.date) -> str:
    return ""


@dataclass(frozen=True)
class Window:
    """Hours of some days (1 is Monday) in which texts may go out.

    ``holiday`` names the public holiday that a day is, for which the window stays shut; empty
    for a day like others.
    """

    days: frozenset[int]
    opens: dt.time
    closes: dt.time
    holiday: Callable[[dt.date], str] = _no_holiday


@lru_cache(maxsize=65_536)
def zones_of(digits: str) -> tuple[str, ...]:
    """Return the time zones in which a number may be, by its area code where that tells.

    A mobile number of a country with several zones may be in any of them. The data is
    libphonenumber's; UTC where it knows nothing.
    """
    number = phonenumbers.parse(f"+{digits}")
    found: tuple[str, ...] = zones_of_numbers.time_zones_for_number(number)
    return tuple(zone for zone in found if zone != zones_of_numbers.UNKNOWN_TIMEZONE) or (
        "UTC",
    )


def next_open(
    windows: Sequence[Window], zones: Sequence[str], now: dt.datetime
) -> tuple[dt.datetime, str]:
    """Return the first moment from ``now`` on that is open in all zones, and the last zone.

    The zone is the one that the moment waits for. Where no moment suits all of them, as with
    toll-free numbers, the first zone alone decides; nothing waits for ever. ``windows`` must
    not be empty.
    """
    moment, waited_for = now, zones[0]
    for _turn in range(_TURNS):
        opens = [(_next_in(windows, ZoneInfo(zone), moment), zone) for zone in zones]
        latest, zone = max(opens)
        if latest == moment:
            break
        moment, waited_for = latest, zone
    else:
        moment = _next_in(windows, ZoneInfo(zones[0]), now)
        waited_for = zones[0]
    return moment, waited_for


def holidays_until(
    windows: Sequence[Window], zone: str, now: dt.datetime, moment: dt.datetime
) -> list[tuple[dt.date, str]]:
    """Return the public holidays that a wait from ``now`` to ``moment`` is for, with names.

    Those are the days that had hours left in which texts go out, were they no holidays.
    """
    clock = ZoneInfo(zone)
    first, last = (at.astimezone(clock).date() for at in (now, moment))
    found: dict[dt.date, str] = {}
    for ahead in range((last - first).days + 1):
        day = first + dt.timedelta(days=ahead)
        for window in windows:
            closes = dt.datetime.combine(day, window.closes, clock)
            if day.isoweekday() in window.days and now < closes.astimezone(dt.UTC):
                if name := window.holiday(day):
                    found[day] = name
    return list(found.items())


def _next_in(windows: Sequence[Window], zone: ZoneInfo, now: dt.datetime) -> dt.datetime:
    """Return ``now`` inside of a window, else when the next one opens."""
    today = now.astimezone(zone).date()
    found = []
    for ahead in range(_DAYS):
        day = today + dt.timedelta(days=ahead)
        for window in windows:
            if day.isoweekday() not in window.days or window.holiday(day):
                continue
            opens = dt.datetime.combine(day, window.opens, zone)
            closes = dt.datetime.combine(day, window.closes, zone)
            if now < closes.astimezone(dt.UTC):
                found.append(max(now, opens.astimezone(dt.UTC)))
        if found:
            break
    return min(found, default=now)

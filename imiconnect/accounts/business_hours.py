"""When the support staff of this platform work, and by when they will have answered."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings

_FRIDAY = 4


def business_time_after(start: dt.datetime, work: dt.timedelta) -> dt.datetime:
    """Return the moment when ``work`` of the support's open hours has passed since ``start``.

    Open are ``SUPPORT_OPENS`` to ``SUPPORT_CLOSES`` (hours of the day in
    ``SUPPORT_TIME_ZONE``) from Monday to Friday; public holidays are not known.
    """
    zone = ZoneInfo(settings.SUPPORT_TIME_ZONE)
    day, left = start.astimezone(zone).date(), work
    while True:
        opens, closes = (
            _at(day, hour, zone) for hour in (settings.SUPPORT_OPENS, settings.SUPPORT_CLOSES)
        )
        begins = max(start, opens)
        if day.weekday() <= _FRIDAY and begins < closes:
            if begins + left <= closes:
                return begins + left
            left -= closes - begins
        day += dt.timedelta(days=1)


def _at(day: dt.date, hour: int, zone: ZoneInfo) -> dt.datetime:
    """Return an hour of a day, 24 being the end of it, in UTC so that sums are of real time."""
    midnight = dt.datetime.combine(day + dt.timedelta(days=hour // 24), dt.time(), zone)
    return midnight.replace(hour=hour % 24).astimezone(dt.UTC)

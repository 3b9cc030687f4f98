"""When a text may go out: windows of the recipient's day, over zones, weekends and DST."""

import datetime as dt
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imiconnect.public_holidays import holiday_on
from imiconnect.rtm.telecom.hours import Window, holidays_until, next_open, zones_of

FRANCE = [Window(frozenset(range(1, 7)), dt.time(8), dt.time(22), partial(holiday_on, "FR"))]
CZECHIA = [Window(frozenset(range(1, 6)), dt.time(8), dt.time(18), partial(holiday_on, "CZ"))]
AMERICA = [Window(frozenset(range(1, 8)), dt.time(8), dt.time(21))]
PARIS = ("Europe/Paris",)
WIDE = ("Pacific/Guam", "America/New_York", "Europe/London")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("windows", "zones", "now", "opens"),
    [
        (FRANCE, PARIS, "2026-11-26T12:00", "2026-11-26T12:00"),
        (FRANCE, PARIS, "2026-11-26T21:00", "2026-11-27T07:00"),
        (FRANCE, PARIS, "2026-11-28T21:30", "2026-11-30T07:00"),
        (FRANCE, PARIS, "2026-03-29T05:30", "2026-03-30T06:00"),
        (FRANCE, PARIS, "2026-07-14T10:00", "2026-07-15T06:00"),
        (FRANCE, PARIS, "2027-03-27T21:30", "2027-03-30T06:00"),
        (CZECHIA, ("Europe/Prague",), "2026-12-23T18:00", "2026-12-28T07:00"),
        (AMERICA, ("America/New_York",), "2026-11-26T12:59", "2026-11-26T13:00"),
        (AMERICA, ("America/New_York", "America/Los_Angeles"), "2026-11-26T13:00",
         "2026-11-26T16:00"),
        (AMERICA, ("America/New_York", "America/Los_Angeles"), "2026-11-27T02:30",
         "2026-11-27T16:00"),
    ],
    ids=["open", "night", "Sunday", "clocks change", "14 July", "Easter Monday",
         "Czech Christmas", "a minute early", "both coasts",
         "late in the east"],
)  # fmt: skip
def test_a_text_goes_at_the_next_open_hour(
    windows: list[Window], zones: tuple[str, ...], now: str, opens: str
) -> None:
    assert next_open(windows, zones, at(now))[0] == at(opens)


@pytest.mark.parametrize(
    ("windows", "zone", "now", "holidays"),
    [
        (FRANCE, "Europe/Paris", "2026-07-14T10:00", {"2026-07-14": "National Day"}),
        (FRANCE, "Europe/Paris", "2026-07-14T20:30", {}),
        (FRANCE, "Europe/Paris", "2026-11-28T21:30", {}),
        (CZECHIA, "Europe/Prague", "2026-12-23T18:00",
         {"2026-12-24": "Christmas Eve", "2026-12-25": "Christmas Day"}),
    ],
    ids=["all day", "after its hours", "a Sunday", "two, and one on a Saturday"],
)  # fmt: skip
def test_a_wait_names_the_holidays_it_is_for(
    windows: list[Window], zone: str, now: str, holidays: dict[str, str]
) -> None:
    opens, _zone = next_open(windows, (zone,), at(now))
    found = holidays_until(windows, zone, at(now), opens)
    assert {str(day): name for day, name in found} == holidays


def test_the_zone_is_that_of_the_number() -> None:
    assert zones_of("33612345678") == PARIS
    assert zones_of("12125550100") == ("America/New_York",)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1), timezones=st.just(dt.UTC)),
    st.sets(st.integers(1, 7), min_size=1),
    st.sampled_from([PARIS, ("America/New_York", "America/Los_Angeles"), WIDE]),
)
def test_nothing_waits_into_the_past_or_for_more_than_a_week_and_a_day(
    now: dt.datetime, days: set[int], zones: tuple[str, ...]
) -> None:
    opens, zone = next_open([Window(frozenset(days), dt.time(9), dt.time(20))], zones, now)
    assert now <= opens <= now + dt.timedelta(days=9)
    assert zone in zones

"""Figures of the message log that stay quick at a million messages a day.

A figure by state cannot come from an index, since an index of states would be written with
every receipt. So the day is counted by the hour: the current hour from the rows, each earlier
one from the cache, where it stays a minute, and five once it is three hours old. Without the
cache every hour is counted anew, which takes half a second at a million rows
(docs/performance.md).
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Count, DateTimeField
from django.db.models.functions import TruncMinute

from imiconnect.accounts.models import Member
from imiconnect.console.charts import Chart, Series
from imiconnect.rtm.models import Message
from imiconnect.rtm.search import in_time

HOUR = dt.timedelta(hours=1)
MINUTES = 60
_YOUNG = 3 * HOUR
_TTL_YOUNG, _TTL_OLD = 60, 300  # seconds

#: How many messages, by channel and state.
Counts = Counter[tuple[str, int]]


@dataclass(frozen=True)
class Today:
    """The counts of a day; no part of them was counted before ``as_of``."""

    counts: Counts
    as_of: dt.datetime


def midnight(now: dt.datetime) -> dt.datetime:
    """Return the beginning of the day, in UTC."""
    return now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def counts_of_today(member: Member, now: dt.datetime) -> Today:
    """Return how many messages accepted today are in which state, for a person's level."""
    start = midnight(now)
    this_hour = now.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
    hours = [start + n * HOUR for n in range((this_hour - start) // HOUR)]
    keys = {hour: _key(member, hour) for hour in hours}
    known = cache.get_many(keys.values()) if keys else {}
    total, as_of = _counted(member, this_hour, None), now
    for hour, key in keys.items():
        kept = known.get(key)
        if kept is None:
            kept = now, list(_counted(member, hour, hour + HOUR).items())
            cache.set(key, kept, _TTL_YOUNG if now - hour < _YOUNG else _TTL_OLD)
        counted_at, counts = kept
        as_of = min(as_of, counted_at)
        total.update({tuple(name): count for name, count in counts})
    return Today(total, as_of)


def per_minute(
    member: Member, now: dt.datetime, title: Any, labels: dict[int, Any], url: str
) -> Chart:
    """Return the chart of messages accepted in each of the last full sixty minutes and now.

    ``labels`` names the lines by ``Message.Direction``.
    """
    last = now.astimezone(dt.UTC).replace(second=0, microsecond=0)
    first = last - (MINUTES - 1) * dt.timedelta(minutes=1)
    rows = (
        in_time(Message.objects.at_level(member), first, None)
        .order_by()
        .annotate(minute=TruncMinute("created_at", output_field=DateTimeField(), tzinfo=dt.UTC))
        .values_list("minute", "direction")
        .annotate(count=Count("id"))
    )
    found = {(minute, direction): count for minute, direction, count in rows}
    times = [first + n * dt.timedelta(minutes=1) for n in range(MINUTES)]
    series = [
        Series(label, [found.get((time, direction), 0) for time in times])
        for direction, label in labels.items()
    ]
    return Chart(
        title=title,
        summary=_summary(series),
        times=[int(time.timestamp()) for time in times],
        series=series,
        url=url,
    )


def _summary(series: list[Series]) -> str:
    from django.utils.translation import gettext

    parts = [f"{line.label}: {int(sum(line.values)):,}" for line in series]
    busiest = max((max(line.values) for line in series), default=0)
    sentence = gettext("In the last hour: {figures}. Busiest minute: {busiest}.")
    return sentence.format(figures=", ".join(parts), busiest=f"{int(busiest):,}")


def _counted(member: Member, since: dt.datetime, until: dt.datetime | None) -> Counts:
    messages = in_time(Message.objects.at_level(member), since, until).order_by()
    rows = messages.values_list("channel", "state").annotate(count=Count("id"))
    return Counter({(channel, state): count for channel, state, count in rows})


def _key(member: Member, hour: dt.datetime) -> str:
    level = member.team_id or member.group_id or member.organization_id
    return f"rtm-counts-at:{level}:{hour:%Y%m%d%H}"

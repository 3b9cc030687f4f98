"""Figures over time, for a drawn chart, its table and its one sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import JsonResponse

from imiconnect.console.words import Words


@dataclass(frozen=True)
class Series:
    """One line of a chart: a value for each point in time."""

    label: Words
    values: Sequence[float]


@dataclass(frozen=True)
class Row:
    """One line of the chart's table."""

    time: str
    values: list[float]


@dataclass(frozen=True)
class Chart:
    """A chart over time.

    ``times`` are seconds since 1970; ``url`` answers ``as_response`` and is asked again
    every ``every`` seconds; ``summary`` says in one sentence what the lines show.
    """

    title: Words
    summary: str
    times: Sequence[int]
    series: Sequence[Series]
    url: str
    every: int = 5

    @property
    def rows(self) -> list[Row]:
        """The table, newest first."""
        columns = [series.values for series in self.series]
        rows = [
            Row(f"{datetime.fromtimestamp(time, UTC):%H:%M}", list(values))
            for time, *values in zip(self.times, *columns, strict=True)
        ]
        return rows[::-1]

    def as_response(self) -> JsonResponse:
        """Return what the page's script asks for."""
        body: dict[str, Any] = {
            "summary": self.summary,
            "times": list(self.times),
            "series": [
                {"label": str(series.label), "values": list(series.values)}
                for series in self.series
            ],
        }
        return JsonResponse(body, headers={"Cache-Control": "no-store"})

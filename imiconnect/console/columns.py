"""The columns of a list, declared once for the table, the phone and the CSV file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from imiconnect.console.templatetags.console import moment, moment_ms, status_badge
from imiconnect.console.words import Words

TEXT, FIGURE, STATE, TIME, CODE = "text", "figure", "state", "time", "code"
#: A time with milliseconds.
EXACT = "exact"
Accessor = str | Callable[[Any], Any]


@dataclass(frozen=True)
class Column:
    """One column. ``accessor`` is a dotted path (``app.name``) or a function of the row.

    ``kind`` decides alignment and drawing; ``sort`` names the model's field (indexed, not
    null) that the column can be sorted by; ``draw`` draws the value otherwise than ``kind``.
    """

    slug: str
    label: Words
    accessor: Accessor = ""
    kind: str = TEXT
    href: Callable[[Any], str] | None = None
    sort: str = ""
    draw: Callable[[Any], SafeString] | None = None

    def value(self, row: Any) -> Any:
        """Return the plain value, as a CSV file holds it."""
        accessor = self.accessor or self.slug
        if callable(accessor):
            return accessor(row)
        value = row
        for name in accessor.split("."):
            value = getattr(value, name, None)
            value = value() if callable(value) else value
        return value


@dataclass(frozen=True)
class Cell:
    """One drawn cell."""

    column: Column
    html: str
    url: str = ""
    empty: bool = False

    def element(self) -> SafeString:
        """Draw the cell of a table: here, for a list has hundreds, and a template is slow."""
        return format_html(
            '<td role="cell" data-label="{}" class="cell-{}{}{}">{}</td>',
            self.column.label,
            self.column.kind,
            " num" if self.column.kind == FIGURE else "",
            " nothing" if self.empty else "",
            format_html('<a href="{}">{}</a>', self.url, self.html) if self.url else self.html,
        )


def cell(column: Column, row: Any) -> Cell:
    """Draw one column of one row; what is empty reads None and is hidden on a phone."""
    value = column.value(row)
    url = column.href(row) if column.href else ""
    if value is None or value == "":
        return Cell(column, gettext("None"), url, empty=True)
    drawn = column.draw(row) if column.draw else _html(column.kind, value, row)
    return Cell(column, drawn, url)


def _html(kind: str, value: Any, row: Any) -> SafeString | str:
    if kind == STATE:
        return status_badge(value, id=f"state-{row.pk}")
    if kind == TIME:
        return moment(value)
    if kind == EXACT:
        return moment_ms(value)
    if kind == FIGURE and isinstance(value, int):
        return f"{value:,}"
    return conditional_escape(value)

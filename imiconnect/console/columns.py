"""The columns of a list, declared once for the table, the phone and the CSV file.

Cells and rows are drawn here: a list has hundreds, and a template for each is slow.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import models
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from imiconnect.console.markup import escaped
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

    @cached_property
    def opening(self) -> tuple[str, str]:
        """The start of a cell of a table, as HTML; the second one is of a cell with nothing."""
        look = f"cell-{self.kind}" + (" num" if self.kind == FIGURE else "")
        start = f'<td role="cell" data-label="{escaped(self.label)}" class="{look}'
        return f'{start}">', f'{start} nothing">'

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


def choice(name: str, choices: type[models.Choices]) -> Callable[[Any], str]:
    """Return an accessor of the label of a field with choices.

    Django's ``get_..._display`` makes a dictionary of all choices for each row.
    """
    labels = dict(choices.choices)

    def label(row: Any) -> str:
        value = getattr(row, name)
        return str(labels.get(value, value))

    return label


@dataclass(slots=True)
class Cell:
    """One drawn cell."""

    column: Column
    html: str
    url: str = ""
    empty: bool = False

    @property
    def inner(self) -> str:
        """What stands in the cell, in its link where it has one, as HTML."""
        html = escaped(self.html)
        return f'<a href="{escaped(self.url)}">{html}</a>' if self.url else html

    @property
    def element(self) -> str:
        """The cell of a table, as HTML."""
        return f"{self.column.opening[self.empty]}{self.inner}</td>"


@dataclass(slots=True)
class Row:
    """A drawn row: the first cell is its name; ``may_pick`` gives it a tick for bulk acts."""

    object: Any
    name: Cell
    cells: list[Cell]
    manage_url: str
    id: str
    may_pick: bool = False

    def element(self) -> SafeString:
        """Draw the row of a table."""
        name, cells = self.name.inner, "".join(cell.element for cell in self.cells)
        return SafeString(
            f'<tr role="row" id="{escaped(self.id)}">{self._tick()}'
            f'<th role="rowheader" scope="row" class="name">{name}</th>'
            f"{cells}{self._button()}</tr>"
        )

    def _tick(self) -> str:
        if not self.may_pick:
            return ""
        label = gettext("Select %(name)s") % {"name": escaped(self.name.html)}
        return (
            '<td role="cell" class="pick"><input type="checkbox" class="form-check-input"'
            f' name="ids" value="{escaped(str(self.object.pk))}" aria-label="{label}"></td>'
        )

    def _button(self) -> str:
        if not self.manage_url:
            return ""
        hidden = f'<span class="visually-hidden"> {escaped(self.name.html)}</span>'
        return (
            f'<td role="cell" class="manage"><a class="btn btn-sm"'
            f' href="{escaped(self.manage_url)}">{escaped(gettext("MANAGE"))}{hidden}</a></td>'
        )


def cell(column: Column, row: Any) -> Cell:
    """Draw one column of one row; what is empty reads None and is hidden on a phone."""
    value = column.value(row)
    url = column.href(row) if column.href else ""
    if value is None or value == "":
        return Cell(column, gettext("None"), url, empty=True)
    drawn = column.draw(row) if column.draw else _html(column.kind, value, row)
    return Cell(column, drawn, url)


def _html(kind: str, value: Any, row: Any) -> str:
    if kind == STATE:
        return status_badge(value, id=f"state-{row.pk}")
    if kind == TIME:
        return moment(value)
    if kind == EXACT:
        return moment_ms(value)
    if kind == FIGURE and isinstance(value, int):
        return f"{value:,}"
    return escaped(value)

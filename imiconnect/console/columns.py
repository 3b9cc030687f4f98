"""The columns of a list, declared once for the table, the phone and the CSV file.

Cells and rows are drawn here: a list has hundreds, and a template for each is slow.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from django.db import models
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from imiconnect.console.markup import escaped
from imiconnect.console.templatetags.console import icon, moment, moment_ms, status_badge
from imiconnect.console.times import day_written
from imiconnect.console.words import Words

TEXT, FIGURE, STATE, TIME, CODE = "text", "figure", "state", "time", "code"
#: A time with milliseconds.
EXACT = "exact"
#: A day without a time.
DAY = "day"
#: What people write, and names of others' making: as long as they like, without a space.
LONG, ID = "long", "id"
Accessor = str | Callable[[Any], Any]


@dataclass(frozen=True, eq=False)
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
    def value(self) -> Callable[[Any], Any]:
        """A function of the row: the plain value, as a CSV file holds it."""
        accessor = self.accessor or self.slug
        return accessor if callable(accessor) else _reader(accessor)

    def drawn(self, row: Any) -> str:
        """Return the value as HTML; an empty text where there is none."""
        value = self.value(row)
        if value is None or value == "":
            return ""
        return escaped(self.draw(row)) if self.draw else self._drawer(value, row)

    def linked(self, html: str, row: Any) -> str:
        """Return the drawn value in the link of the column, where it has one."""
        url = self.href(row) if self.href else ""
        return f'<a href="{escaped(url)}">{html}</a>' if url else html

    def element(self, row: Any) -> str:
        """Draw the cell of a table; one with nothing reads None, and is hidden on a phone."""
        html = self.drawn(row)
        start = self._opening[not html]
        html = html or self.none
        return f"{start}{self.linked(html, row) if self.href else html}</td>"

    @cached_property
    def _opening(self) -> tuple[str, str]:
        """The start of a cell; the second one is of a cell with nothing."""
        look = f"cell-{self.kind}" + (" num" if self.kind == FIGURE else "")
        start = f'<td role="cell" data-label="{escaped(self.label)}" class="{look}'
        return f'{start}">', f'{start} nothing">'

    @cached_property
    def none(self) -> str:
        """What a cell reads that has nothing."""
        return escaped(gettext("None"))

    @cached_property
    def _drawer(self) -> Callable[[Any, Any], str]:
        return _DRAWERS.get(self.kind, _text)

    @cached_property
    def manage(self) -> str:
        """The word of the button of a row; of the first column, which is its name."""
        return escaped(gettext("MANAGE"))


def _reader(path: str) -> Callable[[Any], Any]:
    names = path.split(".")

    def read(row: Any) -> Any:
        value = row
        for name in names:
            value = getattr(value, name, None)
            value = value() if callable(value) else value
        return value

    return read


@lru_cache(maxsize=256)
def in_language(columns: tuple[Column, ...], language: str | None) -> tuple[Column, ...]:
    """Return columns with their words looked up, for the language at hand: once a process."""
    return tuple(replace(column, label=str(column.label)) for column in columns)


def choice(name: str, choices: type[models.Choices]) -> Callable[[Any], str]:
    """Return an accessor of the label of a field with choices.

    Django's ``get_..._display`` makes a dictionary of all choices for each row.
    """
    labels = dict(choices.choices)

    def label(row: Any) -> str:
        value = getattr(row, name)
        return str(labels.get(value, value))

    return label


def head_of(columns: Sequence[Column], sort: str, link: Callable[[str], str]) -> SafeString:
    """Draw the heads of columns.

    ``sort`` is what the list is sorted by, ``link`` returns the address of it sorted so.
    """
    return SafeString("".join([_head(column, sort, link) for column in columns]))


def _head(column: Column, sort: str, link: Callable[[str], str]) -> str:
    start = '<th role="columnheader" scope="col"' + (' class="num"' * (column.kind == FIGURE))
    label: str = escaped(column.label)
    by = column.sort
    if not by:
        return f"{start}>{label}</th>"
    if sort == by:
        marked, label, by = ' aria-sort="ascending"', f"{label} {icon('arrow-up')}", f"-{by}"
    elif sort[1:] == by:
        marked, label = ' aria-sort="descending"', f"{label} {icon('arrow-down')}"
    else:
        marked = ""
    return f'{start}{marked}><a href="{escaped(link(by))}">{label}</a></th>'


@dataclass(slots=True)
class Row:
    """A drawn row; ``element`` is the row of a table, as HTML."""

    object: Any
    manage_url: str
    element: SafeString


def row_of(
    columns: Sequence[Column], row: Any, *, id: str, manage_url: str, may_pick: bool
) -> Row:
    """Draw a row; the first column is its name, ``may_pick`` gives it a tick for bulk acts."""
    first = columns[0]
    name = first.drawn(row) or first.none
    cells = "".join([column.element(row) for column in columns[1:]])
    tick = _tick(row, name) if may_pick else ""
    button = _button(manage_url, first.manage, name) if manage_url else ""
    element = (
        f'<tr role="row" id="{escaped(id)}">{tick}<th role="rowheader" scope="row"'
        f' class="name">{first.linked(name, row)}</th>{cells}{button}</tr>'
    )
    return Row(row, manage_url, SafeString(element))


def _tick(row: Any, name: str) -> str:
    label = gettext("Select %(name)s") % {"name": name}
    return (
        '<td role="cell" class="pick"><input type="checkbox" class="form-check-input"'
        f' name="ids" value="{escaped(str(row.pk))}" aria-label="{label}"></td>'
    )


def _button(url: str, word: str, name: str) -> str:
    hidden = f'<span class="visually-hidden"> {name}</span>'
    return (
        '<td role="cell" class="manage"><a class="btn btn-sm"'
        f' href="{escaped(url)}">{word}{hidden}</a></td>'
    )


def _text(value: Any, row: Any) -> str:
    return escaped(value)


def _figure(value: Any, row: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else escaped(value)


_DRAWERS: dict[str, Callable[[Any, Any], str]] = {
    STATE: lambda value, row: status_badge(value, id=f"state-{row.pk}"),
    TIME: lambda value, row: moment(value),
    EXACT: lambda value, row: moment_ms(value),
    DAY: lambda value, row: day_written(value),
    FIGURE: _figure,
}

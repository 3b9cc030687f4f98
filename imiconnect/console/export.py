"""Lists as CSV files, streamed, safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone

from imiconnect.console.columns import Column

#: A spreadsheet runs a cell that begins with one of these (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    def write(self, line: str) -> str:
        return line


def csv_response(
    name: str, columns: Sequence[Column], rows: Iterable[Any]
) -> StreamingHttpResponse:
    """Return ``rows`` as a download ``name-<date>.csv``; pass ``queryset.iterator()``."""
    response = StreamingHttpResponse(
        _lines(columns, rows), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = (
        f'attachment; filename="{name}-{timezone.now():%Y-%m-%d}.csv"'
    )
    return response


def _lines(columns: Sequence[Column], rows: Iterable[Any]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"  # Excel reads UTF-8 only with it.
    yield writer.writerow([str(column.label) for column in columns])
    for row in rows:
        yield writer.writerow([_plain(column.value(row)) for column in columns])


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(timezone.get_default_timezone()).isoformat(
            timespec="milliseconds"
        )
    text = str(value)
    is_formula = text.startswith(_FORMULA) and not isinstance(value, (int, float))
    return f"'{text}" if is_formula else text

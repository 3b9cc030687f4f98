"""Keyset paging: Older and Newer cost the same on the first page and on the millionth."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)
BEFORE, AFTER = "older", "newer"


@dataclass(frozen=True)
class Page(Generic[M]):
    """One page of rows in display order; a cursor is empty where there is no such page."""

    rows: list[M]
    older: str
    newer: str


def page_of(
    queryset: QuerySet[M], order: tuple[str, ...], size: int, cursor: str = ""
) -> Page[M]:
    """Return one page of ``queryset``.

    ``order`` names one or two fields of the model, not null, with ``-`` for descending and
    the last one unique, for example ``("-created", "-id")``. A cursor that cannot be read
    gives the first page.
    """
    direction, values = _decode(cursor, queryset.model, order)
    backwards = direction == AFTER
    effective = tuple(_flip(name) for name in order) if backwards else order
    rows = queryset.order_by(*effective)
    if values:
        rows = rows.filter(_beyond(effective, values))
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    return Page(
        rows=found,
        older=_encode(BEFORE, found[-1], order) if found and (more or backwards) else "",
        newer=_encode(AFTER, found[0], order)
        if found and (more if backwards else values)
        else "",
    )


def newer_than(page: Page[M], order: tuple[str, ...]) -> str:
    """Return the cursor of what is newer than the page's first row; empty without rows."""
    return _encode(AFTER, page.rows[0], order) if page.rows else ""


def _flip(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(order: tuple[str, ...], values: list[Any]) -> Q:
    first, lookup = order[0].lstrip("-"), "lt" if order[0].startswith("-") else "gt"
    if len(order) == 1:
        return Q(**{f"{first}__{lookup}": values[0]})
    # The plain bound on the first field lets the index find the start of the range.
    bound = Q(**{f"{first}__{lookup}e": values[0]})
    return bound & (Q(**{f"{first}__{lookup}": values[0]}) | _beyond(order[1:], values[1:]))


def _encode(direction: str, row: Model, order: tuple[str, ...]) -> str:
    values = [getattr(row, name.lstrip("-")) for name in order]
    text = json.dumps([direction, *values], cls=_Exact)
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, model: type[Model], order: tuple[str, ...]) -> tuple[str, list[Any]]:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        direction, *raw = json.loads(text)
        fields = [model._meta.get_field(name.lstrip("-")) for name in order]
        values = [field.to_python(value) for field, value in zip(fields, raw, strict=True)]  # type: ignore[union-attr]
    except (ValueError, TypeError, ValidationError, FieldDoesNotExist):
        return BEFORE, []
    if direction not in (BEFORE, AFTER) or None in values:
        return BEFORE, []
    return direction, values


class _Exact(DjangoJSONEncoder):
    """Django's encoder cuts microseconds, which would repeat or skip rows."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)

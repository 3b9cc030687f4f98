"""Recorded values as lines to read: lists, dictionaries, times and switches in words."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext

from imiconnect.console.times import written

#: How a record of a field reads, by the name of the field; ``None`` leaves it to ``lines_of``.
#: The packages above bind theirs in their ``ready()``.
tellers: dict[str, Callable[[Mapping[str, Any]], str | None]] = {}

_A_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


def name_of(field: str) -> str:
    """Return the name of a recorded field as a label: ``include_teams`` is "Include teams"."""
    words = field.replace("_", " ").replace(".", ": ").strip()
    words = re.sub(r"\bid\b", "ID", words)
    return words[:1].upper() + words[1:]


def lines_of(value: object, field: str = "") -> list[str]:
    """Return a recorded value as lines: one for each item of a list or dictionary.

    What is nested deeper is written behind its name, "State: live; Reason: paid". Nothing
    (``None``, an empty text or list) gives no line; ``False`` and 0 are something.
    """
    if isinstance(value, Mapping):
        teller = tellers.get(field)
        told = teller(value) if teller else None
        return [told] if told else [_named(name, one) for name, one in value.items()]
    if isinstance(value, (list, tuple)):
        return [_one(item, field) for item in value]
    return [] if value is None or value == "" else [_one(value, field)]


def _named(name: object, value: object) -> str:
    return f"{name_of(str(name))}: {_one(value, str(name))}"


def _one(value: object, field: str) -> str:
    if isinstance(value, (Mapping, list, tuple)):
        return "; ".join(lines_of(value, field)) or gettext("None")
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if value is None or value == "":
        return gettext("None")
    text = str(value)
    return moment_of(text) or text


def moment_of(text: str) -> str:
    """Return a recorded ISO 8601 time in UTC with minutes; empty for any other text."""
    try:
        found = parse_datetime(text) if _A_TIME.match(text) else None
    except ValueError:  # it has the shape of a time, as "2026-02-31T10:00"
        found = None
    if found is None or found.tzinfo is None:
        return ""
    return f"{written(found)} UTC"

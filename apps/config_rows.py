"""The configuration of an app as rows of a summary."""

from collections.abc import Mapping
from typing import Any

from imiconnect.console.summary import SummaryRow
from imiconnect.console.words import Words


def rows_of(
    config: Mapping[str, Any],
    labels: Mapping[str, Words],
    words: Mapping[str, Mapping[str, Words]],
) -> list[SummaryRow]:
    """Return a row for each label; ``words`` tells values of a field that need it."""
    return [
        SummaryRow(label, _told(config.get(name), words.get(name, {})))
        for name, label in labels.items()
    ]


def _told(value: Any, words: Mapping[str, Words]) -> str:
    values = value if isinstance(value, list) else [value]
    return ", ".join(str(words.get(str(item)) or _word(str(item))) for item in values if item)


def _word(text: str) -> str:
    """Begin a word with a capital; an id stays as it is, for it is copied from here."""
    return text[:1].upper() + text[1:] if text.isalpha() else text

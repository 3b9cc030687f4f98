"""What was answered, as rows of a ``dl``: label, value, and a link to change it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.forms import BoundField, Form, PasswordInput
from django.utils.translation import gettext

from imiconnect.console.words import Words


@dataclass(frozen=True)
class SummaryRow:
    """One row; without ``change_url`` the group's link serves."""

    label: Words
    value: Words
    change_url: str = ""


def form_rows(form: Form, *, without: Collection[str] = ()) -> list[SummaryRow]:
    """Return a row for each field of a valid form; secrets are dots, nothing is None.

    ``without`` are names of fields that say nothing here.
    """
    return [
        SummaryRow(field.label, _shown(field, form.cleaned_data.get(field.name)))
        for field in form.visible_fields()
        if field.name not in without
    ]


def _shown(field: BoundField, value: Any) -> str:
    if isinstance(field.field.widget, PasswordInput):
        return "••••••••"
    if value is True or value is False:
        return gettext("Yes") if value else gettext("No")
    choices = dict(_flat(getattr(field.field, "choices", ())))
    values = value if isinstance(value, (list, tuple)) else [value]
    words = [
        str(choices.get(str(item), choices.get(item, item)))
        for item in values
        if item not in (None, "")
    ]
    return ", ".join(words) or gettext("None")


def _flat(choices: Any) -> list[tuple[Any, Any]]:
    flat: list[tuple[Any, Any]] = []
    for value, label in choices:
        flat.extend(_flat(label) if isinstance(label, (list, tuple)) else [(str(value), label)])
    return flat

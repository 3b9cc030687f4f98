"""Forms and their fields drawn in Python: label, hint, what is wrong, and the control.

A page of settings has dozens of fields, and a template for each took half of its time.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms import BoundField
from django.forms.widgets import CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from imiconnect.console.markup import escaped


def form_fields(context: Mapping[str, Any]) -> str:
    """Draw a whole form, its fields one below the other; the box of errors is not of it."""
    groups = (field.as_field_group() for field, _errors in context["fields"])
    return "".join((*groups, *map(str, context["hidden_fields"])))


def field_group(field: BoundField) -> str:
    """Draw one field; the control names its hint and its errors."""
    wrong = " field-wrong" if field.errors else ""
    return f'<div class="field{wrong}">{_inside(field)}</div>\n'


def control(field: BoundField) -> SafeString:
    """Draw the field's control with the classes of the design."""
    widget = field.field.widget
    if isinstance(widget, CheckboxInput):
        style = "form-check-input"
    elif isinstance(widget, Select):
        style = "form-select"
    else:
        style = "form-control"
    own = widget.attrs.get("class", "")
    return field.as_widget(attrs={"class": f"{style} {own}".strip()})


def has_choices(field: BoundField) -> bool:
    """Tell whether a field is a list of boxes to choose from."""
    return isinstance(field.field.widget, (RadioSelect, CheckboxSelectMultiple))


def choices(field: BoundField) -> SafeString:
    """Draw a list of choices; each is one box that can be clicked as a whole."""
    return SafeString(f'<div class="choices">{"".join(map(_choice, field))}</div>')


def _inside(field: BoundField) -> str:
    about = _hint(field) + _problems(field)
    label: str = escaped(field.label)
    if isinstance(field.field.widget, CheckboxInput):
        target = escaped(field.id_for_label)
        named = f'<label class="form-check-label" for="{target}">{label}</label>'
        return f'<div class="form-check">{control(field)} {named}</div>{about}'
    label += _optional(field)
    if field.use_fieldset:
        ids = field.aria_describedby
        described = f' aria-describedby="{escaped(ids)}"' if ids else ""
        drawn = choices(field) if has_choices(field) else control(field)
        legend = f'<legend class="form-label">{label}</legend>'
        return f"<fieldset{described}>{legend}{about}{drawn}</fieldset>"
    target = escaped(field.id_for_label)
    return f'<label class="form-label" for="{target}">{label}</label>{about}{control(field)}'


def _optional(field: BoundField) -> str:
    unmarked: tuple[str, ...] = getattr(field.form, "unmarked", ())
    if field.field.required or field.name in unmarked or _is_answered(field):
        return ""
    return f' <span class="optional">{escaped(gettext("(optional)"))}</span>'


def _is_answered(field: BoundField) -> bool:
    """Tell whether something is chosen whatever one does: of a drop-down, or by a mark."""
    widget = field.field.widget
    if isinstance(widget, RadioSelect):
        chosen = str(field.value() or "")
        return any(str(value) == chosen for value, _label in widget.choices)
    return isinstance(widget, Select) and not widget.allow_multiple_selected


def _hint(field: BoundField) -> str:
    if not field.help_text:
        return ""
    start = f'<div class="form-hint" id="{escaped(field.auto_id)}_helptext">'
    return f"{start}{escaped(field.help_text)}</div>"


def _problems(field: BoundField) -> str:
    errors = field.errors
    if not errors:
        return ""
    words = "".join(f" {escaped(error)}" for error in errors)
    marked = f'<span class="visually-hidden">{escaped(gettext("Error:"))}</span>{words}'
    return f'<p class="field-error" id="{escaped(field.auto_id)}_error">{marked}</p>'


def _choice(option: forms.boundfield.BoundWidget) -> str:
    data = option.data
    target = escaped(option.id_for_label)
    value = "" if data["value"] is None else data["value"]
    marks = " checked" if data["selected"] else ""
    marks += " disabled" if data["attrs"].get("disabled") else ""
    return (
        f'<div class="choice"><input class="form-check-input" type="{escaped(data["type"])}"'
        f' name="{escaped(data["name"])}" value="{escaped(value)}" id="{target}"{marks}>\n'
        f'<label for="{target}">{escaped(option.choice_label)}</label></div>\n'
    )

"""Forms drawn in Python: a drop-down alone takes Django two templates for each option."""

import html
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django import forms
from django.forms.renderers import BaseRenderer, TemplatesSetting
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.safestring import SafeData, SafeString

from imiconnect.console.fields import field_group, form_fields
from imiconnect.console.markup import escaped

_FOLDER = "django/forms/widgets/"
_OPTION = f"{_FOLDER}select_option.html"
#: The widgets whose templates are nothing but ``input.html``.
_INPUTS = (
    "checkbox color date datetime email file hidden number password search tel text time url"
)

Widget = Mapping[str, Any]


class Renderer(TemplatesSetting):
    """Django's renderer of forms that draws fields, inputs, text areas and drop-downs itself.

    Of these widgets it draws what Django's own templates do. Every other widget, and what has
    a template of its own, is drawn by its template.
    """

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        """Return the HTML of a form, a field or a widget."""
        if template_name == self.field_template_name:
            return field_group(context["field"])
        if template_name == self.form_template_name:
            return form_fields(context)
        draw = _DRAWN.get(template_name)
        drawn = draw(context["widget"]) if draw else None
        return super().render(template_name, context, request) if drawn is None else drawn


def _text(value: object) -> str:
    """Return what ``{{ value|stringformat:'s' }}`` does."""
    return str(value) if isinstance(value, SafeData) else html.escape(str(value))


def _attributes(found: Mapping[str, Any]) -> str:
    return "".join(
        f" {_text(name)}" if value is True else f' {_text(name)}="{_text(value)}"'
        for name, value in found.items()
        if value is not False
    )


def _input(widget: Widget) -> str:
    value = widget["value"]
    start = f'<input type="{_text(widget["type"])}" name="{_text(widget["name"])}"'
    shown = "" if value is None else f' value="{_text(value)}"'
    return f"{start}{shown}{_attributes(widget['attrs'])}>"


def _text_area(widget: Widget) -> str:
    value = escaped(localize(widget["value"])) if widget["value"] else ""
    start = f'<textarea name="{_text(widget["name"])}"{_attributes(widget["attrs"])}>'
    return f"{start}\n{value}</textarea>"


def _select(widget: Widget) -> str | None:
    """Draw a drop-down; None where an option has a template of its own."""
    lines = [f'<select name="{_text(widget["name"])}"{_attributes(widget["attrs"])}>']
    for group, options, _index in widget["optgroups"]:
        if any(option["template_name"] != _OPTION for option in options):
            return None
        if group:
            lines.append(f'<optgroup label="{escaped(localize(group))}">')
        lines += map(_option, options)
        if group:
            lines.append("</optgroup>")
    return "\n".join([*lines, "</select>"])


def _option(option: Widget) -> str:
    value, label = option["value"], option["label"]
    if not option["attrs"] and type(value) is str and type(label) is str:
        return _plain_option(value, label)
    start = f'<option value="{_text(option["value"])}"{_attributes(option["attrs"])}>'
    return f"{start}{escaped(localize(option['label']))}</option>"


class LongSelect(forms.Select):
    """A drop-down of hundreds of plain choices, whose options are drawn once for each answer.

    The choices are pairs of texts, without groups; Django makes a dictionary for each option.
    """

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> SafeString:
        """Return the HTML of the drop-down."""
        pairs = tuple(self.choices)
        asked = next(iter(self.format_value(value)), "")
        chosen = asked if any(asked == known for known, _label in pairs) else None
        found = self.build_attrs(self.attrs, attrs)
        start = f'<select name="{_text(name)}"{_attributes(found)}>'
        return SafeString(f"{start}\n{_options(pairs, chosen)}\n</select>")


@lru_cache(maxsize=32)
def _options(pairs: tuple[tuple[str, str], ...], chosen: str | None) -> str:
    """Draw the options of a long drop-down, each on a line."""
    lines = []
    for value, label in pairs:
        mark = " selected" if value == chosen else ""
        chosen = None if mark else chosen
        lines.append(
            f'<option value="{html.escape(value)}"{mark}>{html.escape(label)}</option>'
        )
    return "\n".join(lines)


@lru_cache(maxsize=4096)
def _plain_option(value: str, label: str) -> str:
    """Draw one that is not chosen: of a list of countries, the same on each page."""
    return f'<option value="{html.escape(value)}">{html.escape(label)}</option>'


_DRAWN: dict[str, Callable[[Widget], str | None]] = {
    **{f"{_FOLDER}{name}.html": _input for name in _INPUTS.split()},
    f"{_FOLDER}textarea.html": _text_area,
    f"{_FOLDER}select.html": _select,
}

"""A drop-down of many options: Django draws each by templates of its own, which takes long."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class LongSelect(forms.Select):
    """A ``Select`` without groups whose options are drawn at once."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the same elements as Django's template."""
        widget = self.get_context(name, value, attrs)["widget"]
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            (
                (option["value"], _attributes(option["attrs"]), option["label"])
                for _group, among, _index in widget["optgroups"]
                for option in among
            ),
        )
        start = flatatt({"name": widget["name"], **widget["attrs"]})
        return format_html("<select{}>\n{}\n</select>", start, options)


def _attributes(found: dict[str, Any]) -> str:
    return flatatt(found) if found else ""

"""Tags and filters that every page of the console uses."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.forms import BaseForm, BoundField, Form
from django.template.base import Parser, Token
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from imiconnect.console import fields, nodes, once, states, toasts, told
from imiconnect.console.addresses import query_of
from imiconnect.console.markup import escaped
from imiconnect.console.times import written

register = template.Library()
register.tag("fixed", nodes.fixed)
# In place of Django's own; that of i18n where this library is loaded after it.
register.tag("translate", nodes.translate)
register.tag("url", nodes.url)


@lru_cache(maxsize=512, typed=True)  # typed: what is marked as safe is not another text
def icon(name: str, extra: str = "") -> SafeString:
    """Draw an icon beside words that say the same."""
    return format_html('<span class="icon i-{} {}" aria-hidden="true"></span>', name, extra)


register.simple_tag(icon)
_read_icon = register.tags.pop("icon")


@register.tag("icon")
def icon_tag(parser: Parser, token: Token) -> template.Node:
    """Read ``{% icon "name" %}``: an icon that is named in the template is drawn at once."""
    return nodes.drawn_when_read(_read_icon(parser, token))


@register.simple_tag
def status_badge(slug: object, id: str = "") -> SafeString:
    """Draw a state: its word, icon and colour. ``id`` lets a live update change it."""
    state = states.state_of(slug)
    opening, inside = _badge(state.tone, state.icon, str(state.label))
    return SafeString(f'{opening} id="{escaped(id)}">{inside}' if id else f"{opening}>{inside}")


@lru_cache(maxsize=256)
def _badge(tone: str, icon_name: str, label: str) -> tuple[str, str]:
    start = f'<span class="status status-{escaped(tone)}"'
    return start, f"{icon(icon_name)}{escaped(label)}</span>"


@register.simple_tag
def table_rows(rows: Iterable[Any]) -> SafeString:
    """Put the drawn rows of a table one below the other."""
    return SafeString("".join([row.element for row in rows]))


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """Write a time in UTC with minutes; nothing for None."""
    return _time(value, written(value)) if value else ""


@register.filter
def moment_ms(value: datetime | None) -> SafeString | str:
    """Write a time in UTC with milliseconds, as a message's journey needs it."""
    if not value:
        return ""
    shown = f"{written(value, seconds=True)}.{value.microsecond // 1000:03d}"
    return _time(value, shown)


def plain_moment(value: datetime) -> str:
    """Write a time in UTC with minutes as text, for a sentence that is escaped."""
    return f"{written(value)} UTC"


def _time(value: datetime, shown: str) -> SafeString:
    exact = value.astimezone(UTC).isoformat(timespec="milliseconds")
    return SafeString(f'<time datetime="{exact}">{escaped(shown)} UTC</time>')


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: object) -> str:
    """Return this page's query string with some values changed; None or '' removes one."""
    return query_of(context["request"], **changes)


register.simple_tag(fields.control)
register.simple_tag(fields.choices)


@register.filter
def focus_id(field: BoundField) -> str:
    """Return the id that a link of the error summary leads to."""
    return (
        f"{field.auto_id}_0"
        if fields.has_choices(field)
        else str(field.id_for_label or field.auto_id)
    )


@register.inclusion_tag("console/forms/error_summary.html")
def error_summary(*forms: Form | str | list[BaseForm] | None) -> dict[str, Any]:
    """Draw the box that lists what is wrong in the forms; nothing when all is well."""
    given = [one for form in forms for one in (form if isinstance(form, list) else [form])]
    present = [form for form in given if isinstance(form, BaseForm) and form.errors]
    return {
        "fields": [field for form in present for field in form if field.errors],
        "whole": [error for form in present for error in form.non_field_errors()],
    }


@register.simple_tag
def submit_once() -> SafeString:
    """Mark a form so that the server drops a second click; see ``console.once``."""
    return format_html(
        '<input type="hidden" name="{}" value="{}">', once.FIELD, once.new_token()
    )


@register.filter
def undo_url(message: Message) -> str:
    """Return the address that reverses what a toast confirms."""
    return toasts.undo_url(message)


register.filter(toasts.is_warning)


@register.filter
def megabytes(value: int) -> str:
    """Write bytes in megabytes (million bytes), which policies count in."""
    return f"{value / 1_000_000:,.2f}".rstrip("0").rstrip(".") + " MB"


@register.filter
def none_if_empty(value: object) -> object:
    """Write None where there is nothing, so that a cell is never blank."""
    if value is None or value == "" or (isinstance(value, Iterable) and not value):
        return gettext("None")
    return value


@register.filter
def as_lines(value: object, field: str = "") -> SafeString | str:
    """Draw a recorded value, one line for each item of a list or dictionary; see ``told``."""
    lines = told.lines_of(value, field)
    if len(lines) < 2:
        return "".join(lines) or gettext("None")
    items = format_html_join("", "<li>{}</li>", ((line,) for line in lines))
    return format_html('<ul class="lines">{}</ul>', items)

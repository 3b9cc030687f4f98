"""What is drawn in Python is what Django's own templates and formats give."""

import datetime as dt
from typing import Any

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.formats import date_format
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from pytest_django.asserts import assertHTMLEqual

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.console.columns import choice
from imiconnect.console.drawing import LongSelect, Renderer
from imiconnect.console.markup import escaped
from imiconnect.console.times import written

EVIL = '"><script>alert(1)</script>&amp;'
ATTRS = {"class": "form-control", "id": "id_x", "required": True, "hidden": False, "max": 3}
CHOICES: list[Any] = [
    ("", gettext_lazy("All")),
    ("GB", "United Kingdom"),
    (EVIL, EVIL),
    (7, 7),
    (EVIL, [("in", "Inside"), ("out", mark_safe("<b>Out</b>"))]),
]
WIDGETS: list[forms.Widget] = [
    forms.TextInput(),
    forms.EmailInput({"placeholder": EVIL}),
    forms.NumberInput(),
    forms.URLInput(),
    forms.PasswordInput(render_value=True),
    forms.HiddenInput(),
    forms.DateInput(),
    forms.DateTimeInput(),
    forms.TimeInput(),
    forms.FileInput(),
    forms.CheckboxInput(),
    forms.Textarea(),
    forms.Select(choices=CHOICES),
    forms.SelectMultiple(choices=CHOICES),
    forms.NullBooleanSelect(),
]


class OwnTemplate(forms.Select):
    """A drop-down whose options have a template of their own."""

    option_template_name = "django/forms/widgets/radio_option.html"


def drawn(widget: forms.Widget, value: Any) -> tuple[str, str]:
    own, djangos = Renderer(), TemplatesSetting()
    return (
        widget.render("x", value, dict(ATTRS), own),
        widget.render("x", value, dict(ATTRS), djangos),
    )


@pytest.mark.parametrize("value", [None, "", "GB", EVIL, 7, True, mark_safe("a &amp; b")])
@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: type(widget).__name__)
def test_a_control_is_what_djangos_template_of_it_gives(
    widget: forms.Widget, value: Any
) -> None:
    own, djangos = drawn(widget, value)
    assertHTMLEqual(own, djangos)


@pytest.mark.parametrize("value", [None, "", "GB", EVIL, "of none"])
def test_a_long_drop_down_is_what_django_draws(value: Any) -> None:
    pairs = [("", "All"), ("GB", "United Kingdom"), (EVIL, EVIL), ("GB", "Twice")]
    own = LongSelect({"data-a": EVIL}, pairs).render("x", value, dict(ATTRS))
    djangos = forms.Select({"data-a": EVIL}, pairs).render(
        "x", value, dict(ATTRS), TemplatesSetting()
    )
    assertHTMLEqual(own, djangos)
    assert "<script>" not in own


def test_several_chosen_options_are_marked() -> None:
    own, djangos = drawn(forms.SelectMultiple(choices=CHOICES), ["GB", "in"])
    assertHTMLEqual(own, djangos)
    assert own.count(" selected") == 2


def test_what_a_person_typed_is_escaped_in_every_control() -> None:
    for widget in WIDGETS:
        assert "<script>" not in drawn(widget, EVIL)[0], widget


def test_options_with_a_template_of_their_own_are_drawn_by_it() -> None:
    own, djangos = drawn(OwnTemplate(choices=CHOICES[:2]), "GB")
    assert own == djangos


def test_a_date_reads_as_djangos_format_of_it() -> None:
    start = dt.datetime(2026, 1, 1, 0, 5, 9, tzinfo=dt.UTC)
    for month in range(12):
        value = start + dt.timedelta(days=31 * month, hours=month)
        assert written(value) == date_format(value, "j M Y, H:i")
        assert written(value, seconds=True) == date_format(value, "j M Y, H:i:s")


def test_a_date_of_another_zone_is_written_in_utc() -> None:
    east = dt.timezone(dt.timedelta(hours=5, minutes=30))
    assert written(dt.datetime(2026, 3, 1, 2, 0, tzinfo=east)) == "28 Feb 2026, 20:30"


@pytest.mark.parametrize("value", [EVIL, mark_safe("<b>x</b>"), gettext_lazy("A & B"), 7, None])
def test_text_is_escaped_as_django_escapes_it(value: Any) -> None:
    assert escaped(value) == conditional_escape(value)
    assert escaped(escaped(value)) == escaped(value)


@pytest.mark.parametrize("role", [*Role.values, "a role of long ago"])
def test_a_choice_reads_as_django_shows_it(role: str) -> None:
    member = Member(role=role)
    assert choice("role", Role)(member) == member.get_role_display()

"""A field is drawn with its label, hint, errors and control, escaped and bound together."""

from typing import Any

import pytest
from django import forms
from django.utils.safestring import mark_safe

from imiconnect.console.forms import ConsoleForm

EVIL = '"><script>alert(1)</script>'
CHOICES = [("a", EVIL), ("b", mark_safe("<b>Bold</b>"))]


class Everything(ConsoleForm):
    """A field of each shape."""

    unmarked = ("quiet",)
    name = forms.CharField(label=EVIL, help_text=EVIL)
    note = forms.CharField(required=False, widget=forms.Textarea)
    quiet = forms.CharField(required=False)
    agree = forms.BooleanField(label="I agree", help_text="To all of it")
    one = forms.ChoiceField(choices=CHOICES, widget=forms.RadioSelect, help_text="Just one")
    many = forms.MultipleChoiceField(
        choices=CHOICES, widget=forms.CheckboxSelectMultiple, required=False
    )
    kept = forms.CharField(widget=forms.HiddenInput)


def group(name: str, data: Any = None, **initial: Any) -> str:
    return str(Everything(data, initial=initial)[name].as_field_group())


def test_a_form_is_its_fields_in_their_order_and_then_what_is_hidden() -> None:
    drawn = str(Everything(initial={"kept": "secret-7"}))
    places = [drawn.index(f'name="{name}"') for name in Everything.base_fields]
    assert places == sorted(places)
    assert 'type="hidden" name="kept" value="secret-7"' in drawn


def test_label_hint_and_typed_text_are_escaped() -> None:
    drawn = str(Everything({"name": EVIL, "note": EVIL, "one": EVIL}))
    assert "<script>" not in drawn
    assert drawn.count("&lt;script&gt;") == 7


def test_a_control_names_its_hint_and_what_is_wrong() -> None:
    drawn = group("name", {"name": ""})
    assert 'class="field field-wrong"' in drawn
    assert 'id="id_name_helptext"' in drawn
    assert 'id="id_name_error"' in drawn
    assert 'aria-describedby="id_name_helptext id_name_error"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert "field-wrong" not in group("name")


def test_a_list_of_choices_is_a_fieldset_that_names_its_hint() -> None:
    drawn = group("one", one="b")
    assert '<fieldset aria-describedby="id_one_helptext">' in drawn
    assert 'value="b" id="id_one_1" checked>' in drawn
    assert '<label for="id_one_1"><b>Bold</b></label>' in drawn
    assert "<fieldset>" in group("many")


@pytest.mark.parametrize(
    ("name", "said"), [("note", 1), ("many", 1), ("quiet", 0), ("name", 0)]
)
def test_what_may_be_left_out_says_so(name: str, said: int) -> None:
    assert group(name).count("(optional)") == said


def test_a_tick_stands_before_its_label() -> None:
    drawn = group("agree", agree=True)
    assert drawn.index("<input") < drawn.index('<label class="form-check-label"')
    assert " checked" in drawn
    assert 'id="id_agree_helptext">To all of it' in drawn

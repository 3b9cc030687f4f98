"""The keyword form, the steps of a short code request, and the try-it box."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from imiconnect.console.forms import ConsoleForm
from imiconnect.numbers.kinds import Choice
from imiconnect.numbers.models import ShortCode
from imiconnect.numbers.services import short_codes
from imiconnect.numbers.services.keywords import Wish

YES_NO = (("yes", _("Yes")), ("no", _("No")))


def _yes(value: str) -> bool:
    return value == "yes"


class KeywordForm(ConsoleForm):
    """The whole documented form, in its order."""

    unmarked = ("desired_short_code",)

    keyword = forms.CharField(
        label=_("Desired Keyword"),
        max_length=200,
        help_text=_("At most 50 characters, without spaces. Upper and lower case are alike."),
    )
    choice = forms.ChoiceField(
        label=_("Short code Type"), choices=Choice.choices, widget=forms.RadioSelect
    )
    desired_short_code = forms.CharField(
        label=_("Desired Short Code"),
        max_length=12,
        required=False,
        help_text=_("Needed for Vanity. Your own codes come first in the list."),
        widget=forms.TextInput(
            attrs={"list": "codes", "inputmode": "numeric", "autocomplete": "off"}
        ),
    )
    assign_random = forms.TypedChoiceField(
        label=_("Assign Random if desired short code unavailable"),
        choices=YES_NO,
        coerce=_yes,
        initial="no",
        help_text=_("Yes gives a random shared code, No rejects the request with the reason."),
    )
    email = forms.CharField(label=_("Email ID"), max_length=254)
    company_name = forms.CharField(label=_("Company Name"), max_length=150)
    mailing_address = forms.CharField(
        label=_("Mailing Address"), max_length=500, widget=forms.Textarea
    )
    contact_name = forms.CharField(label=_("Primary Contact Name"), max_length=150)
    contact_number = forms.CharField(
        label=_("Primary Contact Number"),
        max_length=30,
        help_text=_("With country code."),
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    service_name = forms.CharField(label=_("Service Name"), max_length=150)
    service_website = forms.CharField(label=_("Service Website"), max_length=300)
    is_existing_website = forms.TypedChoiceField(
        label=_("Is this an existing Website"), choices=YES_NO, coerce=_yes, initial="yes"
    )
    service_content = forms.CharField(
        label=_("Service Content Details"), max_length=2000, widget=forms.Textarea
    )
    accept = forms.BooleanField(
        label=_("I have read the warnings; request this keyword all the same"), required=False
    )

    def clean(self) -> dict[str, Any]:
        """Ask for the code where Vanity was chosen."""
        values: dict[str, Any] = super().clean() or {}
        vanity = values.get("choice") == Choice.VANITY
        if vanity and not str(values.get("desired_short_code", "")).strip():
            self.add_error("desired_short_code", _("Enter the desired short code"))
        return values

    @property
    def wish(self) -> Wish:
        """What is asked for, from a valid form."""
        return wish_of(self.cleaned_data)


def wish_of(values: dict[str, Any]) -> Wish:
    """Return the wish of cleaned or typed values."""
    assign = values.get("assign_random")
    return Wish(
        keyword=values.get("keyword", ""),
        choice=values.get("choice", ""),
        desired_short_code=values.get("desired_short_code", ""),
        assign_random=assign is True or assign == "yes",
    )


class CodeDetailsForm(ConsoleForm):
    """Which code: chosen or random, dedicated or shared."""

    unmarked = ("desired_code",)

    choice = forms.ChoiceField(
        label=_("Short Code Type"), choices=Choice.choices, widget=forms.RadioSelect
    )
    desired_code = forms.CharField(
        label=_("Desired Short Code"),
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    use = forms.ChoiceField(
        label=_("Dedicated or shared"),
        choices=[
            ("dedicated", _("Dedicated: yours alone")),
            ("shared", _("Shared: with other companies, by keywords")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Select dedicated or shared")},
    )

    def __init__(self, *args: Any, country: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = country
        lengths = short_codes.lengths_in(country)
        self.fields["desired_code"].help_text = _("Needed for Vanity: %s digits.") % (
            short_codes.in_words(lengths)
        )

    def clean(self) -> dict[str, Any]:
        """Check a vanity code by the country's lengths."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("choice") == Choice.VANITY:
            try:
                code = values.get("desired_code", "")
                values["desired_code"] = short_codes.checked_code(code, self.country)
            except ValidationError as problem:
                self.add_error("desired_code", problem.messages)
        elif "desired_code" in values:
            values["desired_code"] = ""
        return values


class CodePurposeForm(ConsoleForm):
    """Operators, volume and purpose."""

    operators = forms.CharField(
        label=_("Operators"),
        required=False,
        widget=forms.Textarea,
        help_text=_("One on each line. Leave it empty for all operators of the country."),
    )
    monthly_volume = forms.IntegerField(
        label=_("Messages a month"),
        min_value=1,
        max_value=2_000_000_000,
        error_messages={
            "min_value": _("Messages a month must be 1 or more"),
            "max_value": _("Messages a month must be 2,000,000,000 or fewer"),
            "invalid": _("Messages a month must be a whole number"),
        },
    )
    purpose = forms.CharField(label=_("Purpose"), max_length=2000, widget=forms.Textarea)

    def clean_operators(self) -> str:
        """Check the names."""
        text: str = self.cleaned_data["operators"]
        try:
            names = short_codes.checked_operators(text.splitlines())
        except ValidationError as problem:
            raise ValidationError(problem.messages) from None
        return "\n".join(names)


class TryForm(ConsoleForm):
    """An incoming text, to see who would get it."""

    text = forms.CharField(
        label=_("Incoming text"), max_length=1600, strip=False, widget=forms.Textarea
    )
    code = forms.ChoiceField(label=_("Short code"))

    def __init__(self, *args: Any, codes: Sequence[ShortCode], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [(str(code.pk), f"{code.code}, {code.where}") for code in codes]

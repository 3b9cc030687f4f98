"""The forms of Sender IDs, offline requests and what is set on a number."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.console.confirm import NameForm
from imiconnect.console.forms import ConsoleForm
from imiconnect.numbers.forms.phone import country_label
from imiconnect.numbers.kinds import NumberType
from imiconnect.numbers.models import Country, Number
from imiconnect.numbers.text import folded


class CountryField(forms.ModelChoiceField):  # type: ignore[type-arg]  # in stubs only
    """A country from a list that can be typed into."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Country.objects.all(), **kwargs)

    def label_from_instance(self, obj: Country) -> str:
        """Return the country with flag, ISO and calling code."""
        return country_label(obj)


class SenderForm(ConsoleForm):
    """Desired Sender Code and Country, as documented."""

    code = forms.CharField(
        label=_("Desired Sender Code"),
        max_length=30,
        help_text=_(
            "A name of up to 11 characters, or a number of your own with its country code."
        ),
    )
    country = CountryField(
        label=_("Country"),
        empty_label=_("Select a country"),
        help_text=_("The country in which the Sender ID will be used."),
    )


class OfflineForm(ConsoleForm):
    """What is wanted where nothing is offered."""

    unmarked = ("country", "country_name")

    country = CountryField(
        label=_("Country"), required=False, empty_label=_("Another country, named below")
    )
    country_name = forms.CharField(
        label=_("Name of the country, if it is not in the list"), required=False, max_length=80
    )
    number_type = forms.ChoiceField(
        label=_("Number type"),
        required=False,
        choices=[("", _("Any type")), *NumberType.choices],
    )
    quantity = forms.IntegerField(
        label=_("How many numbers"),
        min_value=1,
        max_value=100_000,
        initial=1,
        error_messages={
            "min_value": _("How many numbers must be 1 or more"),
            "max_value": _("How many numbers must be 100,000 or fewer"),
            "invalid": _("How many numbers must be a whole number"),
        },
    )
    details = forms.CharField(
        label=_("Details"),
        required=False,
        max_length=2000,
        widget=forms.Textarea,
        help_text=_("Area, preferred digits, what the numbers are for."),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two ways to name the country."""
        values: dict[str, Any] = super().clean() or {}
        if not values.get("country") and not values.get("country_name"):
            self.add_error("country", _("Select the country or enter its name"))
        return values


class UrlsForm(ConsoleForm):
    """Where incoming calls and messages of a number go; it asks for what the number takes."""

    incoming_call_url = forms.CharField(
        label=_("Incoming-call URL"),
        required=False,
        max_length=500,
        help_text=_("While it is set, the number's calls are handled by your answer."),
    )
    incoming_sms_url = forms.CharField(
        label=_("Incoming-SMS URL"),
        required=False,
        max_length=500,
        help_text=_("While it is set, incoming SMS go here and not to a service."),
    )

    def __init__(self, *args: Any, number: Number, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, takes in (
            ("incoming_call_url", number.voice),
            ("incoming_sms_url", number.sms),
        ):
            if not takes:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Return both URLs, the one that is not asked for empty."""
        values: dict[str, Any] = super().clean() or {}
        return {"incoming_call_url": "", "incoming_sms_url": ""} | values


class ReserveForm(ConsoleForm):
    """A keyword reserved on a phone number."""

    word = forms.CharField(
        label=_("Keyword"), max_length=30, help_text=_("3 to 30 letters and digits.")
    )
    url = forms.CharField(
        label=_("Callback URL"),
        max_length=500,
        help_text=_("Messages with this keyword go here only."),
    )


class NumberNameForm(NameForm):
    """The number, typed; spaces and dashes do not count."""

    def clean_name(self) -> str:
        """Compare as numbers are compared."""
        typed: str = self.cleaned_data["name"]
        if folded(typed) != folded(self.expected):
            raise forms.ValidationError(_("Type %(number)s"), params={"number": self.expected})
        return typed

"""The steps of the phone number wizard."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from imiconnect.console.forms import ConsoleForm
from imiconnect.numbers.kinds import Match, NumberType
from imiconnect.numbers.models import Address, Country, RateCard
from imiconnect.numbers.numbering import AREAS, region_of
from imiconnect.numbers.services.searching import checked_area, checked_digits, cities_of

#: How many cities the box offers while one types.
_OFFERED = 200


def country_label(country: Country) -> str:
    """Return how a country stands in a list that is narrowed by typing any part of it."""
    return f"{country.flag} {country.name} ({', '.join(country.codes)})"


def country_of(text: str) -> Country | None:
    """Return the one country that a name, ISO code, calling code or flag means."""
    wanted = text.strip().removeprefix("+").casefold()
    if not wanted:
        return None
    countries = list(Country.objects.all())
    for fits in (
        lambda c: wanted in (c.name.casefold(), c.flag, *map(str.casefold, c.codes)),
        lambda c: wanted == c.calling_code,
        lambda c: c.name.casefold().startswith(wanted),
        lambda c: wanted in c.name.casefold(),
    ):
        found = [country for country in countries if fits(country)]
        if len(found) == 1:
            return found[0]
    return None


class CountryForm(ConsoleForm):
    """Type a country, choose it from the list that appears."""

    typed = forms.CharField(
        label=_("Country"),
        help_text=_("Type the name, the ISO code, the calling code or the flag."),
        widget=forms.TextInput(
            attrs={"data-filter-choices": "countries", "autocomplete": "off"}
        ),
    )
    country = forms.ChoiceField(label=_("Select the country"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["country"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.required = False
        field.choices = [(c.iso2, country_label(c)) for c in Country.objects.all()]

    def full_clean(self) -> None:
        """Let either of the two ways do; neither is optional to those who read the page."""
        self.fields["typed"].required = False
        super().full_clean()
        self.fields["typed"].required = True

    def clean(self) -> dict[str, Any]:
        """Take what was typed where nothing was chosen from the list."""
        values: dict[str, Any] = super().clean() or {}
        if "country" in self.errors:
            return values
        chosen = values.get("country")
        found = None if chosen else country_of(values.get("typed", ""))
        if not chosen and found is None:
            sentence = _("Enter a country and select it from the list")
            if values.get("typed"):
                sentence = _("No single country of the list fits that. Select it from the list")
            raise ValidationError({"typed": sentence})
        values["country"] = chosen or (found and found.iso2)
        values["typed"] = ""
        return values


class SearchForm(ConsoleForm):
    """Type of number and preferred digits; sent by GET, so that a search has an address."""

    number_type = forms.ChoiceField(
        label=_("Number type"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Select a number type")},
    )
    digits = forms.CharField(
        label=_("Number"),
        required=False,
        max_length=30,
        help_text=_(
            "A preferred number combination, for example 456 or 999. A * stands for any one "
            "digit."
        ),
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )
    match = forms.ChoiceField(
        label=_("Where in the number"),
        choices=Match.choices,
        required=False,
        initial=Match.ANYWHERE,
    )

    area_code = forms.CharField(
        label=_("Area code"),
        required=False,
        max_length=10,
        help_text=_("Three digits, for example 415."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    locality = forms.CharField(
        label=_("City"),
        required=False,
        max_length=80,
        help_text=_("Numbers whose city is not known are left out."),
        widget=forms.TextInput(attrs={"list": "cities", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, rates: Sequence[RateCard], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = rates[0].country_id if rates else ""
        self.cities = cities_of(self.country, limit=_OFFERED)
        if self.country not in AREAS:
            del self.fields["area_code"]
            if not self.cities:
                del self.fields["locality"]
        self.rates = {rate.number_type: rate for rate in rates}
        field = self.fields["number_type"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [
            (slug, f"{label}: {can_do(self.rates.get(slug))}")
            for slug, label in NumberType.choices
        ]

    def clean_number_type(self) -> str:
        """Refuse a type that nobody sells in the country."""
        slug: str = self.cleaned_data["number_type"]
        if slug not in self.rates:
            raise ValidationError(
                _("This type is not sold here. Select another one, or send an offline request.")
            )
        return slug

    def clean_digits(self) -> str:
        """Return the digits and wildcards alone."""
        try:
            return checked_digits(self.cleaned_data["digits"])
        except ValidationError as error:
            raise ValidationError(error.messages) from None

    def clean(self) -> dict[str, Any]:
        """Check the area where the country has areas."""
        values: dict[str, Any] = super().clean() or {}
        area = {name: values.get(name, "") for name in ("area_code", "locality")}
        try:
            found = checked_area(self.country, area["area_code"], area["locality"])
        except ValidationError as error:
            self.add_error(None, error)
        else:
            values |= dict(zip(area, found, strict=True))
        return values


def can_do(rate: RateCard | None) -> str:
    """Return what a type of number can do in words; the rate decides, not the type."""
    if rate is None:
        return str(_("not sold in this country"))
    if rate.voice and rate.sms:
        return str(_("Voice calls and SMS"))
    return str(_("Voice calls only") if rate.voice else _("SMS only"))


class PickForm(SearchForm):
    """The number that BUY was clicked for, with the search that found it."""

    e164 = forms.CharField(
        max_length=16,
        widget=forms.HiddenInput,
        error_messages={"required": _("Select a number and click BUY")},
    )
    carrier = forms.SlugField(widget=forms.HiddenInput)

    def clean_e164(self) -> str:
        """Refuse a number of another country."""
        e164: str = self.cleaned_data["e164"]
        countries = {rate.country_id for rate in self.rates.values()}
        if region_of(e164) not in countries:
            raise ValidationError(_("Select a number and click BUY"))
        return e164


class AddressForm(ConsoleForm):
    """The address that the country asks for: one that is kept, or a new one."""

    NEW = "new"
    kept = forms.ChoiceField(label=_("Address"), widget=forms.RadioSelect)
    name = forms.CharField(label=_("Name of the person or company"), max_length=100)
    street = forms.CharField(label=_("Street and number"), max_length=200)
    city = forms.CharField(label=_("City"), max_length=100)
    region = forms.CharField(label=_("Region or state"), max_length=100, required=False)
    postal_code = forms.CharField(label=_("Postal code"), max_length=20, required=False)
    country = forms.ModelChoiceField(
        label=_("Country of the address"), queryset=Country.objects.all(), empty_label=None
    )

    def __init__(
        self, *args: Any, rate: RateCard, addresses: Sequence[Address], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kept_addresses = {str(address.pk): address for address in addresses}
        self._offer_kept()
        field = self.fields["country"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        if rate.address_requirement == "local":
            field.queryset = Country.objects.filter(pk=rate.country_id)
        elif rate.address_requirement == "foreign":
            field.queryset = Country.objects.exclude(pk=rate.country_id)
        if rate.address_requirement != "foreign":
            field.initial = rate.country_id

    def _offer_kept(self) -> None:
        field = self.fields["kept"]
        if not self.kept_addresses:
            del self.fields["kept"]
            return
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        choices = [(key, str(address)) for key, address in self.kept_addresses.items()]
        field.choices = [*choices, (self.NEW, _("Another address"))]
        field.initial = choices[0][0]

    def full_clean(self) -> None:
        """Ask for the fields of a new address only where one is entered."""
        chosen = self.data.get(self.add_prefix("kept")) if self.is_bound else None
        if chosen in self.kept_addresses:
            for name in ("name", "street", "city", "country"):
                self.fields[name].required = False
        super().full_clean()

    @property
    def kept_address(self) -> Address | None:
        """The kept address that was chosen, if one was."""
        return self.kept_addresses.get(self.cleaned_data.get("kept", ""))

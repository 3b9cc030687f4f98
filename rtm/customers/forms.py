"""Forms of profiles: the documented attributes, and lines for the organization's own."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import Capability
from imiconnect.apps.models import App
from imiconnect.console.forms import ConsoleForm

#: Attributes that the documented master profile has (facts/imiconnect.md, section 16).
DOCUMENTED = ("name", "email", "msisdn")


class AttributeLines(forms.CharField):
    """Attributes, one a line: ``name: value``; a value may be written as JSON."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Other attributes"))
        options.setdefault("help_text", _("One in a line, as name: value."))
        super().__init__(required=False, widget=forms.Textarea({"rows": 6}), **options)

    def clean(self, value: Any) -> dict[str, Any]:
        """Return the attributes; raises ``ValidationError`` that names the line."""
        found: dict[str, Any] = {}
        for number, line in enumerate(super().clean(value).splitlines(), 1):
            if not line.strip():
                continue
            name, colon, told = (part.strip() for part in line.partition(":"))
            if not colon or not name:
                sentence = _("Line %(number)s must be written as name: value")
                raise forms.ValidationError(sentence, params={"number": number})
            found[name] = _read(told)
        return found


def lines_of(attributes: dict[str, Any]) -> str:
    """Return attributes as ``AttributeLines`` reads them back."""
    return "\n".join(f"{name}: {_written(value)}" for name, value in attributes.items())


def _read(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=lambda word: word)
    except (ValueError, RecursionError):
        return text


def _written(value: Any) -> str:
    if isinstance(value, str) and _read(value) == value and "\n" not in value:
        return value
    return json.dumps(value, ensure_ascii=False)


class ProfileForm(ConsoleForm):
    """The attributes of a master profile."""

    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        error_messages={"invalid": _("Enter an e-mail address such as ana@example.com")},
    )
    msisdn = forms.CharField(
        label=_("Mobile number"),
        help_text=_("With the country code, such as +44 7700 900123."),
        max_length=32,
        required=False,
    )
    attributes = AttributeLines()


class NewCustomerForm(ProfileForm):
    """What a new customer needs: the organization's own id; the rest may come later."""

    customer_id = forms.CharField(
        label=_("Customer ID"),
        help_text=_("Your own number or name of the customer, such as a CRN."),
        max_length=100,
    )
    field_order = ("customer_id", *DOCUMENTED, "attributes")


def profile_initial(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return attributes as ``ProfileForm`` begins with them."""
    plain = {name: attributes[name] for name in DOCUMENTED if name in attributes}
    rest = {name: value for name, value in attributes.items() if name not in DOCUMENTED}
    return plain | {"attributes": lines_of(rest)}


def attributes_in(form: forms.Form) -> dict[str, Any]:
    """Return the attributes that a valid form says."""
    values = form.cleaned_data
    plain = {name: values[name] for name in DOCUMENTED if values[name]}
    return {**plain, **values["attributes"]}


class AppProfileForm(ConsoleForm):
    """A user of an app that is a customer; the device may register later."""

    app: Any = forms.ModelChoiceField(None, label=_("App"), empty_label=None)
    user_id = forms.CharField(
        label=_("User ID"), max_length=128, help_text=_("What the app calls the customer.")
    )
    device_id = forms.CharField(
        label=_("Device ID"),
        max_length=128,
        required=False,
        help_text=_("Only if you know it. One is made up otherwise."),
    )
    attributes = AttributeLines(label=_("Attributes"))

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        """Offer the apps of the person whose users have devices."""
        super().__init__(*args, **kwargs)
        kinds = [kind.slug for kind in registry.all_types() if kind.can(Capability.DEVICES)]
        apps = App.objects.at_or_below(member).filter(channel_type__in=kinds)
        self.fields["app"].queryset = apps.order_by("name")  # type: ignore[attr-defined]  # a model choice


class DeviceForm(ConsoleForm):
    """What can be changed of an app profile."""

    attributes = AttributeLines(label=_("Attributes"))


def device_initial(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a device as ``DeviceForm`` begins with them."""
    return {"attributes": lines_of(attributes)}

"""The form that makes one call, and the request that it stands for."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.callback_urls import checked_url
from imiconnect.numbers.kinds import Kind
from imiconnect.rtm.telecom.calls import MAX_TEXT
from imiconnect.rtm.telecom.send_form import OverNumberForm, SenderField, senders_of
from imiconnect.sharing.models import NumberAllocation

LANGUAGES = [
    ("en-GB", _("English (United Kingdom)")),
    ("en-US", _("English (United States)")),
    ("de-DE", _("German")),
    ("es-ES", _("Spanish")),
    ("fr-FR", _("French")),
    ("it-IT", _("Italian")),
    ("pt-BR", _("Portuguese (Brazil)")),
]


def callers_of(member: Member) -> Any:
    """Return the phone numbers from which this person may call."""
    rows = senders_of(member, NumberAllocation.Channel.VOICE.value)
    return rows.filter(number__kind=Kind.PHONE_NUMBER, number__voice=True)


class CallForm(OverNumberForm):
    """One call to one customer."""

    field_order = ("sender", "to", "text", "language", "file", "correlation_id")
    sender = SenderField(
        None,
        label=_("Service and phone number"),
        empty_label=None,
        error_messages={"required": _("Select the service and phone number")},
    )
    to = forms.CharField(
        label=_("Phone number of the customer"),
        help_text=_("With the country code, such as +44 7700 900123."),
        max_length=32,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
    )
    no_number = _("Enter a phone number with its country code, such as +44 7700 900123.")
    text = forms.CharField(
        label=_("Text to speak"),
        max_length=MAX_TEXT,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES, required=False)
    file = forms.CharField(
        label=_("Address of a sound to play"),
        help_text=_("WAV or MP3; it is played in place of the text."),
        max_length=500,
        required=False,
        widget=forms.URLInput,
    )

    def offered(self, member: Member) -> Any:
        """Return the phone numbers mapped for voice."""
        return callers_of(member)

    def clean_file(self) -> str:
        """Refuse what is no address."""
        try:
            return checked_url(self.cleaned_data["file"], field="file")
        except forms.ValidationError as error:
            raise forms.ValidationError(error.messages) from None

    def clean(self) -> dict[str, Any]:
        """Ask for something to be heard."""
        values = super().clean() or self.cleaned_data
        if not values.get("text", "").strip() and not values.get("file"):
            if "file" not in self.errors:
                self.add_error("text", _("Enter the text to speak, or the address of a sound"))
        return values

    def request(self, _now: dt.datetime) -> dict[str, Any]:
        """Return the body of the equivalent REST request."""
        values = self.cleaned_data
        if values["file"]:
            return self.body("voice", {"file": values["file"]})
        language = values["language"] or "en-GB"
        return self.body("voice", {"text": values["text"], "language": language})


def example() -> dict[str, Any]:
    """Return a request to show before anything is typed."""
    return {
        "deliverychannel": "voice",
        "destination": [{"msisdn": ["447700900123"]}],
        "channels": {"voice": {"text": "Your code is 1 2 3", "language": "en-GB"}},
    }

"""The form that sends one SMS, and the request that it stands for."""

import datetime as dt
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.console.forms import ConsoleForm
from imiconnect.console.words import Words
from imiconnect.numbers.kinds import State
from imiconnect.numbers.words import described
from imiconnect.rtm.models import MessageTemplate
from imiconnect.rtm.send_form import EXPIRIES, checked_correlation_id, expiry_after
from imiconnect.rtm.telecom.addresses import digits_of
from imiconnect.rtm.telecom.content import FLASH, TEXT, TYPES, UNICODE
from imiconnect.rtm.telecom.parts import MOST_PARTS, split_text
from imiconnect.rtm.wordings.forms import add_parameters, message_of
from imiconnect.sharing.models import NumberAllocation, Service

_CODES = {word: code for code, word in TYPES.items()}


def senders_of(member: Member, channel: str = "sms") -> "QuerySet[NumberAllocation]":
    """Return the numbers of live services from which this person may send or call."""
    rows: QuerySet[NumberAllocation] = (
        NumberAllocation.objects.resolved_for(member)
        .filter(
            channel=channel,
            service__in=Service.objects.visible_to(member).filter(state=Service.State.LIVE),
            number__state=State.ACTIVE,
        )
        .select_related("service", "number__country", "number__short_code")
        .order_by("service__name", "id")
    )
    return rows


class SenderField(forms.ModelChoiceField):  # type: ignore[type-arg]  # in stubs only
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.service.name} · {described(obj.number)}"


class OverNumberForm(ConsoleForm):
    """A text or call to one customer: the sender, the number, and an own reference.

    A subclass has ``offered``: the mapped numbers that a person may choose from.
    """

    field_order: tuple[str, ...] = ("sender", "to")
    sender = SenderField(
        None,
        label=_("Service and sender"),
        empty_label=None,
        error_messages={"required": _("Select the service and sender")},
    )
    to = forms.CharField(
        label=_("Mobile number"),
        help_text=_("With the country code, such as +44 7700 900123."),
        max_length=32,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
        error_messages={"required": _("Enter the mobile number")},
    )
    correlation_id = forms.CharField(
        label=_("Correlation ID"),
        help_text=_("Your own reference; receipts repeat it."),
        required=False,
    )
    #: What is said of a number that cannot exist, which a request would fail with 7102.
    no_number: Words = _(
        "Enter a mobile number with its country code, such as +44 7700 900123."
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        """Offer the senders that ``member`` may use."""
        super().__init__(*args, **kwargs)
        self.fields["sender"].queryset = self.offered(member)  # type: ignore[attr-defined]  # a model choice

    def offered(self, member: Member) -> "QuerySet[NumberAllocation]":
        """Return the mapped numbers to choose from."""
        raise NotImplementedError

    def clean_to(self) -> str:
        """Refuse what cannot be a number."""
        digits = digits_of(self.cleaned_data["to"])
        if not digits:
            raise forms.ValidationError(self.no_number)
        return digits

    def clean_correlation_id(self) -> str:
        """Hold the documented limit."""
        return checked_correlation_id(self.cleaned_data["correlation_id"])

    def body(self, channel: str, content: dict[str, Any]) -> dict[str, Any]:
        """Return the equivalent REST request, but for the content."""
        values = self.cleaned_data
        destination: dict[str, Any] = {"msisdn": [values["to"]]}
        if values["correlation_id"]:
            destination["correlationid"] = values["correlation_id"]
        content = content | {"senderid": values["sender"].number.value}
        return {
            "deliverychannel": channel,
            "destination": [destination],
            "channels": {channel: content},
        }


class SmsForm(OverNumberForm):
    """One SMS to one customer."""

    field_order = ("sender", "to", "text", "kind", "purpose", "correlation_id", "expiry")
    text = forms.CharField(
        label=_("Text"),
        max_length=1600,
        strip=False,
        widget=forms.Textarea({"rows": 4, "data-parts": ""}),
        error_messages={"required": _("Enter the text")},
    )
    kind = forms.ChoiceField(
        label=_("Type"),
        required=False,
        choices=[
            (TEXT, _("Text")),
            (FLASH, _("Flash: shown at once, not kept")),
            (UNICODE, _("Unicode: every character, 70 in a part")),
        ],
    )
    purpose = forms.ChoiceField(
        label=_("Purpose"),
        help_text=_("A promotional text keeps the quiet hours of its country."),
        choices=[("", _("As the service says")), *Service.Purpose.choices],
        required=False,
    )
    expiry = forms.ChoiceField(
        label=_("Expires"),
        choices=[("", _("As usual, after 24 hours")), *EXPIRIES[1:]],
        required=False,
    )

    def __init__(
        self, *args: Any, template: MessageTemplate | None = None, **kwargs: Any
    ) -> None:
        """Ask for what a template needs instead of a text."""
        super().__init__(*args, **kwargs)
        self.template = template
        if template:
            for name in ("text", "kind", "purpose"):
                del self.fields[name]
            add_parameters(self, template, required=True)

    def offered(self, member: Member) -> "QuerySet[NumberAllocation]":
        """Return the numbers mapped for SMS."""
        return senders_of(member)

    def clean(self) -> dict[str, Any]:
        """Hold the limit of parts, and the service of a template."""
        values = super().clean() or self.cleaned_data
        sender, template = values.get("sender"), self.template
        if sender and template and template.service_id not in (None, sender.service_id):
            other = _("The template is of the service %s: select a sender of it.")
            self.add_error("sender", other % template.service)
        text, kind = values.get("text", ""), values.get("kind")
        if text and split_text(text, unicode=kind == UNICODE).parts > MOST_PARTS:
            sentence = _("Text must take %s parts or fewer.") % MOST_PARTS
            self.add_error("text", sentence)
        return values

    def request(self, now: dt.datetime) -> dict[str, Any]:
        """Return the body of the equivalent REST request."""
        values = self.cleaned_data
        if self.template:
            body = self.body("sms", {}) | {"message": message_of(self.template, values)}
            until = expiry_after(values["expiry"], now)
            return body | ({"expiry": until} if until else {})
        kind = str(_CODES[values["kind"] or TEXT])
        content = {"type": kind, "text": values["text"]}
        if values["purpose"]:
            content["purpose"] = values["purpose"]
        body = self.body("sms", content)
        if until := expiry_after(values["expiry"], now):
            body["expiry"] = until
        return body


def example() -> dict[str, Any]:
    """Return a request to show before anything is typed."""
    return {
        "deliverychannel": "sms",
        "destination": [{"msisdn": ["447700900123"]}],
        "channels": {"sms": {"type": "1", "text": "Hello", "senderid": "ACME"}},
    }

"""The forms of message templates."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.console.forms import ConsoleForm
from imiconnect.console.lists import FilterForm
from imiconnect.rtm.models import Channel, MessageTemplate
from imiconnect.rtm.models.templates import TEMPLATE_CHANNELS
from imiconnect.rtm.wordings.rendering import MAX_VALUE, names_in
from imiconnect.rtm.wordings.services import MAX_NAME, may_make
from imiconnect.rtm.wordings.shapes import joined, split
from imiconnect.sharing.models import Service
from imiconnect.sharing.rules.templates import FIELD, parameters_in

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_EXPIRIES = {
    "": _("As usual for the channel"),
    str(5 * _MINUTE): _("After 5 minutes"),
    str(_HOUR): _("After 1 hour"),
    str(_DAY): _("After 24 hours"),
    str(7 * _DAY): _("After 7 days"),
}
_OTT_HINT = _("A JSON object with attachment or quick_reply, as docs/channels.md shows them.")
#: What else the content of a channel may have.
_HINTS = {
    Channel.SMS: _('A JSON object, such as {"type": "4", "senderid": "ACME"}.'),
    Channel.RT: _(
        "A JSON object with what else the message has: attachment of message, notification, "
        "quickReplies, interactiveData, extras."
    ),
    Channel.PUSH: _(
        "A JSON object with ios, android or web, each with what it has besides, such as url "
        "and extras. Naming some sends to those alone."
    ),
}


class TemplateFilters(FilterForm):
    """The filters of the list."""

    q = forms.CharField(label=_("Name or text"), max_length=100)
    channel = forms.ChoiceField(
        label=_("Channel"), choices=[("", _("All channels")), *TEMPLATE_CHANNELS]
    )


class TemplateForm(ConsoleForm):
    """A template of one channel, new or to be changed."""

    unmarked = ("text", "service")
    name = forms.CharField(
        label=_("Name"),
        max_length=MAX_NAME,
        help_text=_("Requests name the template by it."),
        error_messages={"required": _("Enter the name")},
    )
    service = forms.ModelChoiceField(
        queryset=Service.objects.none(),
        required=False,
        label=_("Service"),
        help_text=_("Which service may use it; that does not change later."),
    )
    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    text = forms.CharField(
        label=_("Text"),
        max_length=10_000,
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=_(
            "Write a parameter as $(name): the request says what comes there. $$(name) is "
            "those characters themselves."
        ),
    )
    more = forms.CharField(
        label=_("What else the message has"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea({"rows": 4, "spellcheck": "false"}),
    )
    expiry = forms.ChoiceField(
        label=_("Expires"),
        choices=list(_EXPIRIES.items()),
        required=False,
        help_text=_("A request may say otherwise."),
    )

    def __init__(
        self,
        *args: Any,
        member: Member,
        channel: str,
        template: MessageTemplate | None = None,
        **kwargs: Any,
    ) -> None:
        """Offer what the channel and the person have."""
        super().__init__(*args, **kwargs)
        self.channel = channel
        self.fields["more"].help_text = _HINTS.get(Channel(channel), _OTT_HINT)
        if channel != Channel.PUSH:
            del self.fields["title"]
        if template:
            del self.fields["service"]
            self._keep_expiry(template)
        else:
            self._offer_services(member)

    def clean_more(self) -> dict[str, Any]:
        """Return the object."""
        text = self.cleaned_data["more"].strip()
        try:
            found = json.loads(text or "{}")
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ValidationError(_("What else the message has must be a JSON object"))
        return found

    def clean(self) -> dict[str, Any]:
        """Ask for a text where nothing else is said."""
        values = super().clean() or self.cleaned_data
        if not values.get("text", "").strip() and not values.get("more"):
            self.add_error("text", _("Enter the text"))
        return values

    @property
    def content(self) -> dict[str, Any]:
        """The content that the form stands for, once it is valid."""
        values = self.cleaned_data
        return joined(self.channel, values["text"], values.get("title", ""), values["more"])

    @property
    def expiry_seconds(self) -> int | None:
        """The chosen expiry."""
        return int(self.cleaned_data["expiry"] or 0) or None

    def _offer_services(self, member: Member) -> None:
        field = self.fields["service"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = Service.objects.visible_to(member).order_by("name")
        if may_make(member, None):
            field.empty_label = _("Every service of the organization")
        else:
            field.required = True
            field.empty_label = None

    def _keep_expiry(self, template: MessageTemplate) -> None:
        kept = str(template.expiry_seconds or "")
        if kept in _EXPIRIES:
            return
        field = self.fields["expiry"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        words = lazy(lambda: str(_("After %s seconds") % kept), str)()
        field.choices = [*_EXPIRIES.items(), (kept, words)]


def initial_of(template: MessageTemplate) -> dict[str, Any]:
    """Return what the form of a template begins with."""
    text, title, more = split(template.channel, template.content)
    return {
        "name": template.name,
        "text": text,
        "title": title,
        "more": json.dumps(more, indent=2, ensure_ascii=False) if more else "",
        "expiry": str(template.expiry_seconds or ""),
    }


def add_parameters(form: forms.Form, template: MessageTemplate, *, required: bool) -> None:
    """Give a form a field for each parameter of a template, called ``parameter-<name>``."""
    for name in names_in(template.content):
        form.fields[f"{FIELD}{name}"] = forms.CharField(
            label=name,
            max_length=MAX_VALUE,
            required=required,
            strip=False,
            widget=forms.TextInput({"autocomplete": "off"}),
            error_messages={"required": _("Enter %s") % name},
        )
    if form.field_order:
        # Whom it is for comes first, then what it says.
        after = [f"{FIELD}{name}" for name in names_in(template.content)]
        form.order_fields([*list(form.field_order)[:2], *after])


def message_of(template: MessageTemplate, values: dict[str, Any]) -> dict[str, Any]:
    """Return ``message`` of a request that sends a template with what such a form has."""
    return {"template": str(template.pk), "parameters": parameters_in(values)}


class PreviewForm(ConsoleForm):
    """Sample values for the parameters of a template."""

    def __init__(self, *args: Any, template: MessageTemplate, **kwargs: Any) -> None:
        """Begin with the names as values."""
        super().__init__(*args, **kwargs)
        add_parameters(self, template, required=False)
        self.unmarked = tuple(self.fields)


def choices_for(member: Member, channels: list[str]) -> list[tuple[str, Any]]:
    """Return the templates of channels that a person may send, by name."""
    rows = MessageTemplate.objects.visible_to(member).filter(channel__in=channels)
    labels = dict(TEMPLATE_CHANNELS)
    rows = rows.select_related("service").order_by("name", "id")[:500]
    return [
        (
            str(row.pk),
            f"{row.name} · {labels[row.channel]}"
            + (f" · {row.service.name}" if row.service else ""),
        )
        for row in rows
    ]

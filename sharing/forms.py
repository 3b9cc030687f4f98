"""Forms of the pages of services."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.levels import Level, choices_of
from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App
from imiconnect.apps.services import NAME_LENGTH
from imiconnect.callback_urls import URL_LENGTH, checked_url
from imiconnect.console.forms import ConsoleForm
from imiconnect.console.lists import FilterForm
from imiconnect.console.words import Words
from imiconnect.numbers.models import Number
from imiconnect.numbers.words import described
from imiconnect.sharing.callback_settings import all_kinds
from imiconnect.sharing.models import Service
from imiconnect.sharing.receipts import receipt_kinds
from imiconnect.sharing.rules.vocabulary import channel_name
from imiconnect.sharing.services import DESCRIPTION_LENGTH

MINUTE = "%Y-%m-%dT%H:%M"
_SAVE_ANYWAY = _("Save this URL even when the test call fails")
KIND_WORDS = {
    "submitted": _("Submitted"),
    "delivered": _("Delivered"),
    "read": _("Read"),
    "clicked": _("Clicked"),
    "failed": _("Failed"),
    "expired": _("Expired"),
    "answered": _("Answered"),
    "rejected": _("Rejected"),
}
CHANNEL_WORDS = {
    "rt": _("Receipts of in-app messages"),
    "push": _("Receipts of push notifications"),
    "sms": _("Receipts of SMS"),
    "voice": _("Receipts of calls"),
}


def _receipts_of(channel: str) -> Words:
    words = _("Receipts of %(channel)s messages") % {"channel": channel_name(channel)}
    return CHANNEL_WORDS.get(channel, words)


class ServiceFilter(FilterForm):
    """What the list of services can be narrowed by."""

    name = forms.CharField(label=_("Name"))
    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("All")), *Service.State.choices]
    )


class NameForm(ConsoleForm):
    """The name of a new service."""

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        help_text=_("What the service is for, like Order alerts."),
    )


class LevelForm(ConsoleForm):
    """To whom a new service belongs; ``levels`` is what ``levels_below`` returns."""

    unmarked = ("level",)

    level = forms.ChoiceField(
        label=_("Belongs to"),
        required=False,
        help_text=_("It uses the apps that are this level's own or shared with it."),
    )

    def __init__(self, *args: Any, levels: dict[str, Level], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.levels = levels
        field = self.fields["level"]
        field.choices = choices_of(levels)  # type: ignore[attr-defined]  # a ChoiceField
        field.initial = next(iter(levels))

    def clean_level(self) -> str:
        """Return the key of the chosen level, the person's own where none is named."""
        return self.cleaned_data["level"] or next(iter(self.levels))


class NewServiceForm(NameForm, LevelForm):
    """Name and level of a new service."""

    field_order = ("name", "level")


class DescriptionForm(ConsoleForm):
    """The description of a new service."""

    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=DESCRIPTION_LENGTH,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("For colleagues: who runs it, and which system sends through it."),
    )


class RenameForm(NameForm, DescriptionForm):
    """Name and description of a service, later."""

    field_order = ("name", "description")


class AppForm(ConsoleForm):
    """An app among those that the level of a service may use; ``apps`` is a query set."""

    app = forms.ModelChoiceField(
        label=_("App"),
        queryset=App.objects.none(),
        required=False,
        empty_label=_("None yet"),
        widget=forms.RadioSelect,
        help_text=_("Messages are sent through it. It can be allocated later."),
    )

    def __init__(self, *args: Any, apps: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["app"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = apps
        field.label_from_instance = _app_label  # type: ignore[method-assign,assignment]  # Django's way


class HolderForm(ConsoleForm):
    """For whom a service uses something: everybody, a team or a person."""

    holder = forms.ChoiceField(
        label=_("For"),
        required=False,
        help_text=_(
            "What is for a person goes before what is for the team, and for everybody."
        ),
    )

    def __init__(self, *args: Any, teams: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["holder"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        self.teams = {f"team:{team.pk}": team for team in teams}
        self.people = {f"user:{seat.user_id}": seat.user for seat in people}
        named = [(key, f"{team.group.name} › {team.name}") for key, team in self.teams.items()]
        persons = [(key, user.get_full_name()) for key, user in self.people.items()]
        field.choices = [
            ("", _("Everybody")),
            *([(_("A team"), named)] if named else []),
            *([(_("A person"), persons)] if persons else []),
        ]

    def clean(self) -> dict[str, Any]:
        """Turn the choice into the team or the person."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        key = values.pop("holder", "")
        return values | {"team": self.teams.get(key), "user": self.people.get(key)}


class AllocateForm(HolderForm, AppForm):
    """An app to allocate now."""

    field_order = ("app", "holder")
    app = forms.ModelChoiceField(
        label=_("App"),
        queryset=App.objects.none(),
        error_messages={"required": _("Select the app")},
    )


class AllocateNumberForm(HolderForm):
    """A number to map now; ``numbers`` may be mapped, ``offered`` are those to choose from."""

    field_order = ("number", "holder")
    number = forms.UUIDField(
        label=_("Number"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Select the number"), "invalid": _("Select the number")},
    )

    def __init__(self, *args: Any, numbers: Any, offered: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._numbers = numbers
        widget = self.fields["number"].widget
        assert isinstance(widget, forms.RadioSelect)  # noqa: S101 - declared above
        widget.choices = [(number.pk, described(number)) for number in offered]

    def clean_number(self) -> Number:
        """Return the number, which may have been given back in the meantime."""
        found: Number | None = self._numbers.filter(pk=self.cleaned_data["number"]).first()
        if found is None:
            raise ValidationError(_("Select a number that is active."))
        return found


def _app_label(app: Any) -> str:
    return f"{app.name} ({registry.get(app.channel_type).name}, {app.app_id})"


class MomentField(forms.DateTimeField):
    """A moment in UTC and to the minute, which may be left open."""

    def __init__(self, *, label: Words) -> None:
        super().__init__(
            label=label,
            required=False,
            input_formats=[MINUTE, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
            widget=forms.DateTimeInput({"type": "datetime-local"}, format=MINUTE),
            error_messages={"invalid": _("Enter the moment like 2030-12-31T18:00")},
        )


class UrlField(forms.CharField):
    """A callback URL; ``field`` is its name in what the service refuses."""

    def __init__(self, *, field: str, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=URL_LENGTH, **kwargs)
        self.widget.attrs |= {"inputmode": "url", "autocomplete": "url", "spellcheck": "false"}
        self._field = field

    def clean(self, value: Any) -> str:
        """Return a URL of the right shape; whether it answers is asked on saving."""
        try:
            return checked_url(super().clean(value), field=self._field)
        except ValidationError as error:
            if hasattr(error, "error_dict"):
                raise ValidationError(error.messages) from None
            raise


class OutboundForm(ConsoleForm):
    """Where receipts go, and which: one field of ticks for each medium, ``kinds_<medium>``."""

    receipt_url = UrlField(
        field="receipt_url",
        label=_("Receipt callback URL"),
        help_text=_("Receipts are sent to it by POST, for example https://example.com/dr."),
    )
    save_anyway = forms.BooleanField(label=_SAVE_ANYWAY, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unmarked = tuple(f"kinds_{channel}" for channel in receipt_kinds())
        for channel, kinds in receipt_kinds().items():
            self.fields[f"kinds_{channel}"] = forms.MultipleChoiceField(
                label=_receipts_of(channel),
                choices=[(kind, KIND_WORDS.get(kind, kind)) for kind in kinds],
                initial=kinds,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
        self.order_fields([name for name in self.fields if name != "save_anyway"])

    def kinds(self) -> dict[str, list[str]]:
        """Return the chosen kinds by medium."""
        return kinds_of(self.cleaned_data)


def kinds_of(values: dict[str, Any]) -> dict[str, list[str]]:
    """Return the chosen kinds by medium from the cleaned values of ``OutboundForm``."""
    return {channel: list(values.get(f"kinds_{channel}", [])) for channel in all_kinds()}


def outbound_initial(service: Service) -> dict[str, Any]:
    """Return the outbound settings as ``OutboundForm`` begins with them."""
    chosen = {
        f"kinds_{channel}": service.receipt_kinds.get(channel, []) for channel in all_kinds()
    }
    return {"receipt_url": service.receipt_url, **chosen}


class SmsRulesForm(ConsoleForm):
    """What the texts of a service are for, and what happens in quiet hours."""

    sms_purpose = forms.ChoiceField(
        label=_("What its texts are for"),
        choices=Service.Purpose.choices,
        widget=forms.RadioSelect,
        help_text=_("Most countries have quiet hours and rules of content for advertising."),
    )
    sms_quiet_hours = forms.ChoiceField(
        label=_("A text that is due in the quiet hours of its country"),
        choices=Service.QuietHours.choices,
        widget=forms.RadioSelect,
        help_text=_("The hours are those of the recipient, see Tools, SMS RESTRICTIONS."),
    )


class InboundForm(ConsoleForm):
    """Where incoming messages go."""

    inbound_url = UrlField(
        field="inbound_url",
        label=_("Callback URL for incoming messages"),
        help_text=_("Messages of customers are sent to it by POST."),
    )
    typing_events = forms.BooleanField(
        label=_("Tell when a customer types"),
        required=False,
        help_text=_(
            "In apps: a call when somebody begins to type in a conversation, and ends."
        ),
    )
    save_anyway = forms.BooleanField(label=_SAVE_ANYWAY, required=False)

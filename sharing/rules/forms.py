"""The forms of rules: of the wizard's steps, of the cards of a rule, and of the simulation."""

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types import registry
from imiconnect.console.forms import ConsoleForm
from imiconnect.console.words import Words
from imiconnect.sharing.forms import MomentField, UrlField
from imiconnect.sharing.models import Service
from imiconnect.sharing.rules.checks import (
    NAME_LENGTH,
    TEXT_LENGTH,
    VALUE_LENGTH,
    checked_conditions,
)
from imiconnect.sharing.rules.models import Rule
from imiconnect.sharing.rules.templates import channel_problem, choices_of, offer_of
from imiconnect.sharing.rules.vocabulary import (
    Action,
    Listens,
    Operator,
    channel_name,
    fields_of,
)

Choices = list[tuple[str, Words]]
ROWS = 3
PAUSES = [
    (0, _("No pause")),
    (60, _("1 minute")),
    (3600, _("1 hour")),
    (86_400, _("1 day")),
    (604_800, _("7 days")),
]


def ways_of(service: Service, first: Words) -> Choices:
    """Return the apps and telecom channels that a service may use, behind ``first`` for any."""
    found: Choices = [("", first)]
    rows = service.allocations.usable().select_related("app")
    for row in rows.order_by("app__name", "id"):
        if row.app_id not in {key[4:] for key, _label in found}:
            name = registry.get(row.app.channel_type).name
            found.append((f"app:{row.app_id}", f"{row.app.name} ({name})"))
    used = service.number_allocations.values_list("channel", flat=True).distinct().order_by()
    found += [(f"channel:{name}", channel_name(name)) for name in sorted(used, reverse=False)]
    return list(dict(found).items())


def channels_of(service: Service, ways: set[str]) -> set[str]:
    """Return the channels of some keys of ``ways_of``."""
    apps = {uuid.UUID(key[4:]) for key in ways if key.startswith("app:")}
    kinds = service.allocations.filter(app__in=apps).values_list("app__channel_type", flat=True)
    named = {key.partition(":")[2] for key in ways if key.startswith("channel:")}
    return named | {registry.get(kind).channel for kind in kinds}


def way_key(channel: str, app_id: Any) -> str:
    """Return a channel and app as ``ways_of`` writes them."""
    if app_id:
        return f"app:{app_id}"
    return f"channel:{channel}" if channel else ""


def read_way(service: Service, key: str) -> tuple[str, Any]:
    """Return the channel and the app that a key of ``ways_of`` names."""
    kind, _sep, name = key.partition(":")
    if kind == "app":
        rows = service.allocations.usable().filter(app=uuid.UUID(name))
        row = rows.select_related("app").first()
        if row is None:
            raise ValidationError(_("The service does not use this app any more."))
        return registry.get(row.app.channel_type).channel, row.app
    return name, None


class WayForm(ConsoleForm):
    """The channel that a rule listens on."""

    way = forms.ChoiceField(label=_("Channel"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service = service
        ways = ways_of(service, _("Every channel of the service"))
        self.fields["way"].choices = ways  # type: ignore[attr-defined]  # a ChoiceField


class EventForm(ConsoleForm):
    """What a rule waits for."""

    listens = forms.ChoiceField(
        label=_("Event"),
        choices=Listens.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Select the event")},
    )


class ConditionsForm(ConsoleForm):
    """Some conditions; a row without a value is none. ``rows`` says how many are drawn."""

    def __init__(self, *args: Any, listens: str, rows: int = ROWS, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.listens = listens
        if listens == Listens.KEYWORD:
            self.fields["keywords"] = forms.CharField(
                label=_("Keywords"),
                max_length=VALUE_LENGTH,
                help_text=_("Separated by commas. The first word of the message is compared."),
                error_messages={"required": _("Enter the keyword")},
            )
        if self.data:
            rows = max(rows, sum(1 for name in self.data if name.startswith("field_")))
        for number in range(1, rows + 1):
            self.fields[f"field_{number}"] = self._field_of()
            self.fields[f"operator_{number}"] = forms.ChoiceField(
                label=_("Comparison"), choices=Operator.choices, required=False
            )
            self.fields[f"value_{number}"] = forms.CharField(
                label=_("Value"), max_length=VALUE_LENGTH, required=False
            )
        self.numbers = list(range(1, rows + 1))

    def _field_of(self) -> forms.Field:
        if self.listens == Listens.DEVICE:
            return forms.CharField(label=_("Attribute"), required=False, max_length=60)
        named = fields_of(self.listens)
        return forms.ChoiceField(label=_("What"), choices=list(named.items()), required=False)

    @property
    def rows(self) -> list[tuple[int, list[Any]]]:
        """The fields of each condition."""
        names = ("field", "operator", "value")
        return [
            (number, [self[f"{name}_{number}"] for name in names]) for number in self.numbers
        ]

    @property
    def first(self) -> Any:
        """The field of the keywords, None for other events."""
        return self["keywords"] if "keywords" in self.fields else None

    def clean(self) -> dict[str, Any]:
        """Gather the conditions."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        found = []
        if values.get("keywords"):
            found.append(
                {"field": "keyword", "operator": "one_of", "value": values["keywords"]}
            )
        for number in self.numbers:
            value = values.get(f"value_{number}", "")
            name = values.get(f"field_{number}", "")
            if value and not name:
                self.add_error(f"field_{number}", _("Enter the attribute to compare."))
            elif value:
                operator = values.get(f"operator_{number}") or "is"
                found.append({"field": name, "operator": operator, "value": value})
        if not self.errors:
            try:
                found = checked_conditions(self.listens, found)
            except ValidationError as error:
                self.add_error(None, error.messages)
        return {"conditions": found}


def conditions_initial(rule: Rule) -> dict[str, Any]:
    """Return the conditions of a rule as ``ConditionsForm`` begins with them."""
    initial: dict[str, Any] = {}
    number = 0
    for part in rule.conditions:
        first = rule.listens == Listens.KEYWORD and "keywords" not in initial
        if first and part["field"] == "keyword" and part["operator"] == "one_of":
            initial["keywords"] = part["value"]
            continue
        number += 1
        initial |= {f"{name}_{number}": part[name] for name in ("field", "operator", "value")}
    return initial


class ActionForm(ConsoleForm):
    """What a rule does."""

    action = forms.ChoiceField(
        label=_("Action"),
        choices=Action.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Select the action")},
    )


class CallForm(ConsoleForm):
    """What is said to whom."""

    recipient = forms.CharField(
        label=_("To"),
        max_length=200,
        initial="{{from}}",
        help_text=_("{{from}} is the customer of the event; {{profile.msisdn}} a profile's."),
    )
    text = forms.CharField(
        label=_("Text"), max_length=TEXT_LENGTH, widget=forms.Textarea({"rows": 4})
    )

    def __init__(self, *args: Any, listens: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = ", ".join(f"{{{{{name}}}}}" for name in fields_of(listens))
        self.fields["text"].help_text = _("It can name what the event tells: %s.") % known


class MessageForm(CallForm):
    """What is sent by which way to whom; ``channel`` is that of the event where it is known."""

    unmarked = ("text",)
    field_order = ("way", "recipient", "template", "text")
    way = forms.ChoiceField(label=_("Send by"), required=False)
    template = forms.TypedChoiceField(
        label=_("Message template"), required=False, coerce=uuid.UUID, empty_value=None
    )

    def __init__(self, *args: Any, service: Service, channel: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service, self.channel = service, channel
        ways = ways_of(service, _("The channel of the event"))
        now = self.initial.get("way", "")
        if now and now not in dict(ways):
            ways.append((now, _("An app that is no longer shared")))
        self.fields["way"].choices = ways  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["text"].required = False
        self._offer_templates({key for key, _label in ways if key})

    def _offer_templates(self, ways: set[str]) -> None:
        channels = channels_of(self.service, ways)
        kept = str(self.initial.get("template") or "")
        choices = choices_of(self.service, channels, kept)
        if len(choices) == 1:
            del self.fields["template"]
        else:
            self.fields["template"].choices = choices  # type: ignore[attr-defined]  # as above
            self.fields["template"].help_text = _("It is sent instead of the text below.")

    def clean(self) -> dict[str, Any]:
        """Ask for a text or a template of the channel; ``asks`` are its parameters."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        key = values.get("template")
        offer = offer_of(self.service, key)
        values["asks"] = offer.parameters if offer else ()
        if not key and not values.get("text"):
            self.add_error("text", _("Enter the text"))
        elif offer and "way" in values:
            sends_by = read_way(self.service, values["way"])[0] or self.channel
            if problem := channel_problem(offer, sends_by):
                self.add_error("template", problem)
        return values


class UrlForm(ConsoleForm):
    """The URL that hears of the event."""

    url = UrlField(
        field="url",
        label=_("URL"),
        help_text=_("The event is sent to it by POST, signed as receipts are."),
    )

    def clean_url(self) -> str:
        """Ask for one."""
        url = str(self.cleaned_data["url"])
        if not url:
            raise ValidationError(_("Enter the URL to notify."))
        return url


class TermsForm(ConsoleForm):
    """The name of a rule, when it is valid, and its limits."""

    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)
    starts_at = MomentField(label=_("Valid from, in UTC"))
    ends_at = MomentField(label=_("Valid until, in UTC"))
    limit_per_minute = forms.IntegerField(
        label=_("Actions a minute at most"), min_value=1, max_value=10_000, initial=60
    )
    pause_seconds = forms.TypedChoiceField(
        label=_("Pause for each customer"),
        choices=PAUSES,
        coerce=int,
        initial=0,
        help_text=_("After an action, none for the same customer for so long."),
    )
    stops = forms.BooleanField(label=_("Leave out later rules when it matches"), required=False)
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)

    def clean(self) -> dict[str, Any]:
        """Hold the order of the two ends."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        starts, ends = values.get("starts_at"), values.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("The end must come after the beginning."))
        return values


class SimulationForm(ConsoleForm):
    """An event to try: what it tells, by its kind. ``told`` and ``before`` are its values."""

    way = forms.ChoiceField(label=_("It comes by"), required=False)
    address = forms.CharField(
        label=_("Customer's address"),
        max_length=128,
        initial="alice",
        help_text=_("A user ID, or a number with its country code."),
    )

    def __init__(self, *args: Any, service: Service, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service, self.kind = service, kind
        ways = ways_of(service, _("No channel in particular"))
        if len(ways) > 1:
            ways = ways[1:]
        self.fields["way"].choices = ways  # type: ignore[attr-defined]  # a ChoiceField
        for name, label in fields_of(kind).items():
            if name not in ("from", "channel", "keyword", "to"):
                self.fields[f"told_{name}"] = forms.CharField(
                    label=label, required=False, max_length=VALUE_LENGTH
                )
        if kind == Listens.DEVICE:
            hint = _("One a line, like battery = 4. A second value is what it was before.")
            self.fields["attributes"] = forms.CharField(
                label=_("Attributes"),
                required=False,
                widget=forms.Textarea({"rows": 3}),
                help_text=hint,
                initial="battery = 4, 40",
            )

    def told(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the event tells, and what a device told before."""
        told = {
            name.removeprefix("told_"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("told_") and value
        }
        before: dict[str, Any] = {}
        for line in str(self.cleaned_data.get("attributes", "")).splitlines():
            name, _sep, values = (part.strip() for part in line.partition("="))
            now, comma, then = (part.strip() for part in values.partition(","))
            if name and now:
                told[name] = now
            if name and comma and then:
                before[name] = then
        return told, before


def details_form(action: str) -> type[forms.Form]:
    """Return the form of what an action needs."""
    forms_of: Mapping[str, type[forms.Form]] = {
        Action.MESSAGE: MessageForm,
        Action.CALL: CallForm,
        Action.URL: UrlForm,
    }
    return forms_of[action]


def details_of(service: Service, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of a rule in the cleaned values of such a form."""
    parts = {name: value for name, value in values.items() if name not in ("way", "asks")}
    if "way" in values:
        parts["send_channel"], parts["send_app"] = read_way(service, values["way"])
    return parts

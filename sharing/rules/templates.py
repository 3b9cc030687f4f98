"""Rules that send a message template instead of a text of their own.

Templates belong to the package above, which offers them through ``ports.py``. A rule keeps the
id alone: a template that is deleted leaves the rule, whose actions are then refused with a
reason, as requests that name it are.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.console.forms import ConsoleForm
from imiconnect.console.words import Words
from imiconnect.sharing.models import Service
from imiconnect.sharing.ports import TemplateOffer, answers
from imiconnect.sharing.rules.vocabulary import Listens, channel_name, fields_of

VALUE_LENGTH = 1000
#: Begins the name of the field of each parameter, in every form that asks for them.
FIELD = "parameter-"
DELETED = _("The template is deleted: nothing is sent until the rule has another one.")


def offer_of(service: Service, key: uuid.UUID | None) -> TemplateOffer | None:
    """Return a template that the service may send, None where there is none any more."""
    found = answers.message_templates(service, key) if key else []
    return found[0] if found else None


def channel_problem(offer: TemplateOffer, channel: str) -> Words:
    """Return why a rule that sends by a channel cannot send a template, or nothing.

    An empty ``channel`` is whatever the event comes by.
    """
    if offer.channel == channel:
        return ""
    named = {"channel": channel_name(offer.channel)}
    return _("The template is for %(channel)s: select an app or channel of it to send by.") % (
        named
    )


def default_value(name: str, listens: str) -> str:
    """Return what fills in a parameter unless somebody says: what the event tells, if it does.

    Else it is what the customer's profile says under that name.
    """
    tells = name in fields_of(listens)
    return f"{{{{{name}}}}}" if tells else f"{{{{profile.{name}}}}}"


def parameters_for(
    offer: TemplateOffer, given: Mapping[str, Any], listens: str
) -> dict[str, str]:
    """Return a value for each parameter of a template; others are forgotten."""
    return {
        name: str(given[name]) if name in given else default_value(name, listens)
        for name in offer.parameters
    }


def choices_of(service: Service, channels: set[str], kept: str = "") -> list[tuple[str, Words]]:
    """Return the templates for these channels, behind "none"; one in ``kept`` stays."""
    found: list[tuple[str, Words]] = [("", _("None: the text below"))]
    for offer in answers.message_templates(service, None):
        if offer.channel in channels:
            found.append((str(offer.id), f"{offer.name} · {channel_name(offer.channel)}"))
    if kept and kept not in dict(found):
        found.append((kept, _("A template that is deleted")))
    return found


class ParametersForm(ConsoleForm):
    """What fills in each parameter of a template; it can name what the event tells."""

    def __init__(self, *args: Any, names: tuple[str, ...], listens: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = ", ".join(f"{{{{{name}}}}}" for name in fields_of(listens))
        told: Words = _("It can name what the event tells: %s.") % known
        if listens == Listens.DEVICE:
            told = _("It can name attributes of the device, like {{battery}}.")
        for place, name in enumerate(names):
            self.fields[f"{FIELD}{name}"] = forms.CharField(
                label=f"$({name})",
                max_length=VALUE_LENGTH,
                initial=default_value(name, listens),
                required=False,
                help_text="" if place else told,
                widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
            )
        self.unmarked = tuple(self.fields)


def parameters_in(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters in the values of such a form."""
    return {
        name.removeprefix(FIELD): str(value)
        for name, value in values.items()
        if name.startswith(FIELD)
    }


def parameters_initial(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of a rule as such a form begins with them."""
    return {f"{FIELD}{name}": value for name, value in parameters.items()}

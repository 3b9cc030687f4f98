"""The words of rules: which events there are, what they tell, and how it can be compared."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types import registry
from imiconnect.console.words import Words


class Listens(models.TextChoices):
    """What a rule waits for. A keyword is a message that begins with it."""

    MESSAGE = "message", _("Incoming message")
    KEYWORD = "keyword", _("Keyword")
    POSTBACK = "postback", _("Postback")
    OPTIN = "optin", _("Plugin opt-in")
    REFERRAL = "referral", _("Link or code followed")
    DEVICE = "device", _("Device event")
    RECEIPT = "receipt", _("Receipt")


class Action(models.TextChoices):
    """What a rule does."""

    MESSAGE = "message", _("Send a message")
    CALL = "call", _("Place a call")
    URL = "url", _("Notify a URL")


class Operator(models.TextChoices):
    """How a condition compares; text in any case, spaces at its ends do not count."""

    IS = "is", _("is")
    IS_NOT = "is_not", _("is not")
    ONE_OF = "one_of", _("is one of (a, b, c)")
    CONTAINS = "contains", _("contains")
    STARTS_WITH = "starts_with", _("starts with")
    BELOW = "below", _("is below")
    ABOVE = "above", _("is above")
    #: So that a battery at 4, then 3, then 2 percent is one event and not three.
    FALLS_BELOW = "falls_below", _("falls below")


#: What every event tells.
COMMON: Mapping[str, Words] = {
    "from": _("Customer's address"),
    "to": _("Number or app it came to"),
    "channel": _("Channel"),
    "customer_id": _("Customer ID"),
}
_OF_MESSAGES = {"text": _("Text"), "keyword": _("Keyword (first word)")}
#: What the events of each kind tell beside that. A device tells its own attributes.
TOLD: Mapping[str, Mapping[str, Words]] = {
    Listens.MESSAGE: _OF_MESSAGES,
    Listens.KEYWORD: _OF_MESSAGES,
    Listens.POSTBACK: {"payload": _("Payload"), "title": _("Label of the button")},
    Listens.OPTIN: {"ref": _("Reference of the plugin"), "plugin": _("Plugin")},
    Listens.REFERRAL: {
        "ref": _("Reference of the link"),
        "source": _("Source"),
        "type": _("Type"),
    },
    Listens.DEVICE: {"event": _("Kind of event"), "name": _("Name of the event")},
    Listens.RECEIPT: {
        "status": _("Status"),
        "code": _("Code"),
        "reason": _("Reason"),
        "correlation_id": _("Correlation ID"),
    },
}
#: The media of telecom, which have numbers and no apps.
TELECOM: Mapping[str, Words] = {"sms": _("SMS"), "voice": _("Voice")}


def event_kind(listens: str) -> str:
    """Return the kind of event that a rule waits for: a keyword comes as a message."""
    return Listens.MESSAGE if listens == Listens.KEYWORD else listens


def fields_of(listens: str) -> dict[str, Words]:
    """Return what a condition of such a rule can look at."""
    return {**TOLD.get(listens, {}), **COMMON}


def channel_name(channel: str) -> Words:
    """Return what a medium is called."""
    if channel in TELECOM:
        return TELECOM[channel]
    try:
        return registry.serving(channel).name
    except KeyError:
        return channel

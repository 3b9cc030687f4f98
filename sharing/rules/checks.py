"""What a rule must be: every sentence that a form, a wizard or a call can be answered."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from imiconnect.callback_urls import checked_url
from imiconnect.sharing.rules.matching import number_of
from imiconnect.sharing.rules.rendering import names_in
from imiconnect.sharing.rules.vocabulary import (
    Action,
    Listens,
    Operator,
    channel_name,
    fields_of,
)

MOST_CONDITIONS = 10
TEXT_LENGTH, NAME_LENGTH, VALUE_LENGTH = 4000, 100, 1000
MOST_A_MINUTE, LONGEST_PAUSE = 10_000, 30 * 86_400
_NAME = re.compile(r"[\w.-]{1,60}")
_NUMBERS = (Operator.BELOW, Operator.ABOVE, Operator.FALLS_BELOW)


def checked_conditions(
    listens: str, conditions: Iterable[Mapping[str, str]]
) -> list[dict[str, str]]:
    """Return conditions in order; raises ``ValidationError`` on ``conditions``."""
    found = []
    for number, part in enumerate(conditions, start=1):
        problem = _problem(listens, part)
        if problem:
            words = {"number": number, "problem": problem}
            text = _("Condition %(number)s: %(problem)s")
            raise ValidationError({"conditions": [text % words]})
        found.append(
            {
                "field": str(part["field"]),
                "operator": str(part["operator"]),
                "value": str(part["value"]).strip(),
            }
        )
    if len(found) > MOST_CONDITIONS:
        raise ValidationError({"conditions": [_("A rule can have 10 conditions.")]})
    if listens == Listens.KEYWORD and not any(part["field"] == "keyword" for part in found):
        raise ValidationError({"conditions": [_("Enter the keyword that the rule waits for.")]})
    return found


def is_told(listens: str, name: str) -> bool:
    """Tell whether an event of this kind can have a value of this name."""
    if listens == Listens.DEVICE or name.startswith("profile."):
        return True
    return name in fields_of(listens)


def _problem(listens: str, part: Mapping[str, str]) -> Any:
    name, value = str(part.get("field", "")), str(part.get("value", "")).strip()
    if not _NAME.fullmatch(name) or not is_told(listens, name):
        return _("the event does not tell “%s”.") % name[:60]
    operator = part.get("operator", "")
    if operator not in Operator.values:
        return _("there is no comparison “%s”.") % str(operator)[:60]
    if not value:
        return _("enter the value to compare with.")
    if len(value) > VALUE_LENGTH:
        return _("the value must be 1,000 characters or fewer.")
    if operator in _NUMBERS and number_of(value) is None:
        return _("“%s” is not a number.") % value[:60]
    return None


def checked_parts(parts: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a rule in order; raises ``ValidationError`` by field."""
    name = " ".join(str(parts["name"]).split())
    if not name or len(name) > NAME_LENGTH:
        raise ValidationError({"name": [_("Enter a name of 100 characters or fewer.")]})
    if parts["listens"] not in Listens.values:
        raise ValidationError({"listens": [_("Select what the rule waits for.")]})
    starts, ends = parts["starts_at"], parts["ends_at"]
    if starts and ends and ends <= starts:
        raise ValidationError({"ends_at": [_("The end must come after the beginning.")]})
    _check_range("limit_per_minute", parts, 1, MOST_A_MINUTE)
    _check_range("pause_seconds", parts, 0, LONGEST_PAUSE)
    if parts["channel"] and channel_name(parts["channel"]) == parts["channel"]:
        raise ValidationError({"channel": [_("There is no such channel.")]})
    return parts | {"name": name} | _checked_action(parts)


def _check_range(name: str, parts: dict[str, Any], least: int, most: int) -> None:
    if not least <= int(parts[name]) <= most:
        sentence = _("Enter a number from %(least)s to %(most)s.")
        raise ValidationError({name: [sentence % {"least": least, "most": most}]})


def _checked_action(parts: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of the action; those of other actions are emptied."""
    empty: dict[str, Any] = {
        "send_channel": "",
        "send_app": None,
        "recipient": "",
        "text": "",
        "template": None,
        "parameters": {},
        "url": "",
    }
    action = parts["action"]
    if action == Action.URL:
        url = checked_url(str(parts["url"]), field="url")
        if not url:
            raise ValidationError({"url": [_("Enter the URL to notify.")]})
        return empty | {"url": url}
    if action not in Action.values:
        raise ValidationError({"action": [_("Select what the rule does.")]})
    said = _checked_words(parts)
    recipient = str(parts["recipient"]).strip()
    if not recipient or len(recipient) > 200:
        raise ValidationError({"recipient": [_("Enter to whom it goes, like {{from}}.")]})
    _check_names("recipient", recipient, parts["listens"])
    kept = (
        {}
        if action == Action.CALL
        else {name: parts[name] for name in ("send_channel", "send_app")}
    )
    channel = kept.get("send_channel", "")
    if channel and channel_name(channel) == channel:
        raise ValidationError({"send_channel": [_("There is no such channel.")]})
    return empty | kept | said | {"recipient": recipient}


def _checked_words(parts: dict[str, Any]) -> dict[str, Any]:
    """Return what is sent: a template with its parameters, or else the text."""
    if parts["action"] == Action.MESSAGE and parts["template"]:
        for name, value in parts["parameters"].items():
            if len(value) > VALUE_LENGTH:
                sentence = _("$(%s) must be 1,000 characters or fewer.") % name
                raise ValidationError({"parameters": [sentence]})
            _check_names("parameters", value, parts["listens"])
        return {"template": parts["template"], "parameters": parts["parameters"]}
    text = str(parts["text"]).strip()
    if not text:
        raise ValidationError({"text": [_("Enter the text.")]})
    if len(text) > TEXT_LENGTH:
        raise ValidationError({"text": [_("Text must be 4,000 characters or fewer.")]})
    _check_names("text", text, parts["listens"])
    return {"text": text}


def _check_names(field: str, text: str, listens: str) -> None:
    """Refuse a variable that no event of this kind has: it would always be empty."""
    if listens == Listens.DEVICE:
        return
    known = fields_of(listens)
    for name in names_in(text):
        if name not in known and not name.startswith("profile."):
            told = ", ".join(f"{{{{{word}}}}}" for word in known)
            sentence = _("The event does not tell {{%(name)s}}. It tells %(told)s.")
            words = {"name": name, "told": told}
            raise ValidationError({field: [sentence % words]})

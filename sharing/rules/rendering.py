"""What a rule does about an event, filled in: the request, or the body for the URL; no I/O."""

import re
from collections.abc import Mapping
from typing import Any

from imiconnect.apps.channel_types import registry
from imiconnect.sharing.rules.events import Event
from imiconnect.sharing.rules.models import Rule
from imiconnect.sharing.rules.vocabulary import Action

_VARIABLE = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")
#: How the Messaging API names addresses, where no provider's channel type says it.
_ADDRESSES = {"rt": "userid", "sms": "msisdn", "voice": "msisdn", "push": "customerid"}


def address_word(channel: str) -> str:
    """Return the key of ``destination[]`` for an address of a medium."""
    for kind in registry.all_types():
        if kind.channel == channel and kind.request:
            return kind.request.id_types[0]
    return _ADDRESSES.get(channel, "userid")


def names_in(text: str) -> list[str]:
    """Return the variables that a text names."""
    return _VARIABLE.findall(text)


def filled(text: str, variables: Mapping[str, Any]) -> str:
    """Return a text with its variables filled in; what the event does not tell is empty."""
    return _VARIABLE.sub(lambda found: _written(variables.get(found[1], "")), text)


def _written(value: Any) -> str:
    """Return a value as people write it: a charge of 4.0 percent is 4."""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value)


def render(
    rule: Rule, event: Event, variables: Mapping[str, Any], app_ids: Mapping[Any, str]
) -> dict[str, Any]:
    """Return the action; ``app_ids`` has the App ID of each app by its key."""
    if rule.action == Action.URL:
        return {"kind": "url", "url": rule.url, "body": _told(rule, event, variables)}
    channel, app = _way(rule, event)
    address = filled(rule.recipient, variables).strip()
    request: dict[str, Any] = {
        "deliverychannel": channel,
        "destination": [{address_word(channel): [address]}],
    }
    own = _sender(channel, event)
    if rule.template:
        request["message"] = _template(rule, variables)
    else:
        own = _content(channel, filled(rule.text, variables)) | own
    if own:
        request["channels"] = {channel: own}
    if app:
        request["appid"] = app_ids.get(app, "")
    if channel == event.channel and address == event.address:
        _keep_place(request, channel, event, variables)
    return {"kind": "message", "request": request}


def _template(rule: Rule, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``message`` of a request that sends a template."""
    parameters = {name: filled(text, variables) for name, text in rule.parameters.items()}
    return {"template": str(rule.template), "parameters": parameters}


def _keep_place(
    request: dict[str, Any], channel: str, event: Event, variables: Mapping[str, Any]
) -> None:
    """Answer in the thread, or from the number, that the customer wrote to."""
    if event.thread_id and channel == "rt":
        request["thread"] = str(event.thread_id)
    if channel == "sms" and variables.get("to"):
        own = request.setdefault("channels", {}).setdefault(channel, {})
        own["senderid"] = str(variables["to"])


def _way(rule: Rule, event: Event) -> tuple[str, Any]:
    """Return by which medium and app it sends."""
    if rule.action == Action.CALL:
        return "voice", None
    if rule.send_channel:
        return rule.send_channel, rule.send_app_id
    return event.channel, event.app_id


def _content(channel: str, text: str) -> dict[str, Any]:
    if channel == "rt":
        return {"message": {"text": text}}
    if channel == "push":
        return {name: {"text": text} for name in ("ios", "android", "web")}
    return {"text": text}


def _sender(channel: str, event: Event) -> dict[str, str]:
    """Answer a text from the number that it came to."""
    to = event.values.get("to")
    return {"senderid": str(to)} if to and channel == event.channel == "sms" else {}


def _told(rule: Rule, event: Event, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a notification: the event and which rule it was."""
    return {
        "event": event.kind,
        "eventId": str(event.id),
        "rule": {"id": str(rule.pk), "name": rule.name},
        "channel": event.channel,
        "tid": str(event.message_id) if event.message_id else "",
        "timeStamp": event.at.isoformat(),
        "data": {name: value for name, value in variables.items() if value not in (None, "")},
    }

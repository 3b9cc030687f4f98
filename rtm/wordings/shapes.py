"""A template's content as a form has it: a text, a title for push, and the rest as JSON."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from imiconnect.rtm.intake import media
from imiconnect.rtm.models import Channel, MessageTemplate
from imiconnect.rtm.push.content import PLATFORMS

_ADDRESSES = {"msisdn": "447700900123"}
_SYSTEMS = {"ios": _("iOS"), "android": _("Android"), "web": _("Browsers")}


def text_of(channel: str, content: dict[str, Any]) -> str:
    """Return the text of a content, as lists show it."""
    if channel == Channel.PUSH:
        parts = [_object(content.get(name)) for name in PLATFORMS]
        return next((str(part["text"]) for part in parts if part.get("text")), "")
    if channel == Channel.RT:
        return _message_text(content.get("message"))
    return str(content.get("text") or "")


@dataclass(frozen=True)
class Shown:
    """A notification as some systems show it."""

    systems: str
    title: str
    text: str
    url: str


def platforms_in(content: dict[str, Any]) -> list[str]:
    """Return the systems that a push content is for."""
    return [name for name in PLATFORMS if content.get(name)]


def notifications_in(channel: str, content: dict[str, Any]) -> list[Shown]:
    """Return what a push content shows, once for the systems on which it is the same."""
    if channel != Channel.PUSH:
        return []
    found: dict[tuple[str, ...], list[str]] = {}
    for name in platforms_in(content):
        part = _object(content[name])
        key = tuple(str(part.get(word) or "") for word in ("title", "text", "url"))
        found.setdefault(key, []).append(str(_SYSTEMS[name]))
    return [Shown(", ".join(names), *key) for key, names in found.items()]


def joined(channel: str, text: str, title: str, more: dict[str, Any]) -> dict[str, Any]:
    """Return the content that a form stands for; what ``more`` says goes before."""
    if channel == Channel.PUSH:
        platforms = [name for name in PLATFORMS if name in more] or list(PLATFORMS)
        words = {"text": text} | ({"title": title} if title else {})
        own = {name: words | _object(more.get(name)) for name in platforms}
        return more | own
    if channel == Channel.RT:
        message = ({"text": text} if text else {}) | _object(more.get("message"))
        return more | ({"message": message} if message else {})
    return ({"text": text} if text else {}) | more


def split(channel: str, content: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Return text, title and the rest of a content: ``joined`` makes the same of them."""
    if channel == Channel.PUSH:
        return _split_push(content)
    rest = dict(content)
    if channel == Channel.RT:
        message = rest.pop("message", None)
        text = _message_text(message)
        inner = {name: part for name, part in _object(message).items() if name != "text"}
        return text, "", rest | ({"message": inner} if inner else {})
    return str(rest.pop("text", "") or ""), "", rest


def _split_push(content: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    parts = {name: dict(_object(content[name])) for name in PLATFORMS if name in content}
    common = {}
    for word in ("text", "title"):
        values = {str(part.get(word, "")) for part in parts.values()}
        common[word] = values.pop() if len(values) == 1 else ""
        if common[word]:
            for part in parts.values():
                part.pop(word, None)
    more = {name: value for name, value in content.items() if name not in PLATFORMS}
    if len(parts) == len(PLATFORMS) and not any(parts.values()):
        parts = {}
    return common["text"], common["title"], more | parts


def _message_text(message: Any) -> str:
    return message if isinstance(message, str) else str(_object(message).get("text") or "")


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def example_of(template: MessageTemplate, parameters: dict[str, str]) -> dict[str, Any]:
    """Return a request that sends a template; what is the sender's own is made up."""
    medium = media.serving(template.channel)
    assert medium is not None  # noqa: S101 - its content was checked by it
    kind = medium.id_types[0]
    message: dict[str, Any] = {"template": template.name}
    if parameters:
        message["parameters"] = parameters
    body: dict[str, Any] = {
        "deliverychannel": medium.names[0],
        "destination": [{kind: [_ADDRESSES.get(kind, "alice")]}],
        "message": message,
    }
    return body | ({"appid": "AB12345678"} if medium.needs_app else {})

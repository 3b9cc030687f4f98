"""The content of a message through a provider: from the documented object to the payload.

The object of every OTT channel is alike (facts/imiconnect.md, section 13): ``text``,
``attachment{type, payload}``, ``quick_reply{options[]}``. What a channel takes of it is for
its handler to say.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from imiconnect.console.words import Words
from imiconnect.rtm.intake.answers import invalid, missing

MAX_TEXT = 10_000
_MAX_NAME = 200
TEMPLATE = "template"


class Option(msgspec.Struct, kw_only=True):
    """A quick reply: what is shown, and what comes back when it is pressed."""

    label: str = ""
    description: str = ""
    metadata: str = ""


class QuickReply(msgspec.Struct, kw_only=True):
    """The buttons below a message."""

    type: str = "options"
    options: list[Option] = []


class Attachment(msgspec.Struct, kw_only=True):
    """A file by its address or the provider's id of it, or a template of the provider."""

    type: str
    payload: dict[str, Any] = {}
    url: str = ""
    contentType: str = ""


class Content(msgspec.Struct, kw_only=True):
    """Everything that the object may have."""

    text: str = ""
    attachment: Attachment | None = None
    quick_reply: QuickReply | None = None
    tag: str = ""


Problem = Callable[[Mapping[str, Any]], Words]


def normalizer(problem_of: Problem) -> Callable[[Any, str], dict[str, Any]]:
    """Return the function that makes payloads of a channel; ``problem_of`` is its handler's."""

    def normalized(value: Any, where: str) -> dict[str, Any]:
        payload = _payload(_converted(value, where), where)
        if problem := problem_of(payload):
            raise invalid(f"{where}: {problem}")
        return payload

    return normalized


def _converted(value: Any, where: str) -> Content:
    try:
        return msgspec.convert({"text": value} if isinstance(value, str) else value, Content)
    except msgspec.ValidationError as error:
        raise invalid(f"{where} is not as documented: {error}.") from None


def _payload(content: Content, where: str) -> dict[str, Any]:
    if len(content.text) > MAX_TEXT:
        raise invalid(f"{where}.text is longer than {MAX_TEXT} characters.")
    payload: dict[str, Any] = {"message": content.text}
    if content.attachment:
        payload |= _attached(content.attachment, where)
    if content.quick_reply and content.quick_reply.options:
        options = [
            {"title": o.label, "payload": o.metadata, "description": o.description}
            for o in content.quick_reply.options
        ]
        payload["quickReplies"] = {"options": options}
    if content.tag:
        payload["tag"] = content.tag
    if not content.text and not content.attachment:
        raise missing(f"{where}.text")
    return payload


def _attached(attachment: Attachment, where: str) -> dict[str, Any]:
    if attachment.type == TEMPLATE:
        if not attachment.payload:
            raise missing(f"{where}.attachment.payload")
        return {TEMPLATE: attachment.payload}
    url = attachment.url or attachment.payload.get("url", "")
    media_id = attachment.payload.get("media_id", "")
    if not (isinstance(url, str) and isinstance(media_id, str)) or not (url or media_id):
        raise missing(f"{where}.attachment.payload.url")
    if url and not url.startswith(("https://", "http://")):
        raise invalid(f"{where}.attachment.payload.url is not the address of a file.")
    part = {"contentType": attachment.contentType or attachment.type, "file": url}
    name = attachment.payload.get("name", "")
    more = {"id": media_id, "thumbnail": _thumbnail(attachment, where)}
    more["name"] = name[:_MAX_NAME] if isinstance(name, str) else ""
    return {"media": [part | {name: value for name, value in more.items() if value}]}


def _thumbnail(attachment: Attachment, where: str) -> str:
    url = attachment.payload.get("thumbnail", "")
    if url and not (isinstance(url, str) and url.startswith(("https://", "http://"))):
        raise invalid(f"{where}.attachment.payload.thumbnail is not the address of a picture.")
    return str(url)

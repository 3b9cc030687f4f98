"""What a message says besides its text, as a person reads it: choices, answers, files.

Shapes as in facts/imiconnect.md, section 17, and those of the channels of providers
(``ott/taking.py``). Customers write all of it, so nothing here is trusted: a value is text that
a template escapes, and only http and https addresses are links.
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.events import NO_ROOM
from imiconnect.console.words import Words
from imiconnect.rtm.media import addresses
from imiconnect.rtm.models import MediaFile, Message
from imiconnect.rtm.processors.mo_forms import FIELDS

#: More than this of one message is in the message log alone.
_MOST, _LONGEST, _LONGEST_NAME = 40, 1000, 200
#: What no browser that we support draws (``media/parsing.py``).
_UNDRAWN = frozenset({"image/heic", "image/heif"})
_KINDS: dict[str, Words] = {
    "formResponse": _("Form answer"),
    "quickReplyPostback": _("Quick reply"),
    "templatePostback": _("Button pressed"),
    "webUrl": _("Link opened"),
    "optin": _("Opted in"),
    "optout": _("Opted out"),
    "referral": _("Came by a link"),
}
_NAMES: dict[str, Words] = {
    "title": _("Choice"), "payload": _("Value"), "reference": _("Reference"),
    "identifier": _("Identifier"), "url": _("Address"), "ref": _("Reference"),
    "source": _("Source"), "type": _("Type"), "plugin": _("Plugin"),
}  # fmt: skip
_FILES: dict[str, Words] = {
    "image": _("Image"), "audio": _("Sound"), "video": _("Film"), "location": _("Place"),
    "template": _("Template"), "url": _("Link"),
}  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """One line of a definition list."""

    name: Words
    value: str


@dataclass(frozen=True)
class File:
    """A file of a message by its place in the message, from 0.

    ``key`` is set for a file that this platform keeps: its address is signed anew for who may
    see it. ``url`` is another server's. Without both it is not kept any more, or no file.
    """

    place: int
    kind: Words
    content_type: str = ""
    size: int = 0
    key: uuid.UUID | None = None
    url: str = ""
    host: str = ""
    where: str = ""
    is_gone: bool = False
    #: It was never kept: the app's storage was full.
    had_no_room: bool = False
    has_picture: bool = False
    name: str = ""

    @property
    def words(self) -> Words:
        """Return what the file is called, or else what it is."""
        return self.name or self.kind


@dataclass(frozen=True)
class Content:
    """What a message says; ``kind`` names what the facts are."""

    text: str
    kind: Words = ""
    facts: tuple[Fact, ...] = ()
    files: tuple[File, ...] = ()


def contents_of(messages: Iterable[Message]) -> dict[uuid.UUID, Content]:
    """Return what each message says; one query for the files of all, ``app`` is to be there."""
    listed = list(messages)
    keys = {key for message in listed for key in _keys(message)}
    kept = {row.pk: row for row in MediaFile.objects.filter(pk__in=keys)} if keys else {}
    return {message.pk: _content(message, kept) for message in listed}


def preview_of(message: Message) -> str:
    """Return one line that says what a message is."""
    if text := text_of(message) or answer_in(message.payload):
        return text
    return ", ".join(str(_kind_of(item)) for item in media_of(message)[:3])


def answer_in(payload: Mapping[str, Any]) -> str:
    """Return one line that says what a customer has answered without words, or nothing."""
    kind, facts = told_in(payload)
    if not kind:
        return ""
    values = " · ".join(fact.value for fact in facts[:3] if fact.value)
    return f"{kind}: {values}" if values else str(kind)


def text_of(message: Message) -> str:
    """Return the text of a message."""
    return _text_in(message.payload)


def _text_in(payload: Mapping[str, Any]) -> str:
    return str(payload.get("message") or payload.get("text") or "")


def media_of(message: Message) -> list[dict[str, Any]]:
    """Return the files of a message as its sender has described them."""
    media = message.payload.get("media")
    listed = media if isinstance(media, list) else []
    return [item for item in listed if isinstance(item, dict)]


def key_of(message: Message, item: Mapping[str, Any]) -> uuid.UUID | None:
    """Return the file of this platform that a message names by an address of its app."""
    url = item.get("file")
    if message.app is None or not isinstance(url, str):
        return None
    try:
        found = addresses.read(message.app.app_id, url)
    except ValueError:  # an address such as http://[x
        return None
    return found[0] if found else None


def had_no_room(item: Mapping[str, Any]) -> bool:
    """Tell whether a file was not kept because the app's storage was full."""
    return item.get("missing") == NO_ROOM


def kept_file(message: Message, place: int) -> MediaFile | None:
    """Return the file at a place of a message, from 0, if this platform keeps it."""
    media = media_of(message)
    key = key_of(message, media[place]) if place < len(media) else None
    if key is None:
        return None
    found: MediaFile | None = MediaFile.objects.filter(pk=key, app=message.app_id).first()
    return found


def is_drawn(content_type: str) -> bool:
    """Tell whether a browser can show a file of this type as a picture."""
    return content_type.startswith("image/") and content_type not in _UNDRAWN


def _keys(message: Message) -> list[uuid.UUID]:
    found = (key_of(message, item) for item in media_of(message)[:_MOST])
    return [key for key in found if key]


def _content(message: Message, kept: Mapping[uuid.UUID, MediaFile]) -> Content:
    kind, facts = told_in(message.payload)
    files = tuple(
        _file(message, place, item, kept)
        for place, item in enumerate(media_of(message)[:_MOST])
    )
    return Content(text_of(message), kind, tuple(facts[:_MOST]), files)


def told_in(payload: Mapping[str, Any]) -> tuple[Words, list[Fact]]:
    """Return what a customer has done, or a service offers, beside the text."""
    data, event = payload.get("interactiveData"), payload.get("event")
    if isinstance(data, dict) and data:
        kind = _KINDS.get(str(data.get("type")), _("Answer"))
        return kind, _answers(data, _text_in(payload), payload.get(FIELDS))
    if isinstance(event, str) and event in _KINDS:
        return _KINDS[event], _named(payload.get("extras"))
    options = payload.get("quickReplies")
    listed = options.get("options") if isinstance(options, dict) else None
    if isinstance(listed, list) and listed:
        titles = [str(item.get("title", "")) for item in listed if isinstance(item, dict)]
        return _("Choices offered"), [Fact(_("Choices"), _short(" · ".join(titles)))]
    return "", []


def _answers(data: Mapping[str, Any], text: str, form: Any) -> list[Fact]:
    """Return the answers of a form by its fields, or the parts of another answer."""
    rest = {name: value for name, value in data.items() if name not in ("type", "payload")}
    if rest.get("title") == text:
        rest.pop("title", None)  # a button's label, which is the text of the message too
    payload = data.get("payload")
    if isinstance(payload, dict):
        fields = [Fact(label, _words(value)) for label, value in _in_order(payload, form)]
        return [*fields, *_named(rest)]
    if isinstance(payload, list) and all(isinstance(item, dict) for item in payload):
        fields = [
            Fact(str(item.get("label") or item.get("name") or ""), _words(item.get("value")))
            for item in payload
        ]
        return [*fields, *_named(rest)]
    return _named(rest | {"payload": payload})


def _in_order(payload: Mapping[str, Any], form: Any) -> list[tuple[str, Any]]:
    """Return label and answer of each field as the form has them; other answers follow."""
    labels = {field["name"]: field["label"] for field in form or ()}
    known = [(label, payload[name]) for name, label in labels.items() if name in payload]
    return known + [(name, value) for name, value in payload.items() if name not in labels]


def _named(values: Any) -> list[Fact]:
    if not isinstance(values, dict):
        return []
    return [
        Fact(_NAMES.get(str(name), str(name)), _words(value))
        for name, value in values.items()
        if value not in (None, "", [], {})
    ]


def _words(value: Any) -> str:
    if isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value):
        return _short(", ".join(str(item) for item in value))
    if isinstance(value, (dict, list)):
        return _short(json.dumps(value, ensure_ascii=False))
    return "" if value is None else _short(str(value))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _file(
    message: Message, place: int, item: Mapping[str, Any], kept: Mapping[uuid.UUID, MediaFile]
) -> File:
    kind, said = _kind_of(item), str(item.get("contentType") or "")[:100]
    name = str(item.get("name") or "")[:_LONGEST_NAME]
    key = key_of(message, item)
    row = kept.get(key) if key else None
    if row and row.app_id == message.app_id:
        drawn = row.has_preview or is_drawn(row.content_type)
        kept_as = row.content_type, row.size, row.pk
        return File(place, kind, *kept_as, has_picture=drawn, name=name)
    if key:
        return File(place, kind, said, is_gone=True, name=name)
    if item.get("latitude") is not None and item.get("longitude") is not None:
        where = f"{_words(item['latitude'])}, {_words(item['longitude'])}"
        return File(place, _FILES["location"], where=where)
    url = str(item.get("file") or item.get("url") or "")
    host = _host(url)
    if not host and had_no_room(item):
        return File(place, kind, said, had_no_room=True, name=name)
    return File(place, kind, said, url=url if host else "", host=host, name=name)


def _kind_of(item: Mapping[str, Any]) -> Words:
    if item.get("latitude") is not None:
        return _FILES["location"]
    said = str(item.get("contentType") or "").partition("/")[0]
    return _FILES.get(said, _("File"))


def _host(url: str) -> str:
    """Return the server of an address that may be a link, else an empty string."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""

"""From a call of Apple's gateway to an event (MSP REST API, messages received); no I/O."""

import base64
import datetime as dt
import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from imiconnect.apps.channel_types.apple_business_chat.config import business_of
from imiconnect.apps.channel_types.apple_business_chat.form_messages import answers_in
from imiconnect.apps.channel_types.events import Attachment, Event, Incoming, OptOut

#: Bytes of a message once it is unpacked: interactive ones over 10 KB come by reference.
MAX_BYTES = 1_000_000
_GZIP = b"\x1f\x8b"
#: The header in which Apple says what a customer's device can show.
CAPABILITIES = "capability-list"
_REFERENCE = "interactiveDataRef"
#: Marks the place of an attachment in a text.
_PLACE = "\ufffc"


def message_in(body: bytes) -> dict[str, Any]:
    """Return the message of a body, packed or not; raises ``ValueError`` for what is none."""
    message = json.loads(unpacked(body))
    if not isinstance(message, dict) or message.get("v") != 1:
        raise ValueError("not a message of version 1")
    for name in ("id", "type", "sourceId", "destinationId"):
        if not isinstance(message.get(name), str) or not message[name]:
            raise ValueError(f"a message without {name}")
    business_of(message["destinationId"])
    return message


def unpacked(body: bytes) -> bytes:
    """Return what was packed, if it was; raises ``ValueError`` for what is cut or too large."""
    # Known by its first bytes: the header is not kept with a stored call.
    if not body.startswith(_GZIP):
        return body
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = unpacking.decompress(body, MAX_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not unpacking.eof:
        raise ValueError("a packed message that is cut off or too large")
    return plain


def events_in(body: bytes, capabilities: str = "") -> list[Event]:
    """Return the event of a call; typing, and types that are not known, are none.

    ``capabilities`` is the header of that name: words in either case, between commas.
    """
    message = message_in(body)
    common = {
        "account": business_of(message["destinationId"]),
        "provider_id": message["id"],
        "address": message["sourceId"],
        # Apple names no time.
        "at": dt.datetime.now(dt.UTC),
    }
    if message["type"] == "close":
        return [OptOut(**common, ref="close")]
    words = (word.strip().upper() for word in unquote(capabilities).split(","))
    known = frozenset(word for word in words if word)
    common |= {"capabilities": known or None}
    if message["type"] == "text":
        return [_text(message, common)]
    if message["type"] == "interactive":
        return [_interactive(message, common)]
    return []


def _text(message: Mapping[str, Any], common: dict[str, Any]) -> Event:
    parts = [part for part in message.get("attachments") or [] if isinstance(part, dict)]
    return Incoming(
        **common,
        text=str(message.get("body", "")).replace(_PLACE, "").strip(),
        attachments=tuple(_attachment(part) for part in parts),
        extras=_extras(message),
    )


def _attachment(part: Mapping[str, Any]) -> Attachment:
    mime = str(part.get("mimeType", ""))
    kind = mime.split("/")[0]
    at_provider = {
        "key": str(part.get("key", "")),
        "id": str(part.get("url", "")),
        "owner": str(part.get("owner", "")),
        "checksum": _checksum(part),
    }
    return Attachment(
        kind if kind in ("image", "audio", "video") else "file",
        content_type=mime,
        name=str(part.get("name", ""))[:200],
        at_provider=at_provider if all(at_provider.values()) else {},
    )


def _checksum(part: Mapping[str, Any]) -> str:
    """Return the checksum in base64; Apple writes it so, or in hex."""
    if told := part.get("signature-base64"):
        return str(told)
    try:
        return base64.b64encode(bytes.fromhex(str(part.get("signature", "")))).decode()
    except ValueError:
        return ""


def _extras(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the link carried that led the customer here."""
    return {name: message[name] for name in ("intent", "group") if message.get(name)}


def _interactive(message: Mapping[str, Any], common: dict[str, Any]) -> Event:
    """Return an answer; data that stands in the message counts before data in the store."""
    event = Incoming(**common, extras=_extras(message))
    told, reference = (_dict(message.get(name)) for name in ("interactiveData", _REFERENCE))
    if told.get("data") or not reference:
        return _answered(event, told)
    at_provider = {
        "key": str(reference.get("key", "")),
        "id": str(reference.get("url", "")),
        "owner": str(reference.get("owner", "")),
        "checksum": _checksum(reference),
        "bid": str(reference.get("bid", "")),
    }
    return replace(
        event,
        text=str(reference.get("title", "")),
        at_provider=at_provider if all(at_provider.values()) else {},
    )


def completed(event: Incoming, content: str) -> Incoming:
    """Return an answer with its data from Apple's store; one that is none keeps its title."""
    try:
        found = _dict(json.loads(content))
    except ValueError:
        return event
    return _answered(event, _dict(found.get("interactiveData")) or found)


def _answered(event: Incoming, told: Mapping[str, Any]) -> Incoming:
    data = _dict(told.get("data"))
    if answers := answers_in(data):
        words, pages = answers
        extras = event.extras | {"form": pages, "request": data.get("requestIdentifier", "")}
        return replace(event, text=words or event.text, extras=extras)
    title, payload = _quick_reply(data) or _picked(data) or _time(data) or ("", "")
    reply = data.get("replyMessage") or told.get("replyMessage")
    title = title or str(_dict(reply).get("title", ""))
    return replace(event, text=title or event.text, payload=payload)


def _quick_reply(data: Mapping[str, Any]) -> tuple[str, str] | None:
    reply = _dict(data.get("quick-reply"))
    chosen = str(reply.get("selectedIdentifier", ""))
    items = [_dict(item) for item in reply.get("items") or []]
    index = reply.get("selectedIndex")
    if not chosen and isinstance(index, int) and 0 <= index < len(items):
        chosen = str(items[index].get("identifier", ""))
    for item in items:
        if chosen and item.get("identifier") == chosen:
            return str(item.get("title", "")), chosen
    return (chosen, chosen) if chosen else None


def _picked(data: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what was picked from a list: titles and identifiers, separated by commas."""
    sections = _dict(data.get("listPicker")).get("sections") or []
    items = [_dict(item) for part in sections for item in _dict(part).get("items") or []]
    if not items:
        return None
    titles = ", ".join(str(item.get("title", "")) for item in items)
    return titles, ",".join(str(item.get("identifier", "")) for item in items)


def _time(data: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the time that was picked, as the person reads it, and its identifier."""
    slots = [_dict(slot) for slot in _dict(data.get("event")).get("timeslots") or []]
    if not slots:
        return None
    start = str(slots[0].get("startTime", ""))
    try:
        moment = dt.datetime.fromisoformat(start).astimezone(dt.UTC)
    except ValueError:
        return start, str(slots[0].get("identifier", ""))
    words = f"{moment:%Y-%m-%d %H:%M} UTC"
    return words, str(slots[0].get("identifier", ""))


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}

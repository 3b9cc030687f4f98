"""From a webhook of Meta to events (facts/facebook.md, sections 3 and 4); without I/O."""

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from imiconnect.apps.channel_types.events import (
    Attachment,
    Event,
    Incoming,
    Opens,
    OptIn,
    Postback,
    Referral,
    Status,
    StatusKind,
)

_PREFIX = "sha256="
#: Before what stands for a person whom Meta does not name yet.
USER_REF = "user_ref:"


def is_signed(secret: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Tell whether ``X-Hub-Signature-256`` is that of the raw body."""
    given = headers.get("x-hub-signature-256", "")
    wanted = _PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(given.encode(), wanted.encode())


def events_in(body: bytes) -> list[Event]:
    """Return the events of a call; raises ``ValueError`` for what is none of a page."""
    told = json.loads(body)
    if not isinstance(told, dict) or told.get("object") != "page":
        raise ValueError("The object is no page.")
    found: list[Event] = []
    for entry in told.get("entry", []):
        for item in entry.get("messaging", []):
            event = _event(str(entry.get("id", "")), item)
            if event:
                found.append(event)
    return found


def _event(page: str, item: Mapping[str, Any]) -> Event | None:
    for name, read in _READERS.items():
        if isinstance(item.get(name), dict):
            return read(page, item, item[name])
    return None


def _facts(page: str, item: Mapping[str, Any], name: str, own_id: str = "") -> dict[str, Any]:
    sender = str(item.get("sender", {}).get("id", ""))
    stamp = int(item.get("timestamp") or 0)
    return {
        "account": page,
        "address": sender,
        "at": _moment(stamp) if stamp else dt.datetime.now(dt.UTC),
        "provider_id": own_id or f"{name}:{sender}:{stamp}",
    }


def _moment(milliseconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)


def _message(page: str, item: Mapping[str, Any], told: dict[str, Any]) -> Event | None:
    if told.get("is_echo"):
        return None
    return Incoming(
        **_facts(page, item, "message", str(told.get("mid", ""))),
        text=str(told.get("text", "")),
        attachments=tuple(_attachment(part) for part in told.get("attachments", [])),
        payload=str(told.get("quick_reply", {}).get("payload", "")),
        reply_to=str(told.get("reply_to", {}).get("mid", "")),
    )


def _attachment(part: Mapping[str, Any]) -> Attachment:
    payload = part.get("payload") or {}
    place = payload.get("coordinates") or {}
    return Attachment(
        kind=str(part.get("type", "file")),
        url=str(payload.get("url", "")),
        latitude=place.get("lat"),
        longitude=place.get("long"),
    )


def _postback(page: str, item: Mapping[str, Any], told: dict[str, Any]) -> Event:
    return Postback(
        **_facts(page, item, "postback", str(told.get("mid", ""))),
        payload=str(told.get("payload", "")),
        title=str(told.get("title", "")),
        ref=str(told.get("referral", {}).get("ref", "")),
    )


def _referral(page: str, item: Mapping[str, Any], told: dict[str, Any]) -> Event:
    """A link of the page was followed into a conversation that exists."""
    return Referral(
        **_facts(page, item, "referral"),
        ref=str(told.get("ref", "")),
        source=str(told.get("source", "")),
        kind=str(told.get("type", "")),
    )


def _opt_in(page: str, item: Mapping[str, Any], told: dict[str, Any]) -> Event:
    """A plugin was used; the checkbox of a form names no person but a ``user_ref``.

    Meta takes one message to it, and says only with the answer who it is: so it is an address
    of its own, and opens no window.
    """
    ref, token = str(told.get("ref", "")), str(told.get("user_ref", ""))
    if not token:
        return OptIn(**_facts(page, item, "optin"), ref=ref, plugin="send_to_messenger")
    facts = _facts(page, item, "optin", f"optin:{token}") | {"address": USER_REF + token}
    return OptIn(**facts, ref=ref, plugin="checkbox", opens=Opens.NOTHING)


def _delivery(page: str, item: Mapping[str, Any], told: dict[str, Any]) -> Event:
    mids = tuple(str(mid) for mid in told.get("mids", []))
    mark = int(told.get("watermark") or 0)
    facts = _facts(page, item, "delivery", f"delivery:{_sender(item)}:{mark}")
    return Status(
        **{**facts, "at": _moment(mark)},
        kind=StatusKind.DELIVERED,
        sent_ids=mids,
        watermark=None if mids else _moment(mark),
    )


def _read(page: str, item: Mapping[str, Any], told: dict[str, Any]) -> Event:
    mark = int(told.get("watermark") or 0)
    facts = _facts(page, item, "read", f"read:{_sender(item)}:{mark}")
    return Status(
        **{**facts, "at": _moment(mark)}, kind=StatusKind.READ, watermark=_moment(mark)
    )


def _sender(item: Mapping[str, Any]) -> str:
    return str(item.get("sender", {}).get("id", ""))


_Reader = Callable[[str, Mapping[str, Any], dict[str, Any]], Event | None]
_READERS: dict[str, _Reader] = {
    "message": _message,
    "postback": _postback,
    "delivery": _delivery,
    "read": _read,
    "optin": _opt_in,
    "referral": _referral,
}

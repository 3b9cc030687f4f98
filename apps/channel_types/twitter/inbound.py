"""X's webhook: its check, its signature, and what it tells (facts/twitter.md, section 2)."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import mimetypes
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from imiconnect.apps.channel_types.events import (
    Attachment,
    Event,
    Incoming,
    Status,
    StatusKind,
)


def proof(secret: str, data: bytes) -> str:
    """Return ``sha256=`` and the HMAC in base64, as X writes it."""
    mac = hmac.new(secret.encode(), data, hashlib.sha256).digest()
    return f"sha256={base64.b64encode(mac).decode()}"


def is_signed(secret: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Tell whether X signed these bytes."""
    given = headers.get("x-twitter-webhooks-signature", "")
    return bool(secret) and hmac.compare_digest(proof(secret, body).encode(), given.encode())


def events_in(body: bytes) -> list[Event]:
    """Return what a call tells; raises ``ValueError`` for what is no such."""
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    account = str(found.get("for_user_id", ""))
    if isinstance(found.get("data"), dict):
        # The activity API wraps the same objects.
        account = str(found["data"].get("filter", {}).get("user_id", account))
        found = found["data"].get("payload", {})
    return [*_messages(account, found), *_readings(account, found)]


def _messages(account: str, found: Mapping[str, Any]) -> Iterator[Event]:
    for item in found.get("direct_message_events") or []:
        made = item.get("message_create") or {}
        sender = str(made.get("sender_id", ""))
        # What the account itself sends comes back as an event.
        if item.get("type") != "message_create" or not sender or sender == account:
            continue
        data = made.get("message_data") or {}
        reply = data.get("quick_reply_response") or {}
        yield Incoming(
            account=account,
            provider_id=str(item["id"]),
            address=sender,
            at=_moment(item["created_timestamp"]),
            text=_text(data),
            attachments=tuple(_attachments(data)),
            payload=str(reply.get("metadata", "")),
            extras=_names(found, sender),
        )


def _media(data: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (data.get("attachment") or {}).get("media") or {}
    return found


def _text(data: Mapping[str, Any]) -> str:
    """Return what the customer has written, without the link to the file that X adds."""
    text, link = str(data.get("text", "")), str(_media(data).get("url", ""))
    return text.replace(link, "").strip() if link else text


def _attachments(data: Mapping[str, Any]) -> Iterator[Attachment]:
    """Return the file of a message: the best film, else the picture.

    It is at an address that X opens only for the account (X: "Retrieving media").
    """
    media = _media(data)
    films = [
        film
        for film in (media.get("video_info") or {}).get("variants") or []
        if film.get("content_type") == "video/mp4"
    ]
    best = max(films, key=lambda film: int(film.get("bitrate") or 0), default=media)
    url = str(best.get("url" if films else "media_url_https", ""))
    if not url:
        return
    kind = "video" if films else "image"
    guessed = mimetypes.guess_type(urlsplit(url).path)[0] or ""
    yield Attachment(
        kind,
        content_type="video/mp4" if films else guessed,
        at_provider={"id": url},
    )


def _names(found: Mapping[str, Any], sender: str) -> dict[str, Any]:
    user = (found.get("users") or {}).get(sender) or {}
    user = user.get("data", user)
    handle = user.get("username") or user.get("screen_name")
    return {"name": user.get("name", ""), "handle": handle} if handle else {}


def _readings(account: str, found: Mapping[str, Any]) -> Iterator[Event]:
    for item in found.get("direct_message_mark_read_events") or []:
        reader = str(item.get("sender_id", ""))
        if reader and reader != account:
            at, last = (
                _moment(item["created_timestamp"]),
                str(item.get("last_read_event_id", "")),
            )
            yield Status(
                account=account,
                provider_id=f"read.{last}",
                address=reader,
                at=at,
                kind=StatusKind.READ,
                sent_ids=(last,) if last else (),
                watermark=at,
            )


def _moment(milliseconds: Any) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(milliseconds) / 1000, dt.UTC)

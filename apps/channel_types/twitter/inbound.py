"""X's webhook: its check, its signature, and what it tells (facts/twitter.md, section 2)."""

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any

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
            text=str(data.get("text", "")),
            attachments=tuple(_attachments(data)),
            payload=str(reply.get("metadata", "")),
            extras=_names(found, sender),
        )


def _attachments(data: Mapping[str, Any]) -> Iterator[Attachment]:
    media = (data.get("attachment") or {}).get("media") or {}
    if media:
        kind = {"photo": "image", "animated_gif": "image"}.get(media.get("type", ""), "video")
        yield Attachment(kind, str(media.get("media_url_https", "")))


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

"""Telling the platform: signed webhooks, as Meta sends them (Webhooks reference).

The body is escaped as Meta escapes it (``\\u00e4``), and signed as it goes out.
"""

import hashlib
import hmac
import json
import logging
import secrets
import threading
import time
from typing import Any
from urllib.parse import urlencode

import httpx
from django.conf import settings

from imiconnect.sandbox.facebook.twin import APP_SECRET, SLUG, VERIFY_TOKEN
from imiconnect.sandbox.facebook.world import store

log = logging.getLogger(__name__)

_FIELD_OF = {
    "message": "messages",
    "postback": "messaging_postbacks",
    "optin": "messaging_optins",
    "referral": "messaging_referrals",
    "delivery": "message_deliveries",
    "read": "message_reads",
}


def hook_url() -> str:
    """Return the webhook that the Meta app names in its dashboard."""
    return f"{settings.PUBLIC_URL}/hooks/{SLUG}/"


def tell(page: str, psid: str, **event: Any) -> bool:
    """Tell one event of a page; False where the page is not subscribed to it."""
    prepared = _prepared(page, psid, event)
    return prepared is not None and _post(prepared)


def tell_later(page: str, psid: str, seconds: float = 0.2, **event: Any) -> None:
    """Tell it in a moment, from a thread that touches no database."""
    prepared = _prepared(page, psid, event)
    if prepared is not None:
        timer = threading.Timer(seconds, _post, [prepared])
        timer.daemon = True
        timer.start()


def _prepared(page: str, psid: str, event: dict[str, Any]) -> bytes | None:
    kind = next(iter(event))
    found = store.get("page", page)
    if found is None or _FIELD_OF[kind] not in found["fields"].split(","):
        return None
    stamp = int(time.time() * 1000)
    item: dict[str, Any] = {"recipient": {"id": page}, "timestamp": stamp, **event}
    if psid:
        item["sender"] = {"id": psid}
    body = {"object": "page", "entry": [{"id": page, "time": stamp, "messaging": [item]}]}
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()


def _post(body: bytes) -> bool:
    signature = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Hub-Signature-256": f"sha256={signature}",
        "User-Agent": "facebookexternalua",
    }
    try:
        answer = httpx.post(hook_url(), content=body, headers=headers, timeout=10)
    except httpx.HTTPError as error:
        log.warning("The platform's webhook did not answer: %s", type(error).__name__)
        return False
    return answer.status_code == 200


def verify_webhook() -> bool:
    """Do the handshake that Meta does before it tells anything."""
    challenge = str(secrets.randbelow(10**10))
    query = {
        "hub.mode": "subscribe",
        "hub.challenge": challenge,
        "hub.verify_token": VERIFY_TOKEN,
    }
    try:
        answer = httpx.get(f"{hook_url()}?{urlencode(query)}", timeout=10)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and answer.text == challenge

"""What the twin sends to a webhook: the check, and signed events of accounts."""

import hashlib
import hmac
import json
import secrets
import time
from base64 import b64encode
from typing import Any

import httpx

from imiconnect.sandbox.twitter.twin import CONSUMER_SECRET
from imiconnect.sandbox.twitter.world import PEOPLE, store

#: X waits this long for an answer.
PATIENCE = 10.0


def _mac(data: bytes) -> str:
    digest = hmac.new(CONSUMER_SECRET.encode(), data, hashlib.sha256).digest()
    return "sha256=" + b64encode(digest).decode()


def answers_check(url: str) -> bool:
    """Tell whether a webhook passes the challenge-response check."""
    token = secrets.token_urlsafe(24)
    try:
        answer = httpx.get(url, params={"crc_token": token}, timeout=PATIENCE)
        return bool(answer.json().get("response_token") == _mac(token.encode()))
    except (httpx.HTTPError, ValueError):
        return False


def tell(account: str, **found: Any) -> bool:
    """Tell events of an account; False where it is not subscribed or nobody answers."""
    hook = store.get("hook", (store.get("account", account) or {}).get("hook", ""))
    if hook is None:
        return False
    body = json.dumps({"for_user_id": account, **found}).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Twitter-Webhooks-Signature": _mac(body),
    }
    try:
        answer = httpx.post(hook["url"], content=body, headers=headers, timeout=PATIENCE)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200


def tell_message(account: str, person: str, key: str, data: dict[str, Any]) -> bool:
    """Tell that a customer has written."""
    event = {
        "type": "message_create",
        "id": key,
        "created_timestamp": str(int(time.time() * 1000)),
        "message_create": {
            "target": {"recipient_id": account},
            "sender_id": person,
            "message_data": data,
        },
    }
    handle = PEOPLE[person].replace(" ", "").lower()
    users = {person: {"id": person, "name": PEOPLE[person], "screen_name": handle}}
    return tell(account, direct_message_events=[event], users=users)


def tell_reading(account: str, person: str, last: str) -> bool:
    """Tell that a customer has read up to a message."""
    event = {
        "created_timestamp": str(int(time.time() * 1000)),
        "sender_id": person,
        "target": {"recipient_id": account},
        "last_read_event_id": last,
    }
    return tell(account, direct_message_mark_read_events=[event])

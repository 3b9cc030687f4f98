"""What the double sends to the platform: packed, with a token, named in headers and body."""

import gzip
import json
import uuid
from typing import Any

import httpx
from django.conf import settings

from imiconnect.sandbox.apple_business_chat import payloads
from imiconnect.sandbox.apple_business_chat.tokens import own_token
from imiconnect.sandbox.apple_business_chat.twin import SLUG
from imiconnect.sandbox.apple_business_chat.world import note, store

PATIENCE = 10.0
#: What a phone shows, and a Mac.
CAPABILITIES = {"iPhone OS": "QUICK,LIST,TIME,AUTH2,FORM", "Mac OS X": "quick,list,time"}


def tell(customer: str, kind: str, **fields: Any) -> int:
    """Tell what a customer does; return the status that came, 0 for none."""
    business = (store.get("customer", customer) or {}).get("business", "")
    body = {
        "v": 1,
        "id": str(uuid.uuid4()),
        "type": kind,
        "sourceId": customer,
        "destinationId": business,
        "locale": "en_GB",
        **fields,
    }
    if kind in ("text", "interactive"):
        note(customer, body, out=True)
    return post(_in_parts(business, body))


def _in_parts(business: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return a message with interactive data above 10 KB in the store, as a phone puts it."""
    data = body.get("interactiveData")
    if data is None or not payloads.is_large(data):
        return body
    rest = {name: value for name, value in body.items() if name != "interactiveData"}
    return rest | {"interactiveDataRef": payloads.stored(business, data, "Answer")}


def post(body: dict[str, Any]) -> int:
    """Send a message to where the platform takes them."""
    agent = (store.get("customer", body["sourceId"]) or {}).get("agent", "iPhone OS")
    headers = {
        "Authorization": f"Bearer {own_token()}",
        "id": body["id"],
        "source-id": body["sourceId"],
        "destination-id": body["destinationId"],
        "capability-list": CAPABILITIES[agent],
        "device-agent": agent,
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
    }
    packed = gzip.compress(json.dumps(body).encode())
    url = f"{settings.PUBLIC_URL}/hooks/{SLUG}/message"
    try:
        return httpx.post(url, content=packed, headers=headers, timeout=PATIENCE).status_code
    except httpx.HTTPError:
        return 0

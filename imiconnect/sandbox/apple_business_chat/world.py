"""What the double remembers: businesses, customers' conversations, messages."""

import secrets
import time
import uuid
from typing import Any

from imiconnect.sandbox.apple_business_chat.twin import SLUG
from imiconnect.sandbox.store import Store

store = Store(SLUG)


def register(brand: str) -> str:
    """Register a business, approved at once; return its id."""
    business = str(uuid.uuid4())
    store.put("business", business, brand=brand, csp=False)
    return business


def meet(business: str, agent: str = "iPhone OS") -> str:
    """Give a new customer a device; return the opaque id that the business knows them by."""
    opaque = "urn:mbid:" + secrets.token_urlsafe(24)
    store.put("customer", opaque, business=business, open=False, agent=agent)
    return opaque


def note(customer: str, body: dict[str, Any], *, out: bool) -> None:
    """Keep a message, ``out`` of the customer's hands or into them; its id is kept once."""
    store.put("message", body["id"], customer=customer, out=out, body=body, at=time.time())

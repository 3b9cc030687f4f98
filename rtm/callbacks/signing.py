"""Signatures of a callback, without I/O.

Two schemes go side by side. ``x-hub-signature`` is the documented one: hex HMAC SHA-256 of
the body, keyed with the signing secret as it is written (facts/imiconnect.md, section 14).
``webhook-id``, ``webhook-timestamp`` and ``webhook-signature`` are those of Standard Webhooks
(standardwebhooks.com): base64 HMAC SHA-256 of ``id.timestamp.body``, keyed with the 32 bytes
behind ``whsec_``. While a secret is being replaced the latter lists both signatures, and
``x-hub-signature-previous`` carries the old one of the former.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"


def hub_signature(secret: str, body: bytes) -> str:
    """Return the documented signature of a body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def standard_signature(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return one entry of ``webhook-signature``; ``timestamp`` is in seconds since 1970."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def signed_headers(
    secrets: Sequence[str], webhook_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the headers of one try; ``secrets`` is the current one, then one replaced."""
    headers = {"webhook-id": webhook_id, "webhook-timestamp": str(timestamp)}
    if not secrets:
        return headers
    entries = [standard_signature(secret, webhook_id, timestamp, body) for secret in secrets]
    headers["webhook-signature"] = " ".join(entries)
    headers["x-hub-signature"] = hub_signature(secrets[0], body)
    if len(secrets) > 1:
        headers["x-hub-signature-previous"] = hub_signature(secrets[1], body)
    return headers

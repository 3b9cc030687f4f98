"""Interactive data above 10 KB in the double: encoded, encrypted, and told by its place.

Apple alone knows the encoding; here it is a mark and packed JSON, which only the double's own
``encodePayload`` makes and its ``decodePayload`` reads.
"""

import json
import zlib
from typing import Any

from imiconnect.sandbox.apple_business_chat import mmcs

LIMIT = 10 * 1024
MAX_BYTES = 5 * 1024 * 1024
BID = "com.apple.messages.MSMessageExtensionBalloonPlugin:"
_MARK = b"AMB1"


def is_large(data: Any) -> bool:
    """Tell whether data is above what a message may hold."""
    return len(json.dumps(data).encode()) > LIMIT


def encoded(data: Any) -> bytes:
    """Return data as the store keeps it."""
    return _MARK + zlib.compress(json.dumps(data).encode())


def decoded(body: bytes) -> Any:
    """Return the data that was encoded; raises ``ValueError`` for anything else."""
    if not body.startswith(_MARK):
        raise ValueError("not encoded here")
    unpacking = zlib.decompressobj()
    try:
        plain = unpacking.decompress(body[len(_MARK) :], MAX_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not unpacking.eof:
        raise ValueError("cut off or too large")
    return json.loads(plain)


def stored(owner: str, data: dict[str, Any], title: str) -> dict[str, Any]:
    """Put data into the store and return the reference that a message tells."""
    plain = encoded(data)
    url, key, checksum = mmcs.put(owner, plain)
    return {
        "bid": data["bid"],
        "title": title,
        "url": url,
        "owner": owner,
        "key": key,
        "size": str(len(plain)),
        "signature-base64": checksum,
    }


def whole(body: Any) -> Any:
    """Return a message with its data in it; None where its reference leads to none."""
    if not isinstance(body, dict) or "interactiveDataRef" not in body:
        return body
    reference = body["interactiveDataRef"]
    if not isinstance(reference, dict) or not str(reference.get("bid", "")).startswith(BID):
        return None
    plain = mmcs.opened(reference) if mmcs.is_known(reference) else None
    if plain is None or str(len(plain)) != str(reference.get("size")):
        return None
    try:
        data = decoded(plain)
    except ValueError:
        return None
    return {**body, "interactiveData": data}

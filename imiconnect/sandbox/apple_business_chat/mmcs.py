"""The store of files of Apple in the double: cipher text by place, checked with its own code.

A phone encrypts what it sends, and deciphers what it is sent; the store itself never sees a
key. The double is both, and AES in counter mode is spelled out here from its block cipher.
"""

import base64
import hashlib
import secrets
import uuid
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings

from imiconnect.sandbox.apple_business_chat.twin import SLUG
from imiconnect.sandbox.apple_business_chat.world import store

_BLOCK = 16


def new_place(owner: str) -> str:
    """Return the address of an empty place."""
    key = str(uuid.uuid4())
    store.put("file", key, owner=owner, sealed="", checksum="")
    return _address(key)


def keep(key: uuid.UUID, sealed: bytes) -> str:
    """Put cipher text at a place, once, and return its checksum; empty where there is none."""
    place = store.get("file", str(key))
    if place is None or place["sealed"]:
        return ""
    checksum = base64.b64encode(b"\x01" + hashlib.sha1(sealed).digest()).decode()  # noqa: S324
    store.change("file", str(key), sealed=base64.b64encode(sealed).decode(), checksum=checksum)
    return checksum


def download_url(url: str, owner: str, checksum: str) -> str:
    """Return where a file is read, with a ticket for it; empty for whoever names it wrongly."""
    key = url.removeprefix(_address(""))
    place = store.get("file", key)
    if not place or (place["owner"], place["checksum"]) != (owner, checksum):
        return ""
    ticket = secrets.token_urlsafe(16)
    store.change("file", key, ticket=ticket)
    return f"{_address(key)}?ticket={ticket}"


def sealed_of(key: uuid.UUID, ticket: str) -> bytes | None:
    """Return the cipher text of a place, to one who has the ticket."""
    place = store.get("file", str(key))
    if not place or not ticket or place.get("ticket") != ticket:
        return None
    return base64.b64decode(place["sealed"])


def put(owner: str, plain: bytes) -> tuple[str, str, str]:
    """Encrypt and store; return the place, the key as messages tell it, and the checksum."""
    url, key = new_place(owner), secrets.token_bytes(32)
    checksum = keep(uuid.UUID(url.removeprefix(_address(""))), counter_mode(key, plain))
    return url, "00" + key.hex().upper(), checksum


def attach(owner: str, name: str, kind: str, plain: bytes) -> dict[str, Any]:
    """Encrypt a phone's file, store it, and return the attachment that tells of it."""
    url, key, checksum = put(owner, plain)
    return {
        "name": name,
        "mimeType": kind,
        "size": str(len(plain)),
        "key": key,
        "url": url,
        "owner": owner,
        "signature": base64.b64decode(checksum).hex().upper(),
    }


def is_whole(part: Any) -> bool:
    """Tell whether an attachment names a file of the store that its key opens."""
    if not isinstance(part, dict) or "/" not in str(part.get("mimeType", "")):
        return False
    if not is_known(part):
        return False
    plain = opened(part)
    return plain is not None and str(len(plain)) == part.get("size") and bool(part.get("name"))


def is_known(part: dict[str, Any]) -> bool:
    """Tell whether a message names a place with its owner and checksum."""
    place = _place(part)
    told = str(part.get("signature-base64", ""))
    if place is None:
        return False
    return (place["owner"], place["checksum"]) == (part.get("owner"), told)


def opened(part: dict[str, Any]) -> bytes | None:
    """Return the file of an attachment, deciphered; None where its key is none."""
    place, told = _place(part), str(part.get("key", ""))
    if not place or len(told) != 66 or told[:2] != "00":
        return None
    try:
        key = bytes.fromhex(told[2:])
    except ValueError:
        return None
    return counter_mode(key, base64.b64decode(place["sealed"]))


def shown(part: dict[str, Any]) -> dict[str, Any]:
    """Return a file as a phone shows it: a picture as itself."""
    plain, kind = opened(part) or b"", str(part.get("mimeType", ""))
    picture = f"data:{kind};base64,{base64.b64encode(plain).decode()}"
    return {
        "name": part.get("name", ""),
        "kind": kind,
        "size": len(plain),
        "image": picture if kind in ("image/png", "image/jpeg", "image/gif") else "",
    }


def counter_mode(key: bytes, data: bytes) -> bytes:
    """Encrypt or decrypt: each block of the key stream is the encrypted number of the block."""
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
    blocks = range((len(data) + _BLOCK - 1) // _BLOCK)
    stream = cipher.update(b"".join(number.to_bytes(_BLOCK, "big") for number in blocks))
    return bytes(a ^ b for a, b in zip(data, stream, strict=False))


def _place(part: dict[str, Any]) -> dict[str, Any] | None:
    return store.get("file", str(part.get("url", "")).removeprefix(_address("")))


def _address(key: str) -> str:
    return f"{settings.PUBLIC_URL}/sandbox/{SLUG}/mmcs/{key}"

"""Payload encryption: AES-256-CBC with a random IV in front, in base64 (imiconnect.md, 18.6).

Each user has a key of their own, derived from the app's, so that a device can read nothing
but what is for its user. The scheme has no authentication code: it hides payloads from who
carries them, and TLS and the access token say who speaks. Whatever cannot be opened is
refused with one and the same word, or the padding could be found out by trying.
"""

import base64
import binascii
import os
from collections.abc import Iterable
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

#: What the answer to register calls the scheme.
ENCRYPTION_TYPE = "AES-256-CBC"
KEY_BYTES = 32
_BLOCK = 16
_INFO = b"imiconnect payload key/"


class Unreadable(ValueError):
    """A payload that none of the keys opens; nobody is told why."""


@lru_cache(maxsize=20_000)
def user_key(app_key: bytes, app_id: str, user_id: str) -> bytes:
    """Return a user's key: HKDF-SHA256 (RFC 5869) of the app's, without salt."""
    info = _INFO + f"{app_id}/{user_id}".encode()
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(app_key)


def seal(key: bytes, plain: bytes, iv: bytes | None = None) -> bytes:
    """Return ``plain`` encrypted: base64 of IV and ciphertext; ``iv`` is for test vectors."""
    first = iv or os.urandom(_BLOCK)
    missing = _BLOCK - len(plain) % _BLOCK
    work = Cipher(AES(key), CBC(first)).encryptor()
    return base64.b64encode(first + work.update(plain + bytes([missing]) * missing))


def unseal(keys: Iterable[bytes], sealed: bytes | str) -> bytes:
    """Return what was encrypted with one of the keys; raises ``Unreadable``.

    A wrong key may leave a right padding once in 256 times; then what comes out is no JSON,
    which the caller refuses in the same words.
    """
    try:
        raw = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable from None
    if len(raw) < 2 * _BLOCK or len(raw) % _BLOCK:
        raise Unreadable
    for key in keys:
        work = Cipher(AES(key), CBC(raw[:_BLOCK])).decryptor()
        padded = work.update(raw[_BLOCK:])
        missing = padded[-1]
        if 1 <= missing <= _BLOCK and padded.endswith(bytes([missing]) * missing):
            return padded[:-missing]
    raise Unreadable

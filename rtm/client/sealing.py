"""Payloads of an app that encrypts: AES-256-CBC, a random IV in front, in base64."""

import base64
import binascii
import json
import os
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

_IV_BYTES = 16
_BITS = 128


class Unreadable(ValueError):
    """The key does not open a payload."""


def seal(key: str, value: Any) -> str:
    """Return a JSON value encrypted with a key in base64."""
    first = os.urandom(_IV_BYTES)
    padder = PKCS7(_BITS).padder()
    padded = padder.update(json.dumps(value).encode()) + padder.finalize()
    work = _cipher(key, first).encryptor()
    return base64.b64encode(first + work.update(padded) + work.finalize()).decode()


def unseal(key: str, text: str | bytes) -> Any:
    """Return the JSON value in an encrypted text; raises ``Unreadable``."""
    try:
        raw = base64.b64decode(text, validate=True)
        work = _cipher(key, raw[:_IV_BYTES]).decryptor()
        padded = work.update(raw[_IV_BYTES:]) + work.finalize()
        unpadder = PKCS7(_BITS).unpadder()
        return json.loads(unpadder.update(padded) + unpadder.finalize())
    except (binascii.Error, ValueError) as cause:
        raise Unreadable from cause


def _cipher(key: str, first: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(base64.b64decode(key)), modes.CBC(first))

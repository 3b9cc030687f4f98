"""WeChat's signatures and its encryption of messages (facts/wechat.md, sections 1 and 3)."""

import base64
import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32
_RANDOM = 16


class Undecipherable(ValueError):
    """An encrypted message that is not for this account, or no such message at all."""


def signature(*parts: str) -> str:
    """Return the SHA-1 of the parts, sorted and joined."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def is_signed(given: str, *parts: str) -> bool:
    """Tell, in constant time, whether ``given`` is the signature of the parts."""
    return hmac.compare_digest(signature(*parts).encode(), given.encode())


def decrypt(aes_key: str, encrypted: str, appid: str) -> bytes:
    """Return the message in ``Encrypt``; raises ``Undecipherable``."""
    try:
        data = base64.b64decode(encrypted, validate=True)
    except ValueError:
        raise Undecipherable("not base64") from None
    if not data or len(data) % 16:
        raise Undecipherable("not whole blocks")
    undo = _cipher(aes_key).decryptor()
    plain = undo.update(data) + undo.finalize()
    pad = plain[-1]
    if not 1 <= pad <= _BLOCK:
        raise Undecipherable("padding")
    plain = plain[:-pad]
    length = int.from_bytes(plain[_RANDOM : _RANDOM + 4], "big")
    message, owner = plain[_RANDOM + 4 :][:length], plain[_RANDOM + 4 + length :]
    if len(message) != length or not hmac.compare_digest(owner, appid.encode()):
        raise Undecipherable("another account")
    return message


def encrypt(aes_key: str, message: bytes, appid: str, *, salt: bytes = b"") -> str:
    """Return ``Encrypt`` of a message; ``salt`` is 16 random bytes unless given."""
    salt = salt or os.urandom(_RANDOM)
    plain = salt + len(message).to_bytes(4, "big") + message + appid.encode()
    pad = _BLOCK - len(plain) % _BLOCK
    do = _cipher(aes_key).encryptor()
    return base64.b64encode(do.update(plain + bytes([pad]) * pad) + do.finalize()).decode()


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    try:
        key = base64.b64decode(aes_key + "=")
    except ValueError:
        raise Undecipherable("key") from None
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))

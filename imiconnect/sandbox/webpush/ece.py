"""Decryption of a push as a browser does it (RFC 8188, RFC 8291), written from the RFCs.

Nothing of the libraries with which the platform encrypts is used here.
"""

import base64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_KEY_INFO = b"Content-Encoding: aes128gcm\x00\x01"
_NONCE_INFO = b"Content-Encoding: nonce\x00\x01"
_HEADER = 21


class Unreadable(Exception):
    """The body is not encrypted for this browser."""


def b64(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Return the bytes of base64url, padded or not."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def public_of(private: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the 65 bytes of a public key."""
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _mac(key: bytes, data: bytes) -> bytes:
    made = hmac.HMAC(key, hashes.SHA256())
    made.update(data)
    return made.finalize()


def decrypted(body: bytes, private: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """Return the text of one record; raises ``Unreadable``."""
    salt, size = body[:16], int.from_bytes(body[16:20])
    length = body[20] if len(body) > _HEADER else 0
    sender, sealed = body[_HEADER : _HEADER + length], body[_HEADER + length :]
    if length != 65 or not sealed or len(sealed) > size:
        raise Unreadable
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = private.exchange(ec.ECDH(), point)
        first = _mac(auth, shared)
        info = b"WebPush: info\x00" + public_of(private) + sender + b"\x01"
        second = _mac(salt, _mac(first, info))
        key, nonce = _mac(second, _KEY_INFO)[:16], _mac(second, _NONCE_INFO)[:12]
        padded = AESGCM(key).decrypt(nonce, sealed, None)
    except (ValueError, InvalidTag):
        raise Unreadable from None
    text, mark, padding = padded.rpartition(b"\x02")
    if not mark or padding.strip(b"\x00"):
        raise Unreadable
    return text

"""Files as Apple keeps them: AES-256 in counter mode, the counter begun at zero; without I/O.

MSP REST API, messages sent: the key of a file is fresh for each, and told as ``00`` and its
32 bytes in hex. Whoever changes the cipher text changes the file unnoticed, so Apple's own
checksum is what proves it.
"""

import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY_BYTES = 32
_PREFIX = "00"
_ZERO = bytes(16)


def seal(plain: bytes) -> tuple[str, bytes]:
    """Return a fresh key, as a message tells it, and the cipher text."""
    key = os.urandom(KEY_BYTES)
    return _PREFIX + key.hex(), _turned(key, plain)


def open_sealed(told: str, sealed: bytes) -> bytes:
    """Return the file; raises ``ValueError`` for a key that is none."""
    key = bytes.fromhex(told.removeprefix(_PREFIX)) if told.startswith(_PREFIX) else b""
    if len(key) != KEY_BYTES:
        raise ValueError("a key of a file is 00 and 64 hex digits")
    return _turned(key, sealed)


def _turned(key: bytes, data: bytes) -> bytes:
    """Encrypt or decrypt: in counter mode they are the same."""
    turning = Cipher(algorithms.AES(key), modes.CTR(_ZERO)).encryptor()
    return turning.update(data) + turning.finalize()

"""Secrets at rest: encrypted where they must be read back, digests where they need not.

A stored secret reads ``<key id>$<Fernet token>``. The first of ``FIELD_KEYS`` encrypts, all
decrypt, so a key is rotated by putting a new one in front and saving the rows again.
"""

import base64
import hashlib
import secrets
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


@cache
def _keys() -> dict[str, Fernet]:
    keys = {}
    for entry in settings.FIELD_KEYS:
        name, _, value = entry.partition(":")
        try:
            keys[name] = Fernet(value)
        except ValueError:
            raise ImproperlyConfigured(
                "FIELD_KEYS is wrong: each entry is id:key, 32 bytes in URL-safe base64."
            ) from None
    return keys


def encrypt(secret: str) -> str:
    """Return ``secret`` encrypted with the first key."""
    name, fernet = next(iter(_keys().items()))
    return f"{name}${fernet.encrypt(secret.encode()).decode()}"


def decrypt(stored: str) -> str:
    """Return the secret behind ``stored``.

    Raises ``InvalidToken`` when its key is not among ``FIELD_KEYS`` or the text was changed.
    """
    name, _, token = stored.partition("$")
    fernet = _keys().get(name)
    if fernet is None:
        raise InvalidToken
    return fernet.decrypt(token.encode()).decode()


def digest(secret: str) -> str:
    """Return the SHA-256 of a generated key in hex: to find it without keeping it.

    Only for keys of at least 128 random bits; a password needs a slow hash.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def new_key(bytes_: int = 24) -> str:
    """Return a fresh random key in URL-safe base64, ``bytes_`` bytes strong."""
    return secrets.token_urlsafe(bytes_)


def new_field_key(name: str = "k1") -> str:
    """Return an entry for ``FIELD_KEYS``."""
    return f"{name}:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}"


def fingerprint(secret: str) -> str:
    """Return what the audit trail shows of a secret: eight hex digits of its SHA-256."""
    return digest(secret)[:8]


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # generic in the stubs only
    """A text column whose value is encrypted in the database and plain in Python."""

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        """Decrypt what the database returned."""
        return decrypt(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt what goes to the database."""
        return encrypt(value) if value else value

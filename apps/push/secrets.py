"""What ``App.secrets`` holds for a mobile or web app, and the keys that are made here."""

import base64
import secrets

import msgspec

from imiconnect.apps.models import App
from imiconnect.apps.push.credentials import Credentials
from imiconnect.vault import fingerprint

#: AES-256 (facts/imiconnect.md, 18.6).
PAYLOAD_KEY_BYTES = 32


class Secrets(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The secrets, by what they are for.

    ``jwt_secret`` is base64, as it is entered. ``payload_keys`` are base64 of 32 bytes: the
    one in force, and the one before, which opens what devices have sent already.
    """

    push: dict[str, Credentials] = {}
    jwt_secret: str = ""
    payload_keys: tuple[str, ...] = ()

    @property
    def payload_key_id(self) -> str:
        """What tells keys apart and may be known: devices compare it with the one they have."""
        return fingerprint(self.payload_keys[0]) if self.payload_keys else ""


def decoded(text: str) -> Secrets:
    """Return the secrets in the decrypted text of ``App.secrets``."""
    return msgspec.json.decode(text, type=Secrets) if text else Secrets()


def encoded(kept: Secrets) -> str:
    """Return secrets as ``App.secrets`` keeps them."""
    return msgspec.json.encode(kept).decode()


def secrets_of(app: App) -> Secrets:
    """Return the secrets of an app."""
    return decoded(app.secrets)


def with_new_payload_key(kept: Secrets) -> Secrets:
    """Return the secrets with another key for payloads in force."""
    made = base64.b64encode(secrets.token_bytes(PAYLOAD_KEY_BYTES)).decode()
    return msgspec.structs.replace(kept, payload_keys=(made, *kept.payload_keys[:1]))


def with_payload_key(text: str) -> str:
    """Return the text of ``App.secrets`` with a key for payloads, made where there is none."""
    kept = decoded(text)
    return text if kept.payload_keys else encoded(with_new_payload_key(kept))

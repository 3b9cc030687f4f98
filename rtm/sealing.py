"""Which apps encrypt their payloads, with which keys; the scheme is ``protocol/sealing.py``.

What the database gives is the encrypted text of ``App.secrets`` for an app that encrypts, and
nothing for one that does not, so that the latter costs nothing here.
"""

import base64
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import LiteralString

import msgspec
from cryptography.fernet import InvalidToken

from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.apps.push.secrets import Secrets, decoded
from imiconnect.rtm.protocol.sealing import Unreadable, seal, unseal, user_key
from imiconnect.vault import decrypt

#: The word for programs of a body that is not encrypted as the app asks, or cannot be opened.
NOT_SEALED = "encryption"
DO_NOT_SEAL = "This app does not encrypt payloads: send the body as it is."
SEAL_IT = (
    "This app encrypts payloads (AES-256-CBC). Take encryptionKey from the answer to register "
    'or token, and send {"encrypted": "<base64 of IV and ciphertext>"}.'
)
UNREADABLE = "This user's key does not open the body. Get the present one by POST token."
#: A column of a query over ``apps_app a``: the secrets of an app that encrypts, else NULL.
SEALED_WITH: LiteralString = (
    "CASE WHEN (a.policy ->> 'payload_encryption')::boolean THEN a.secrets END"
)


@lru_cache(maxsize=1_000)
def opened(stored: str) -> Secrets:
    """Return the secrets in a column of the database; a change of them is another text.

    Raises ``Unreadable`` where none of ``FIELD_KEYS`` opens them.
    """
    try:
        return decoded(decrypt(stored)) if stored else Secrets()
    except InvalidToken:
        raise Unreadable from None


@lru_cache(maxsize=1_000)
def _app_keys(stored: str) -> tuple[bytes, ...]:
    return tuple(base64.b64decode(key) for key in opened(stored).payload_keys)


def sealed(stored: str | None, app_id: str, user_id: str, plain: bytes) -> bytes:
    """Return a payload for a user as it goes over the wire.

    ``stored`` is the column ``SEALED_WITH``; without it the payload stays as it is. Raises
    ``Unreadable`` where the app's key cannot be read: nothing goes out plain instead.
    """
    if stored is None:
        return plain
    keys = _app_keys(stored)
    if not keys:
        raise Unreadable
    return seal(user_key(keys[0], app_id, user_id), plain)


def unsealed(stored: str, app_id: str, user_id: str, text: bytes | str) -> bytes:
    """Return what a user's device has encrypted; raises ``Unreadable``."""
    keys = (user_key(key, app_id, user_id) for key in _app_keys(stored))
    return unseal(keys, text)


def as_object(plain: bytes) -> object:
    """Return the JSON in what was opened; raises ``Unreadable`` as a wrong padding does."""
    try:
        return msgspec.json.decode(plain)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Unreadable from None


def keys_of(app: App) -> tuple[bytes, ...]:
    """Return the keys of an app that encrypts, the one in force first; none of another."""
    if not policy_of(app).payload_encryption:
        return ()
    return tuple(base64.b64decode(key) for key in decoded(app.secrets).payload_keys)


def sealer(app: App) -> Callable[[str, bytes], bytes]:
    """Return the function that makes a payload for a user of the app ready for the wire."""
    keys = keys_of(app)
    if not keys:
        return lambda _user_id, plain: plain
    return lambda user_id, plain: seal(user_key(keys[0], app.app_id, user_id), plain)


def open_for(app: App, user_ids: Iterable[str], text: str) -> bytes:
    """Return what a device of one of the users has encrypted; raises ``Unreadable``."""
    users = list(user_ids)
    return unseal((user_key(k, app.app_id, u) for u in users for k in keys_of(app)), text)

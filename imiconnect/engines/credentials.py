"""The generated passwords and keys of one data folder: made once, then read back."""

import base64
import json
import secrets
from pathlib import Path

import nkeys

from imiconnect.engines.folders import read_json, write_private


def load_credentials(folder: Path) -> dict[str, str]:
    """Return the secrets kept in the folder, making those that are missing.

    The file is ``credentials.json`` with mode 0600. Losing it means losing access to the
    database and to every secret encrypted in it.
    """
    path = folder / "credentials.json"
    known = read_json(path)
    made = {name: make() for name, make in _MAKERS.items() if name not in known}
    if made:
        known |= made
        write_private(path, json.dumps(known, indent=1))
    return known


def _password() -> str:
    return secrets.token_urlsafe(24)


def _field_key() -> str:
    return "k1:" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _account_seed() -> str:
    seed: bytes = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_ACCOUNT)
    return seed.decode()


_MAKERS = {
    "secret_key": lambda: secrets.token_urlsafe(48),
    "field_key": _field_key,
    "postgres_superuser": _password,
    "postgres": _password,
    "redis": _password,
    "supervisor": _password,
    "broker_gateway": _password,
    "broker_callout": _password,
    "broker_system": _password,
    "callout_seed": _account_seed,
}

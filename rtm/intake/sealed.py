"""Encrypted bodies of the hot routes: opened before anything else is read of them.

Only a body that begins like one comes here, so that apps without encryption pay for the
comparison of a few bytes. Who the user is, and so whose key it is, the access token says.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from imiconnect.rtm.intake.answers import RtmsRefusal
from imiconnect.rtm.intake.http import Request
from imiconnect.rtm.intake.pool import Connection, query
from imiconnect.rtm.protocol.sealing import Unreadable
from imiconnect.rtm.sealing import (
    DO_NOT_SEAL,
    NOT_SEALED,
    SEAL_IT,
    SEALED_WITH,
    UNREADABLE,
    as_object,
    unsealed,
)

INVALID, TOKEN_INVALID, TOKEN_REQUIRED = 4, 38, 39
_BEGINS = b'"encrypted"'
_LOOK_AT = 32
#: Columns: number, user, secrets of an app that encrypts.
_USERS = f"""
SELECT w.number, d.user_id, {SEALED_WITH}
FROM unnest(%b::int4[], %b::text[], %b::text[]) w (number, app, token)
JOIN apps_app a ON a.app_id = w.app
JOIN rtm_device d ON d.access_token_digest = w.token AND d.app_id = a.id
"""  # noqa: S608 - a constant of this package


class _Body(msgspec.Struct):
    encrypted: str


_decode = msgspec.json.Decoder(_Body).decode


@dataclass(frozen=True)
class Asked:
    """Whose body it is."""

    app_id: str
    token_digest: str


@dataclass(frozen=True)
class Found:
    """The user of a token, and with what the app encrypts; None where it does not."""

    user_id: str
    stored: str | None


def is_sealed(request: Request) -> bool:
    """Tell whether a body is an encrypted one, by how it begins."""
    return _BEGINS in request.body[:_LOOK_AT]


def asked(request: Request, app_id: str) -> Asked:
    """Return what to look for; raises ``RtmsRefusal``."""
    token = request.header(b"accesstoken")
    if not token:
        raise RtmsRefusal(TOKEN_REQUIRED, "The header accessToken is missing.", 401)
    return Asked(app_id, hashlib.sha256(token.encode("latin-1")).hexdigest())


async def find(connection: Connection, wanted: Sequence[Asked]) -> list[Found | None]:
    """Return who has the tokens, in one query for all."""
    columns = [
        list(range(len(wanted))),
        [item.app_id for item in wanted],
        [item.token_digest for item in wanted],
    ]
    rows = await query(connection, _USERS, columns)
    found = {row[0]: Found(row[1], row[2]) for row in rows}
    return [found.get(number) for number in range(len(wanted))]


def opened_request(request: Request, app_id: str, found: Found | None) -> Request:
    """Return the request with the body in it; raises ``RtmsRefusal``."""
    if found is None:
        sentence = "The accessToken is not this device's."
        raise RtmsRefusal(TOKEN_INVALID, sentence, 401)
    if found.stored is None:
        raise RtmsRefusal(INVALID, DO_NOT_SEAL, reason=NOT_SEALED)
    try:
        text = _decode(request.body).encrypted
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise RtmsRefusal(INVALID, SEAL_IT, reason=NOT_SEALED) from None
    try:
        plain = unsealed(found.stored, app_id, found.user_id, text)
        as_object(plain)
    except Unreadable:
        raise RtmsRefusal(INVALID, UNREADABLE, reason=NOT_SEALED) from None
    return replace(request, body=plain)

"""The hot routes of devices: ``mo`` and ``deliveryupdate`` of ``/rtmsAPI/api/v3/{appId}``.

Both only write a row to an inbox; what it means is for the MO and the DR processor.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.utils import timezone
from psycopg.types.json import Jsonb

from imiconnect.apps.policy import Policy
from imiconnect.identity import uuid7
from imiconnect.rtm.intake.answers import RtmsRefusal, rtms
from imiconnect.rtm.intake.http import Answer, Request
from imiconnect.rtm.intake.pool import Connection, query
from imiconnect.rtm.protocol import clock, uplink

_encode = msgspec.json.Encoder().encode

# Codes of facts/imiconnect.md, section 18.5.
MISSING, INVALID, NO_APP, NO_USER = 3, 4, 5, 7
KEY_MISSING, KEY_INVALID = 11, 26
TOKEN_INVALID, TOKEN_REQUIRED, TOKEN_EXPIRED = 38, 39, 40

_RESOLVE = """
SELECT w.number, a.id, a.state = 'active', a.policy, k.id IS NOT NULL, d.id IS NOT NULL,
  d.access_token_digest = w.token, d.token_expires_at <= now(), d.unregistered_at IS NOT NULL
FROM unnest(%b::int4[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[])
  w (number, app, key, user_id, device_id, token)
JOIN apps_app a ON a.app_id = w.app
LEFT JOIN apps_clientkey k ON k.digest = w.key AND k.app_id = a.id
  AND (k.expires_at IS NULL OR k.expires_at > now())
LEFT JOIN rtm_device d ON d.app_id = a.id AND d.user_id = w.user_id
  AND d.device_id = w.device_id
"""
INSERT_RECEIPTS = """
INSERT INTO rtm_receipt (tid, app_id, address, device_id, kind, code, reason, detail,
  received_at, due_at, attempts)
SELECT u.tid, u.app, u.address, u.device, u.kind, 0, '', u.detail, u.at, u.at, 0
FROM unnest(%b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::int2[], %b::jsonb[],
  %b::timestamptz[]) u (tid, app, address, device, kind, detail, at)
"""
INSERT_INBOUND = """
INSERT INTO rtm_inbound (id, app_id, address, device_id, body, received_at, due_at)
SELECT u.id, u.app, u.address, u.device, u.body, u.at, u.at
FROM unnest(%b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::jsonb[], %b::timestamptz[])
  u (id, app, address, device, body, at)
"""


@dataclass(frozen=True)
class Said:
    """A request of a device that is right in itself: receipts, or a message with its tid."""

    app_id: str
    user_id: str
    device_id: str
    key_digest: str
    token_digest: str
    at: dt.datetime
    kind: int = 0
    tids: tuple[uuid.UUID, ...] = ()
    body: Any = None


def parse(request: Request, app_id: str, action: str) -> Said:
    """Return what a device says; raises ``RtmsRefusal`` with the documented code."""
    key = request.header(b"secretkey")
    if not key:
        raise RtmsRefusal(KEY_MISSING, "The header secretKey is missing.", 401)
    token = request.header(b"accesstoken")
    try:
        if action == "mo":
            mo = uplink.decode_mo(request.body)
            client_id, kind, tids, body = mo.client_id, 0, [uuid7()], uplink.content(mo)
        else:
            update = uplink.decode_update(request.body)
            client_id = update.client_id
            kind, tids, body = uplink.receipts(update)
    except uplink.Wrong as error:
        raise RtmsRefusal(MISSING if error.is_missing else INVALID, error.sentence) from None
    named, user_id, device_id = _client(client_id)
    if named != app_id:
        raise RtmsRefusal(INVALID, "clientId is not of the app in the address.")
    return Said(
        app_id=app_id,
        user_id=user_id,
        device_id=device_id,
        key_digest=hashlib.sha256(key.encode("latin-1")).hexdigest(),
        token_digest=hashlib.sha256(token.encode("latin-1")).hexdigest() if token else "",
        at=timezone.now(),
        kind=kind,
        tids=tuple(tids),
        body=body,
    )


def _client(client_id: str) -> tuple[str, str, str]:
    if not client_id:
        raise RtmsRefusal(MISSING, "clientId is missing.")
    # An access token may follow, as the vendor's clients have it (section 18.2).
    parts = client_id.split("/")
    if len(parts) not in (3, 4) or not all(parts[:3]):
        raise RtmsRefusal(INVALID, "clientId is not appId/userId/deviceId.")
    return parts[0], parts[1], parts[2]


async def write(connection: Connection, said: Sequence[Said]) -> list[Answer | RtmsRefusal]:
    """Put what devices said in the inboxes, in one commit for each; answer each."""
    apps = await _resolve(connection, said)
    good = [
        (item, app)
        for item, app in zip(said, apps, strict=True)
        if not isinstance(app, RtmsRefusal)
    ]
    receipts = [(i, app, tid) for i, app in good if i.kind for tid in i.tids]
    messages = [(i, app) for i, app in good if not i.kind]
    if receipts:
        await query(connection, INSERT_RECEIPTS, _receipt_columns(receipts))
    if messages:
        await query(connection, INSERT_INBOUND, _message_columns(messages))
    return [
        app if isinstance(app, RtmsRefusal) else _answer(item)
        for item, app in zip(said, apps, strict=True)
    ]


def _receipt_columns(rows: list[tuple[Said, uuid.UUID, uuid.UUID]]) -> list[list[Any]]:
    return [
        [tid for _, _, tid in rows],
        [app for _, app, _ in rows],
        [item.user_id for item, _, _ in rows],
        [item.device_id for item, _, _ in rows],
        [item.kind for item, _, _ in rows],
        [Jsonb(item.body, dumps=_encode) for item, _, _ in rows],
        [item.at for item, _, _ in rows],
    ]


def _message_columns(rows: list[tuple[Said, uuid.UUID]]) -> list[list[Any]]:
    return [
        [item.tids[0] for item, _ in rows],
        [app for _, app in rows],
        [item.user_id for item, _ in rows],
        [item.device_id for item, _ in rows],
        [Jsonb(item.body, dumps=_encode) for item, _ in rows],
        [item.at for item, _ in rows],
    ]


def _answer(item: Said) -> Answer:
    if item.kind:
        return rtms(200, code="0", description="success")
    created = clock.iso(item.at)
    return rtms(200, code="0", description="success", tid=str(item.tids[0]), created_on=created)


async def _resolve(
    connection: Connection, said: Sequence[Said]
) -> list[uuid.UUID | RtmsRefusal]:
    """Return the app of each request, or why the device may not speak for that user."""
    keys = {
        (i.app_id, i.key_digest, i.user_id, i.device_id, i.token_digest): n
        for n, i in enumerate(said)
    }
    columns = [list(column) for column in zip(*keys, strict=True)]
    rows = await query(connection, _RESOLVE, [list(keys.values()), *columns])
    found = {row[0]: row[1:] for row in rows}
    results = []
    for item in said:
        key = (item.app_id, item.key_digest, item.user_id, item.device_id, item.token_digest)
        results.append(_allowed(item, found.get(keys[key])))
    return results


def _allowed(item: Said, row: tuple[Any, ...] | None) -> uuid.UUID | RtmsRefusal:
    if row is None:
        return RtmsRefusal(NO_APP, "There is no such app.", 404)
    app, is_on, policy, has_key, is_known, has_token, is_expired, is_gone = row
    if not has_key:
        return RtmsRefusal(KEY_INVALID, "The secretKey is not valid for this app.", 401)
    if not is_on:
        return RtmsRefusal(INVALID, "The app is off.", 403)
    if not is_known or is_gone:
        return RtmsRefusal(NO_USER, "The device is not registered.", 403)
    if item.token_digest:
        if not has_token:
            return RtmsRefusal(TOKEN_INVALID, "The accessToken is not this device's.", 401)
        if is_expired:
            return RtmsRefusal(TOKEN_EXPIRED, "The accessToken has expired.", 401)
    elif not msgspec.convert(policy, Policy, strict=False).client_key_as_password:
        return RtmsRefusal(TOKEN_REQUIRED, "The header accessToken is missing.", 401)
    return uuid.UUID(int=app.int)

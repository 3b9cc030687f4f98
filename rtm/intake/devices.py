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
from imiconnect.rtm.connect.decision import read_client_id
from imiconnect.rtm.connect.endings import sentence_of
from imiconnect.rtm.connect.jwt_auth import OTHER_USER, WRONG, NotVouched, vouched
from imiconnect.rtm.inbound import INSERT_INBOUND, KNOWN_REFS
from imiconnect.rtm.intake import places
from imiconnect.rtm.intake.answers import RtmsRefusal, rtms
from imiconnect.rtm.intake.http import Answer, Request
from imiconnect.rtm.intake.pool import Connection, query
from imiconnect.rtm.protocol import clock, uplink
from imiconnect.rtm.protocol.sealing import Unreadable
from imiconnect.rtm.sealing import NOT_SEALED, SEAL_IT, opened

_encode = msgspec.json.Encoder().encode

# Codes of facts/imiconnect.md, section 18.5.
MISSING, INVALID, NO_APP, NO_USER = 3, 4, 5, 7
KEY_MISSING, KEY_INVALID = 11, 26
TOKEN_INVALID, TOKEN_REQUIRED, TOKEN_EXPIRED = 38, 39, 40

# The last two columns are for apps that ask for a JWT: their secrets, and the customer.
_RESOLVE = """
SELECT w.number, a.id, a.state = 'active' AND o.is_active, a.policy, k.id IS NOT NULL,
  d.id IS NOT NULL, d.access_token_digest = w.token, d.token_expires_at <= now(),
  d.unregistered_at IS NOT NULL, d.ended_by,
  CASE WHEN (a.policy ->> 'jwt_authorization')::boolean THEN a.secrets END,
  CASE WHEN (a.policy ->> 'jwt_authorization')::boolean
    THEN (SELECT c.customer_id FROM rtm_customer c WHERE c.id = d.customer_id) END
FROM unnest(%b::int4[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[])
  w (number, app, key, user_id, device_id, token)
JOIN apps_app a ON a.app_id = w.app
JOIN accounts_organization o ON o.id = a.organization_id
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


@dataclass(frozen=True)
class Said:
    """A request of a device that is right in itself: receipts, or a message with its tid."""

    app_id: str
    #: Users and devices that the client id may mean: as it is, and percent-decoded.
    readings: tuple[tuple[str, str], ...]
    key_digest: str
    token_digest: str
    at: dt.datetime
    kind: int = 0
    tids: tuple[uuid.UUID, ...] = ()
    body: Any = None
    #: What the device calls the message, if it has a name for it.
    ref: str = ""
    #: The header ``Authorization``.
    bearer: str = ""
    #: Whether the body was encrypted.
    was_sealed: bool = False


@dataclass(frozen=True)
class Speaker:
    """The registered device that a request has turned out to come from."""

    app: uuid.UUID
    user_id: str
    device_id: str


def parse(request: Request, app_id: str, action: str, *, was_sealed: bool = False) -> Said:
    """Return what a device says; raises ``RtmsRefusal`` with the documented code."""
    key = request.header(b"secretkey")
    if not key:
        raise RtmsRefusal(KEY_MISSING, "The header secretKey is missing.", 401)
    token = request.header(b"accesstoken")
    ref = ""
    try:
        if action == "mo":
            mo = uplink.decode_mo(request.body)
            client_id, kind, tids, body = mo.client_id, 0, [uuid7()], uplink.content(mo)
            ref = mo.client_ref
        else:
            update = uplink.decode_update(request.body)
            client_id = update.client_id
            kind, tids, body = uplink.receipts(update)
    except uplink.Wrong as error:
        raise RtmsRefusal(MISSING if error.is_missing else INVALID, error.sentence) from None
    return Said(
        app_id=app_id,
        readings=_readings(client_id, app_id),
        key_digest=hashlib.sha256(key.encode("latin-1")).hexdigest(),
        token_digest=hashlib.sha256(token.encode("latin-1")).hexdigest() if token else "",
        at=timezone.now(),
        kind=kind,
        tids=tuple(tids),
        body=body,
        ref=ref,
        bearer=request.header(b"authorization"),
        was_sealed=was_sealed,
    )


def _readings(client_id: str, app_id: str) -> tuple[tuple[str, str], ...]:
    if not client_id:
        raise RtmsRefusal(MISSING, "clientId is missing.")
    names, _token = read_client_id(client_id)
    if not names or names[0].app_id != app_id:
        raise RtmsRefusal(INVALID, "clientId is not appId/userId/deviceId of this app.")
    return tuple((name.user_id, name.device_id) for name in names)


async def write(connection: Connection, said: Sequence[Said]) -> list[Answer | RtmsRefusal]:
    """Put what devices said in the inboxes, in one commit for each; answer each."""
    speakers = await _resolve(connection, said)
    speakers = await _placed(connection, said, speakers)
    pairs = list(zip(said, speakers, strict=True))
    good = [(item, who) for item, who in pairs if isinstance(who, Speaker)]
    receipts = [(item, who, tid) for item, who in good if item.kind for tid in item.tids]
    messages = [(item, who, item.tids[0]) for item, who in good if not item.kind]
    if receipts:
        kinds = [item.kind for item, _, _ in receipts]
        await query(connection, INSERT_RECEIPTS, _columns(receipts, kinds))
    if messages:
        refs = [item.ref for item, _, _ in messages]
        await query(connection, INSERT_INBOUND, [*_columns(messages), refs])
    known = await _known(connection, messages)
    return [
        who if isinstance(who, RtmsRefusal) else _answer(item, known.get(_place(item, who)))
        for item, who in pairs
    ]


async def _placed(
    connection: Connection, said: Sequence[Said], speakers: list[Speaker | RtmsRefusal]
) -> list[Speaker | RtmsRefusal]:
    """Put refusals in place of who may not write where they want to."""
    wishes = [
        places.wish(who.app, who.user_id, item.body)
        if isinstance(who, Speaker) and not item.kind
        else places.NOWHERE
        for item, who in zip(said, speakers, strict=True)
    ]
    refused = await places.refusals(connection, wishes)
    return [refused.get(number, who) for number, who in enumerate(speakers)]


Place = tuple[uuid.UUID, str, str, str]
First = tuple[uuid.UUID, dt.datetime]


def _place(item: Said, who: Speaker) -> Place:
    return (who.app, who.user_id, who.device_id, item.ref)


async def _known(
    connection: Connection, messages: list[tuple[Said, Speaker, uuid.UUID]]
) -> dict[Place, First]:
    """Return tid and time under which messages with a ``clientRef`` were stored first."""
    places = list(dict.fromkeys(_place(item, who) for item, who, _ in messages if item.ref))
    if not places:
        return {}
    columns = [list(column) for column in zip(*places, strict=True)]
    rows = await query(connection, KNOWN_REFS, columns)
    return {row[:4]: (row[4], row[5]) for row in rows}


def _columns(rows: list[tuple[Said, Speaker, uuid.UUID]], *more: list[Any]) -> list[list[Any]]:
    """Return the parameters of the INSERT of receipts, which has ``more``, or of messages."""
    return [
        [tid for _, _, tid in rows],
        [who.app for _, who, _ in rows],
        [who.user_id for _, who, _ in rows],
        [who.device_id for _, who, _ in rows],
        *more,
        [Jsonb(item.body, dumps=_encode) for item, _, _ in rows],
        [item.at for item, _, _ in rows],
    ]


def _answer(item: Said, first: First | None) -> Answer:
    if item.kind:
        return rtms(200, code="0", description="success")
    tid, at = first or (item.tids[0], item.at)
    created = clock.iso(at)
    return rtms(200, code="0", description="success", tid=str(tid), created_on=created)


Key = tuple[str, str, str, str, str]


def _key(item: Said, reading: tuple[str, str]) -> Key:
    return (item.app_id, item.key_digest, *reading, item.token_digest)


async def _resolve(connection: Connection, said: Sequence[Said]) -> list[Speaker | RtmsRefusal]:
    """Return who speaks in each request, or why the device may not speak for that user."""
    keys = dict.fromkeys(_key(item, reading) for item in said for reading in item.readings)
    numbers = {key: number for number, key in enumerate(keys)}
    columns = [list(column) for column in zip(*numbers, strict=True)]
    rows = await query(connection, _RESOLVE, [list(numbers.values()), *columns])
    found = {row[0]: row[1:] for row in rows}
    return [_speaker(item, found, numbers) for item in said]


def _speaker(
    item: Said, found: dict[int, tuple[Any, ...]], numbers: dict[Key, int]
) -> Speaker | RtmsRefusal:
    """Return the first reading that is a registered device, or what the first one lacks."""
    results = [
        _allowed(item, found.get(numbers[_key(item, reading)]), reading)
        for reading in item.readings
    ]
    known = (
        result for result in results if isinstance(result, Speaker) or result.code != NO_USER
    )
    return next(known, results[0])


def _allowed(
    item: Said, row: tuple[Any, ...] | None, reading: tuple[str, str]
) -> Speaker | RtmsRefusal:
    if row is None:
        return RtmsRefusal(NO_APP, "There is no such app.", 404)
    app, is_on, stored, has_key, is_known, has_token, is_expired, is_gone, ended, *jwt = row
    if not has_key:
        return RtmsRefusal(KEY_INVALID, "The secretKey is not valid for this app.", 401)
    if not is_on:
        return RtmsRefusal(INVALID, "The app is off.", 403)
    if not is_known or is_gone:
        return RtmsRefusal(NO_USER, "The device is not registered.", 404)
    policy = msgspec.convert(stored, Policy, strict=False)
    refusal = _without_token(item, policy, has_token=has_token, is_expired=is_expired)
    if refusal is None and ended:
        refusal = RtmsRefusal(TOKEN_INVALID, sentence_of(ended), 401, reason=ended)
    if refusal is None and policy.payload_encryption and not item.was_sealed:
        refusal = RtmsRefusal(INVALID, SEAL_IT, reason=NOT_SEALED)
    if refusal is None and policy.jwt_authorization:
        refusal = _without_jwt(item, reading[0], *jwt)
    return refusal or Speaker(app, *reading)


def _without_token(
    item: Said, policy: Policy, *, has_token: bool, is_expired: bool
) -> RtmsRefusal | None:
    """Return why the access token of a request does not do, or that there is none."""
    if not item.token_digest:
        if policy.client_key_as_password:
            return None
        return RtmsRefusal(TOKEN_REQUIRED, "The header accessToken is missing.", 401)
    if not has_token:
        return RtmsRefusal(TOKEN_INVALID, "The accessToken is not this device's.", 401)
    if is_expired:
        return RtmsRefusal(TOKEN_EXPIRED, "The accessToken has expired.", 401)
    return None


def _without_jwt(
    item: Said, user_id: str, stored: str | None, customer_id: str | None
) -> RtmsRefusal | None:
    """Return why the JWT of a request does not do; None for one that speaks for the user."""
    try:
        secret = opened(stored or "").jwt_secret
        token = vouched(item.bearer, app_id=item.app_id, secret=secret)
    except NotVouched as error:
        return RtmsRefusal(error.code, error.sentence, 401, reason="jwt")
    except Unreadable:
        return RtmsRefusal(WRONG, "The app's JWT secret cannot be read.", 401, reason="jwt")
    if token.is_for(user_id=user_id, customer_id=customer_id or ""):
        return None
    return RtmsRefusal(WRONG, OTHER_USER, 401, reason="jwt")

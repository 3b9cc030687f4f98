"""``GET /resources/v1/messaging/status/<transid>``: what became of a request."""

import uuid
from typing import Any

import msgspec

from imiconnect.rtm.intake.answers import NOT_AUTHENTICATED, Refusal, invalid, wrong_source
from imiconnect.rtm.intake.http import Answer
from imiconnect.rtm.intake.pool import Connection, query
from imiconnect.rtm.outcomes import NOBODY, PAST_EXPIRY
from imiconnect.rtm.protocol.clock import iso
from imiconnect.rtm.protocol.envelopes import CALL_WORDS
from imiconnect.rtm.protocol.ids import ids_of_transid
from imiconnect.rtm.protocol.states import State
from imiconnect.sources import is_allowed

_encode = msgspec.json.Encoder().encode

_SERVICE = """
SELECT k.service_id, s.allowed_sources FROM sharing_servicekey k
JOIN sharing_service s ON s.id = k.service_id
WHERE k.digest = %b AND (k.expires_at IS NULL OR k.expires_at > now())
"""
_MESSAGES = """
SELECT m.transid, a.app_id, coalesce(m.payload ->> 'to', m.address), m.payload ->> 'message',
  m.channel, m.state, m.created_at,
  greatest(m.created_at, m.submitted_at, m.delivered_at, m.read_at, m.clicked_at, m.closed_at),
  m.code, m.reason, m.correlation_id, m.id, m.payload ->> 'from'
FROM rtm_message m LEFT JOIN apps_app a ON a.id = m.app_id
WHERE m.id >= %b AND m.id <= %b AND m.transid = %b AND m.service_id = %b AND m.direction = 0
ORDER BY m.id
"""
# A request to topics has no messages before its fan-outs have begun. What ended without one
# by an earlier version has no code; the rest has its message.
_FANOUTS = """
SELECT f.transid, a.app_id, f.named, f.payload ->> 'message', f.accepted_at, f.correlation_id,
  f.finished_at, f.expires_at
FROM rtm_fanout f JOIN apps_app a ON a.id = f.app_id
WHERE f.transid = %b AND f.service_id = %b AND f.sent = 0 AND f.code = 0
  AND f.but_not = '' ORDER BY f.id
"""
#: The words of the documented status; ``sent`` is what the log calls submitted.
WORDS = {
    State.QUEUED: "queued",
    State.SUBMITTED: "sent",
    State.DELIVERED: "delivered",
    State.READ: "read",
    State.FAILED: "failed",
    State.EXPIRED: "expired",
}


#: Where a call differs (facts/imiconnect.md, section 13); a failure is told by its code.
_CALL_STATES = {State.DELIVERED: "answered"}


async def status(
    connection: Connection, key_digest: str, source: str | None, transid: str
) -> Answer:
    """Return the messages of a request; raises ``Refusal``, 404 for one that is not there."""
    services = await query(connection, _SERVICE, [key_digest])
    if not services:
        raise Refusal(NOT_AUTHENTICATED, "The service key is not valid.")
    service, allowed = services[0]
    if not is_allowed(allowed, source):
        raise wrong_source(source)
    try:
        wanted = uuid.UUID(transid)
    except ValueError:
        raise invalid("transid is not the id of a request.") from None
    rows = await query(connection, _MESSAGES, [*ids_of_transid(wanted), wanted, service])
    rows += [_of_fanout(row) for row in await query(connection, _FANOUTS, [wanted, service])]
    if not rows:
        raise Refusal(invalid("").code, "There is no request with this transid.", 404)
    return Answer(200, _encode([_entry(row) for row in rows]))


def _of_fanout(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a fan-out without messages as a row of ``_MESSAGES``."""
    *facts, accepted_at, correlation_id, finished_at, expires_at = row
    state, code, text = State.QUEUED, 0, ""
    if finished_at:
        is_late = finished_at >= expires_at
        state = State.EXPIRED if is_late else State.FAILED
        reason = PAST_EXPIRY if is_late else NOBODY
        code, text = reason.code, str(reason.text)
    changed_at = finished_at or accepted_at
    return (*facts, "rt", state, accepted_at, changed_at, code, text, correlation_id, "", "")


def _word(channel: str, state: State, code: int) -> str:
    """Return the documented word of a status."""
    if channel != "voice":
        return WORDS[state]
    if state == State.FAILED and code in CALL_WORDS:
        return CALL_WORDS[code].lower()
    return _CALL_STATES.get(state, WORDS[state])


def _entry(row: tuple[Any, ...]) -> dict[str, Any]:
    failed = State(row[5]) in (State.FAILED, State.EXPIRED)
    return {
        "transactionid": str(row[0]),
        "clientid": row[1] or "",
        "api_version": "v1",
        "type": "outbound-api",
        "from": row[1] or row[12] or "",
        "to": row[2],
        "body": row[3] or "",
        "channel": row[4],
        "status": _word(row[4], State(row[5]), row[8]),
        "date_created": iso(row[6]),
        "last_updated": iso(row[7]),
        "error_code": str(row[8]) if failed else "",
        "error_message": row[9],
        "correlationid": row[10],
        "tid": str(row[11]),
    }

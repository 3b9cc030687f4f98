"""The header ``Idempotency-Key``: the same request gets the same answer, for 24 hours."""

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from imiconnect.rtm.housekeeping import KEEP_KEYS
from imiconnect.rtm.intake.answers import Refusal, invalid, queued
from imiconnect.rtm.intake.http import Answer
from imiconnect.rtm.intake.pool import Connection, query

if TYPE_CHECKING:
    from imiconnect.rtm.intake.accept import Accepted

MAX_KEY = 255
# A key that somebody else is just inserting makes this wait for their commit. A key that is
# older than a day is as good as new.
_TAKE = """
INSERT INTO rtm_idempotencykey AS k (service_id, key, body_digest, transid, created_at)
SELECT u.service, u.key, u.digest, u.transid, %b
FROM unnest(%b::uuid[], %b::text[], %b::bytea[], %b::uuid[]) u (service, key, digest, transid)
ON CONFLICT (service_id, key) DO UPDATE
  SET body_digest = excluded.body_digest, transid = excluded.transid,
      created_at = excluded.created_at
  WHERE k.created_at < %b
RETURNING k.service_id, k.key
"""
_KNOWN = """
SELECT k.service_id, k.key, k.body_digest, k.transid
FROM unnest(%b::uuid[], %b::text[]) u (service, key)
JOIN rtm_idempotencykey k ON k.service_id = u.service AND k.key = u.key
WHERE k.created_at >= %b
"""

Place = tuple[uuid.UUID, str]


def checked(key: str) -> str:
    """Return the key in a request's header; raises ``Refusal`` for one that is too long."""
    if len(key) > MAX_KEY:
        raise invalid(f"Idempotency-Key is longer than {MAX_KEY} characters.")
    if not key.isprintable():
        raise invalid("Idempotency-Key has a control character.")
    return key


async def take(
    connection: Connection, accepted: "dict[int, Accepted]"
) -> dict[int, Answer | Refusal]:
    """Take the keys of a batch; return the results of orders whose key was taken before.

    Call it in the transaction that inserts the messages of the others. Keys are taken in
    order, so that two batches do not wait for each other in a circle.
    """
    first: dict[Place, Accepted] = {}
    for item in accepted.values():
        if item.order.idempotency_key:
            first.setdefault((item.sender.service_id, item.order.idempotency_key), item)
    places = sorted(first)
    now = dt.datetime.now(dt.UTC)
    columns = [
        [place[0] for place in places],
        [place[1] for place in places],
        [first[place].order.body_digest for place in places],
        [first[place].transid for place in places],
    ]
    taken = {
        (r[0], r[1]) for r in await query(connection, _TAKE, [now, *columns, now - KEEP_KEYS])
    }
    known = await _known(connection, places, now)
    results: dict[int, Answer | Refusal] = {}
    for number, item in accepted.items():
        place = (item.sender.service_id, item.order.idempotency_key)
        if place not in first or (place in taken and first[place] is item):
            continue
        digest, transid = known[place]
        if digest == item.order.body_digest:
            results[number] = _again(item, transid)
        else:
            sentence = "The Idempotency-Key was used with another body within 24 hours."
            results[number] = Refusal(invalid(sentence).code, sentence, 422)
    return results


async def answered(connection: Connection, refused: "dict[int, Accepted]") -> dict[int, Answer]:
    """Return the first answers of those orders that were accepted before.

    What they named may be gone since, which refuses a new order, not the repeat of one.
    """
    keyed = {number: item for number, item in refused.items() if item.order.idempotency_key}
    if not keyed:
        return {}
    places = {
        number: (item.sender.service_id, item.order.idempotency_key)
        for number, item in keyed.items()
    }
    known = await _known(connection, sorted(set(places.values())), dt.datetime.now(dt.UTC))
    results: dict[int, Answer] = {}
    for number, item in keyed.items():
        digest, transid = known.get(places[number], (b"", item.transid))
        if digest == item.order.body_digest:
            results[number] = _again(item, transid)
    return results


async def _known(
    connection: Connection, places: list[Place], now: dt.datetime
) -> dict[Place, tuple[bytes, uuid.UUID]]:
    columns = [[service for service, _ in places], [key for _, key in places]]
    rows = await query(connection, _KNOWN, [*columns, now - KEEP_KEYS])
    return {(row[0], row[1]): (bytes(row[2]), row[3]) for row in rows}


def _again(item: "Accepted", transid: uuid.UUID) -> Answer:
    item.order.transid, item.order.is_repeat = transid, True
    return queued(transid, item.order.answers)

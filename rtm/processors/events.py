"""Publishing events of users: claim, publish, and forget the claim of what was taken."""

import datetime as dt
import logging
from typing import Any, LiteralString

import msgspec
from django.utils import timezone

from imiconnect.rtm.broker import link
from imiconnect.rtm.media.addresses import renewed
from imiconnect.rtm.processors.claims import LEASE_SECONDS
from imiconnect.rtm.protocol import topics
from imiconnect.rtm.protocol.clock import iso
from imiconnect.rtm.protocol.sealing import Unreadable
from imiconnect.rtm.sealing import SEALED_WITH, sealed
from imiconnect.rtm.sql import again_after_deadlock, cursor

log = logging.getLogger(__name__)

BATCH = 500
_encode = msgspec.json.Encoder().encode

_CLAIM: LiteralString = f"""
WITH due AS (SELECT id FROM rtm_userevent WHERE due_at <= %b ORDER BY due_at, id LIMIT %b
  FOR UPDATE SKIP LOCKED)
UPDATE rtm_userevent e SET due_at = %b FROM due, apps_app a
WHERE e.id = due.id AND a.id = e.app_id
RETURNING e.id, a.app_id, e.address, e.body, e.created_at, {SEALED_WITH}
"""  # noqa: S608 - a constant of this package
_DONE: LiteralString = """
UPDATE rtm_userevent SET due_at = NULL WHERE id = ANY(%b::bigint[]) AND due_at = %b
"""


@again_after_deadlock
def process_due(*, limit: int = BATCH, now: dt.datetime | None = None) -> int:
    """Publish a batch of events; return how many were claimed.

    What the broker does not take is due again after the lease.
    """
    moment = now or timezone.now()
    lease = moment + dt.timedelta(seconds=LEASE_SECONDS)
    with cursor() as own:
        own.execute(_CLAIM, [moment, limit, lease])
        rows = sorted(own.fetchall(), key=lambda row: row[0])
    if not rows:
        return 0
    batch, done = [], []
    for row in rows:
        try:
            batch.append((row[0], topics.downlink(row[1], row[2]), _payload(*row[1:])))
        except Unreadable:
            log.error("The payload key of %s cannot be read; an event is lost.", row[1])
            done.append(row[0])
    taken = link.publish([(topic, payload) for _, topic, payload in batch])
    done += [item[0] for item, is_taken in zip(batch, taken, strict=True) if is_taken]
    with cursor() as own:
        own.execute(_DONE, [done, lease])
    return len(rows)


def _payload(
    app_id: str, user_id: str, body: dict[str, Any], at: dt.datetime, stored: str | None
) -> bytes:
    created = iso(at)
    frame = {"appId": app_id, "userId": user_id, "channel": "rt", "created_on": created}
    told = frame | {"ts": created} | renewed(app_id, body)
    return sealed(stored, app_id, user_id, _encode(told))

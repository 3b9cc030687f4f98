"""Taking messages that are due, so that no other processor has them for a while."""

import datetime as dt
import uuid
from typing import Any

import msgspec

from imiconnect.rtm.lanes import MT, OTT
from imiconnect.rtm.sql import again_after_deadlock, bounds, cursor

#: How long a claim holds: a processor that dies leaves its messages due again after it.
LEASE_SECONDS = 30
#: Providers get files too, which take some time to come and to go.
LEASES = {OTT: 2 * LEASE_SECONDS}

# Each priority is a walk of its own through the index; the outer LIMIT stops early, so that
# no more rows are locked than are taken. An array, not a join: its plan is right at any size.
_CLAIM = """
UPDATE rtm_openmessage o SET claimed_until = %b WHERE o.id = ANY(ARRAY(
  SELECT d.id FROM (VALUES (3::int2), (2), (1)) p (priority) CROSS JOIN LATERAL (
    SELECT o.id FROM rtm_openmessage o
    WHERE o.lane = %b AND o.priority = p.priority AND o.due_at <= %b
      AND (o.claimed_until IS NULL OR o.claimed_until <= %b)
    ORDER BY o.due_at LIMIT %b FOR UPDATE SKIP LOCKED) d
  LIMIT %b))
RETURNING o.id, o.app_id, o.address, o.due_at, o.expires_at, o.failures
"""
_MESSAGES = """
SELECT m.id, m.organization_id, m.service_id, m.app_id, m.transid, m.channel, m.address,
  m.address_type, m.payload ->> 'to', m.correlation_id, m.callback_data, m.notify_url,
  m.thread_id, m.payload, m.attempts, m.submitted_at, m.created_at, m.state
FROM rtm_message m WHERE m.id = ANY(%b::uuid[]) AND m.id >= %b AND m.id <= %b
"""


class Claim(msgspec.Struct, frozen=True):
    """A message that this processor holds, as the working table has it."""

    id: uuid.UUID
    app_id: uuid.UUID
    address: str
    due_at: dt.datetime
    expires_at: dt.datetime
    failures: int


@again_after_deadlock
def claim_due(limit: int, now: dt.datetime, lane: str = MT) -> list[Claim]:
    """Claim up to ``limit`` due messages of a lane, highest priority first; return them by id.

    One statement that commits by itself: no round trips for BEGIN and COMMIT.
    """
    until = now + dt.timedelta(seconds=LEASES.get(lane, LEASE_SECONDS))
    with cursor() as own:
        own.execute(_CLAIM, [until, lane, now, now, limit, limit])
        return sorted((Claim(*row) for row in own.fetchall()), key=lambda claim: claim.id)


def load(claims: list[Claim]) -> dict[uuid.UUID, tuple[Any, ...]]:
    """Return the log's rows of claimed messages, as ``_MESSAGES`` lists their columns."""
    ids = [claim.id for claim in claims]
    with cursor() as own:
        own.execute(_MESSAGES, [ids, *bounds(ids)])
        return {row[0]: row for row in own.fetchall()}

"""Taking messages that are due, so that no other processor has them for a while."""

import datetime as dt
import uuid
from typing import Any, LiteralString

import msgspec

from imiconnect.rtm.lanes import MT, OTT
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.sql import again_after_deadlock, bounds, together

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
# Batches until they have as many messages as asked for; the first one in any case. They are
# chosen without a lock, and of those chosen the ones are taken that nobody else has meanwhile.
_CLAIM_BATCHES = """
UPDATE rtm_messagebatch b SET claimed_until = %b WHERE b.id = ANY(ARRAY(
  SELECT y.id FROM rtm_messagebatch y WHERE y.id = ANY(ARRAY(
    SELECT x.id FROM (
      SELECT d.id,
        sum(d.size) OVER (ORDER BY d.priority DESC, d.due_at, d.id) - d.size AS before
      FROM (SELECT id, priority, due_at, size FROM rtm_messagebatch
        WHERE due_at <= %b AND (claimed_until IS NULL OR claimed_until <= %b)
        ORDER BY priority DESC, due_at LIMIT %b) d) x
    WHERE x.before < %b))
    AND (y.claimed_until IS NULL OR y.claimed_until <= %b)
  FOR UPDATE SKIP LOCKED))
RETURNING b.id, b.messages
"""
_OPEN = """
SELECT o.id, o.app_id, o.address, o.due_at, o.expires_at, o.failures FROM rtm_openmessage o
WHERE o.id = ANY(%b::uuid[]) AND o.due_at IS NULL
"""
_MESSAGES = """
SELECT m.id, m.organization_id, m.service_id, m.app_id, m.transid, m.channel, m.address,
  m.address_type, m.payload ->> 'to', m.correlation_id, m.callback_data, m.notify_url,
  m.thread_id, m.payload, m.attempts, m.submitted_at, m.created_at, m.state
FROM rtm_message m WHERE m.id = ANY(%b::uuid[]) AND m.id >= %b AND m.id <= %b
"""


class Claim(msgspec.Struct, frozen=True):
    """A message that this processor holds, as the working table has it.

    One that was taken with its batch has no due time of its own.
    """

    id: uuid.UUID
    app_id: uuid.UUID
    address: str
    due_at: dt.datetime | None
    expires_at: dt.datetime
    failures: int


class Taken(msgspec.Struct, frozen=True):
    """What a processor has claimed: messages by themselves, and batches with what they name."""

    claims: list[Claim]
    batches: list[int] = []
    named: list[uuid.UUID] = []

    def __len__(self) -> int:
        """How many messages were claimed, some of which may have had their outcome before."""
        return len(self.claims) + len(self.named)


@again_after_deadlock
def take(limit: int, now: dt.datetime, lane: str = MT) -> Taken:
    """Claim what is due on a lane, highest priority first, in one round trip and commit.

    That is up to ``limit`` messages by themselves, and on the lane of the broker batches until
    they have ``limit`` messages or a few more.
    """
    until = now + dt.timedelta(seconds=LEASES.get(lane, LEASE_SECONDS))
    asked: list[tuple[LiteralString, list[Any]]] = [
        (_CLAIM, [until, lane, now, now, limit, limit])
    ]
    if lane == MT:
        asked.append((_CLAIM_BATCHES, [until, now, now, limit, limit, now]))
    found, *batches = together(*asked)
    rows = batches[0] if batches else []
    return Taken(
        [Claim(*row) for row in found],
        [row[0] for row in rows],
        [message for row in rows for message in row[1]],
    )


def load(taken: Taken) -> tuple[list[Claim], dict[uuid.UUID, tuple[Any, ...]]]:
    """Return the claims by id, and the log's rows with the columns that ``_MESSAGES`` lists.

    Of a batch those are left out that have gone their own way: closed, due by themselves, or
    sent already since a device of the user has connected.
    """
    ids = [claim.id for claim in taken.claims] + taken.named
    asked: list[tuple[LiteralString, list[Any]]] = [(_MESSAGES, [ids, *bounds(ids)])]
    if taken.named:
        asked.append((_OPEN, [taken.named]))
    found, *waiting = together(*asked)
    rows = {row[0]: row for row in found}
    named = [
        Claim(*row)
        for part in waiting
        for row in part
        if row[0] not in rows or rows[row[0]][17] != State.SUBMITTED
    ]
    claims = sorted(taken.claims + named, key=lambda claim: claim.id)
    return claims, {claim.id: rows[claim.id] for claim in claims if claim.id in rows}

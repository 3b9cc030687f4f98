"""Violations of the state machine, and messages that nobody is working on."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from imiconnect.rtm.processors.claims import LEASE_SECONDS
from imiconnect.rtm.sql import cursor

_NAMED = 10


@dataclass(frozen=True)
class Rule:
    """A query whose rows are violations, what they are and what to do."""

    name: str
    sentence: str
    remedy: str
    query: str


@dataclass(frozen=True)
class Violation:
    """A rule that is broken: how often, and the ids of some of the rows."""

    rule: Rule
    count: int
    ids: list[str]


_REPORT = "This cannot come from outside: keep the rows, and report it with their journeys."
_SWEEP = "Look at /readyz: a worker for this queue is missing, or PostgreSQL refuses it."
_ENDED = "m.direction = 0 AND m.state IN (2, 3, 4, 5)"
_STALE = LEASE_SECONDS * 3

RULES = (
    Rule(
        "two_outcomes",
        "messages have failed or expired and were delivered too",
        _REPORT,
        "SELECT m.id FROM rtm_message m WHERE m.state IN (4, 5) AND m.delivered_at IS NOT NULL "
        "OR m.state IN (2, 3) AND m.is_failed OR m.state = 2 AND m.read_at IS NOT NULL",
    ),
    Rule(
        "outcome_without_time",
        "messages have their outcome but not the time of it",
        _REPORT,
        "SELECT m.id FROM rtm_message m WHERE m.direction = 0 AND m.state IN (2, 3, 4, 5) "
        "AND m.closed_at IS NULL "
        "OR m.state IN (4, 5) AND NOT m.is_failed OR m.state = 3 AND m.read_at IS NULL",
    ),
    Rule(
        "open_with_time",
        "messages are open but have the time of an outcome",
        _REPORT,
        "SELECT m.id FROM rtm_message m WHERE m.direction = 0 AND m.state IN (0, 1) "
        "AND (m.closed_at IS NOT NULL OR m.is_failed)",
    ),
    Rule(
        "attempts_uncounted",
        "messages count other attempts than there are",
        _REPORT,
        "SELECT m.id FROM rtm_message m LEFT JOIN (SELECT message_id, count(*) AS n "
        "FROM rtm_attempt GROUP BY message_id) a ON a.message_id = m.id "
        "WHERE m.attempts <> coalesce(a.n, 0) + (m.tried_at IS NOT NULL)::int",
    ),
    Rule(
        "sent_without_attempt",
        "messages are submitted without a successful attempt",
        _REPORT,
        "SELECT m.id FROM rtm_message m WHERE m.state = 1 AND m.tried_at IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM "
        "rtm_attempt a WHERE a.message_id = m.id AND a.succeeded)",
    ),
    Rule(
        "working_after_outcome",
        "messages have their outcome and are still on the working table",
        "They are taken off it when they are next due. If they stay, report it.",
        f"SELECT m.id FROM rtm_message m JOIN rtm_openmessage o USING (id) WHERE {_ENDED}",  # noqa: S608
    ),
    Rule(
        "open_without_work",
        "messages are open but not on the working table, so nothing will happen to them",
        _REPORT,
        "SELECT m.id FROM rtm_message m WHERE m.direction = 0 AND m.state IN (0, 1) "
        "AND NOT EXISTS (SELECT 1 FROM rtm_openmessage o WHERE o.id = m.id)",
    ),
    Rule(
        "work_without_message",
        "rows of the working table have no message",
        _REPORT,
        "SELECT o.id FROM rtm_openmessage o WHERE NOT EXISTS "
        "(SELECT 1 FROM rtm_message m WHERE m.id = o.id)",
    ),
    Rule(
        "queued_without_due_time",
        "queued messages have no due time and are in no batch",
        _REPORT,
        "SELECT m.id FROM rtm_message m JOIN rtm_openmessage o USING (id) "
        "WHERE m.state = 0 AND o.due_at IS NULL "
        "AND m.id NOT IN (SELECT unnest(b.messages) FROM rtm_messagebatch b)",
    ),
    Rule(
        "stuck_queued",
        f"messages have been due for over {_STALE} s",
        _SWEEP,
        "SELECT o.id FROM rtm_openmessage o WHERE o.due_at < %(stale)s "
        "AND (o.claimed_until IS NULL OR o.claimed_until < %(stale)s) "
        "UNION ALL SELECT unnest(b.messages) FROM rtm_messagebatch b "
        "WHERE b.due_at < %(stale)s "
        "AND (b.claimed_until IS NULL OR b.claimed_until < %(stale)s)",
    ),
    Rule(
        "stuck_past_expiry",
        f"messages have been past their expiry for over {_STALE} s",
        _SWEEP,
        "SELECT o.id FROM rtm_openmessage o WHERE o.expires_at < %(stale)s",
    ),
    Rule(
        "stuck_receipts",
        f"receipts have been due for over {_STALE} s",
        _SWEEP,
        "SELECT r.id FROM rtm_receipt r WHERE r.due_at < %(stale)s "
        "UNION ALL SELECT b.id FROM rtm_receiptbatch b WHERE b.received_at < %(stale)s",
    ),
    Rule(
        "stuck_incoming",
        f"incoming messages have been due for over {_STALE} s",
        _SWEEP,
        "SELECT i.id FROM rtm_inbound i WHERE i.due_at < %(stale)s",
    ),
    Rule(
        "default_partition",
        "messages are in the default partition, which no archive takes away",
        "Run the task rtm.keep_house, which makes partitions ahead; then move the rows.",
        "SELECT id FROM rtm_message_default UNION ALL SELECT id FROM rtm_attempt_default",
    ),
)


def violations(now: dt.datetime) -> list[Violation]:
    """Return every rule that is broken now; reads the whole log."""
    found = []
    stale = now - dt.timedelta(seconds=_STALE)
    for rule in RULES:
        query = f"SELECT count(*), (array_agg(v.id::text))[1:{_NAMED}] FROM ({rule.query}) v"  # noqa: S608
        parameters: dict[str, Any] = {"stale": stale} if "%(stale)s" in rule.query else {}
        with cursor() as own:
            own.execute(query.encode(), parameters)
            count, ids = own.fetchone() or (0, [])
        if count:
            found.append(Violation(rule, count, ids))
    return found

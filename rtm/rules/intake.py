"""Noting what happened, for the rules of services: one statement for a batch of events.

Call ``note_events`` inside the transaction in which the events happen, so that neither is
there without the other; webhooks that work on a connection of their own use
``note_events_on``. Events that no active rule of the organization waits for leave no row.

An event of a customer whose profile is just being read (``ott/profiles.py``) waits for it, five
seconds at most.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from django.db import transaction
from psycopg.types.json import Jsonb

from imiconnect.rtm.intake.pool import Connection, query
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.sql import cursor
from imiconnect.sharing.rules.events import Event

_encode = msgspec.json.Encoder(enc_hook=str).encode

_NOTE = """
WITH u AS (
  SELECT * FROM unnest(%b::uuid[], %b::text[], %b::uuid[], %b::uuid[], %b::uuid[],
    %b::uuid[], %b::text[], %b::text[], %b::uuid[], %b::uuid[], %b::uuid[], %b::jsonb[],
    %b::jsonb[], %b::timestamptz[])
    u (id, kind, organization, service, app, number, channel, address, message, transid,
       thread, told, before, at))
INSERT INTO rtm_ruleevent (id, kind, organization_id, service_id, app_id, number_id, channel,
  address, message_id, transid, thread_id, "values", before, happened_at, due_at)
SELECT u.id, u.kind, u.organization, u.service, u.app, u.number, u.channel, u.address,
  u.message, u.transid, u.thread, u.told, u.before, u.at,
  now() + CASE WHEN EXISTS (
    SELECT 1 FROM rtm_contact k WHERE k.app_id = u.app AND k.address = u.address
      AND k.profile_due_at <= now() + interval '30 seconds')
    THEN interval '5 seconds' ELSE interval '0' END
FROM u WHERE EXISTS (
  SELECT 1 FROM sharing_rule r WHERE r.organization_id = u.organization AND r.is_active
    AND (u.service IS NULL OR r.service_id = u.service)
    AND (r.listens = u.kind OR (r.listens = 'keyword' AND u.kind = 'message')))
ON CONFLICT (id) DO NOTHING
RETURNING id
"""


def note_events(events: Iterable[Event]) -> int:
    """Note events on Django's connection; return how many some rule waits for."""
    rows = list(events)
    if not rows:
        return 0
    with cursor() as own:
        own.execute(_NOTE, _columns(rows))
        noted = len(own.fetchall())
    if noted:
        transaction.on_commit(lambda: nudge("rules"), robust=True)
    return noted


async def note_events_on(connection: Connection, events: Iterable[Event]) -> int:
    """Note events on another connection; after its commit ``nudge("rules")`` is in order."""
    rows = list(events)
    return len(await query(connection, _NOTE, _columns(rows))) if rows else 0


def _columns(events: list[Event]) -> list[list[Any]]:
    return [
        [event.id for event in events],
        [event.kind for event in events],
        [event.organization_id for event in events],
        [event.service_id for event in events],
        [event.app_id for event in events],
        [event.number_id for event in events],
        [event.channel for event in events],
        [event.address[:200] for event in events],
        [event.message_id for event in events],
        [event.transid for event in events],
        [event.thread_id for event in events],
        [Jsonb(dict(event.values), dumps=_encode) for event in events],
        [Jsonb(dict(event.before), dumps=_encode) for event in events],
        [event.at for event in events],
    ]

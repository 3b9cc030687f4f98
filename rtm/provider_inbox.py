"""Messages that providers hand over, into the inbox of the MO processor, each once.

A provider repeats a webhook whose answer it missed; its own id of the message is remembered
as a device's ``clientRef`` is.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from imiconnect.identity import uuid7
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.sql import NIL, cursor

_INSERT = """
WITH u AS (
  SELECT * FROM unnest(%b::uuid[], %b::text[], %b::uuid[], %b::text[], %b::text[], %b::text[],
    %b::jsonb[], %b::uuid[], %b::uuid[], %b::text[], %b::timestamptz[])
    u (id, channel, app, address, account, ref, body, organization, service, url, at)
), first AS (
  INSERT INTO rtm_clientref (tid, app_id, address, device_id, ref, created_at)
  SELECT u.id, u.app, u.address, u.account, u.ref, u.at FROM u WHERE u.ref <> ''
  ORDER BY u.app, u.address, u.account, u.ref, u.id
  ON CONFLICT (app_id, address, device_id, ref) DO NOTHING
  RETURNING tid
)
INSERT INTO rtm_inbound (id, channel, app_id, address, device_id, body, organization_id,
  service_id, url, received_at, due_at)
SELECT u.id, u.channel, u.app, u.address, '', u.body, u.organization, u.service, u.url, u.at,
  u.at
FROM u WHERE u.ref = '' OR u.id IN (SELECT tid FROM first)
RETURNING id
"""


@dataclass(frozen=True)
class ProviderMessage:
    """A message from a customer through a provider.

    ``address`` is the customer's on the channel; ``body`` the normalized content, kept as
    the payload. A message of an app names ``app_id`` and goes to the service that the app
    gives it to; one that came over a number names its ``organization_id`` and, if its
    keyword has chosen one, its ``service_id``; with a ``url`` it goes there and not to the
    service. ``provider_id`` is the provider's id of it within ``account``; empty when it has
    none.
    """

    channel: str
    address: str
    body: dict[str, Any]
    provider_id: str = ""
    account: str = ""
    app_id: uuid.UUID = NIL
    organization_id: uuid.UUID | None = None
    service_id: uuid.UUID | None = None
    url: str = ""
    at: dt.datetime = field(default_factory=timezone.now)
    id: uuid.UUID = field(default_factory=uuid7)


def take_in(messages: Sequence[ProviderMessage]) -> set[uuid.UUID]:
    """Write messages into the inbox; return the ids of those that are new.

    Part of the caller's transaction. The ids become the messages' ids in the log.
    """
    if not messages:
        return set()
    rows = [
        (m.id, m.channel, m.app_id, m.address, m.account, m.provider_id, Jsonb(m.body),
         m.organization_id, m.service_id, m.url, m.at)
        for m in messages
    ]  # fmt: skip
    with cursor() as own:
        own.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
        new = {row[0] for row in own.fetchall()}
    transaction.on_commit(lambda: nudge("mo"))
    return new

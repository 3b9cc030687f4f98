"""What a batch of messages refers to, read at once: services, apps, threads."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from imiconnect.apps.policy import Policy
from imiconnect.rtm.outcomes import APP_NOT_SHARED, APP_OFF, SERVICE_NOT_LIVE, Reason
from imiconnect.rtm.permission import ALLOCATED, USABLE
from imiconnect.rtm.protocol.envelopes import ThreadFacts
from imiconnect.rtm.sealing import SEALED_WITH
from imiconnect.rtm.sql import again_after_deadlock, cursor, together

#: What holds for a message whose app is gone.
DEFAULT_POLICY = Policy()

# A message of a medium without apps has the pair of its service and nothing; what a user says
# to a topic that no service hears, has the app's alone, which then lets it pass.
_PAIRS = f"""
SELECT s.id, a.id, coalesce(a.app_id, ''), coalesce(a.policy, '{{}}'),
  coalesce(a.channel_type, ''), (s.id IS NULL OR s.state = 'live') AND o.is_active,
  w.app IS NULL OR a.state = 'active',
  w.app IS NULL OR s.id IS NULL OR ({ALLOCATED} AND {USABLE}),
  {SEALED_WITH}
FROM unnest(%b::uuid[], %b::uuid[]) w (service, app)
LEFT JOIN sharing_service s ON s.id = w.service
LEFT JOIN apps_app a ON a.id = w.app
  AND (w.service IS NULL OR a.organization_id = s.organization_id)
JOIN accounts_organization o ON o.id = coalesce(s.organization_id, a.organization_id)
WHERE w.app IS NULL OR a.id IS NOT NULL
"""  # noqa: S608 - constants of this package
# Publishing to a closed thread opens it again; a message that is sent once more does not.
_TOUCH = """
UPDATE rtm_thread t SET status = 'Active', updated_at = n.at
FROM (SELECT x.id, u.at FROM unnest(%b::uuid[], %b::timestamptz[]) u (id, at)
  JOIN rtm_thread x ON x.id = u.id WHERE x.updated_at < u.at ORDER BY x.id FOR UPDATE OF x) n
WHERE t.id = n.id AND t.updated_at < n.at
"""
_THREADS = """
SELECT t.id, t.title, t.type, t.status, t.category, t.external_id, t.extras,
  coalesce(r.name, ''), t.created_at, t.updated_at
FROM rtm_thread t LEFT JOIN rtm_stream r ON r.id = t.stream_id WHERE t.id = ANY(%b::uuid[])
"""
_SERVICES = """
SELECT s.id, s.organization_id, s.receipt_url, s.receipt_kinds, EXISTS (
  SELECT 1 FROM sharing_rule r WHERE r.organization_id = s.organization_id
    AND r.listens = 'receipt' AND r.is_active AND r.service_id = s.id)
FROM sharing_service s WHERE s.id = ANY(%b::uuid[])
"""


#: A service and an app; one of them may be missing.
Key = tuple[uuid.UUID | None, uuid.UUID | None]


@dataclass(frozen=True)
class Pair:
    """A service and the app that it sends through, if any, as they are now."""

    app_id: str
    policy: Policy
    channel_type: str
    is_live: bool
    is_on: bool
    may_use: bool
    #: With what the app encrypts payloads; None where it does not.
    sealed_with: str | None = field(default=None, repr=False)

    @property
    def obstacle(self) -> Reason | None:
        """Why nothing may be sent through the pair, if so."""
        if not self.is_live:
            return SERVICE_NOT_LIVE
        if not self.is_on:
            return APP_OFF
        return None if self.may_use else APP_NOT_SHARED


@dataclass(frozen=True)
class ReceiptWishes:
    """Where a service wants its receipts and of which kinds, by channel."""

    organization_id: uuid.UUID
    url: str
    kinds: dict[str, list[str]]
    #: Whether one of its rules waits for receipts.
    has_rules: bool = False

    def wants(self, channel: str, kind: str, notify_url: str) -> bool:
        """Tell whether a receipt is to be sent; a request's own URL is a wish by itself."""
        asked = self.kinds.get(channel)
        if notify_url and not asked:
            return True
        return bool(notify_url or self.url) and kind in (asked or ())


@again_after_deadlock
def read(
    wanted: Iterable[Key],
    news: Iterable[tuple[uuid.UUID | None, dt.datetime]],
) -> tuple[dict[Key, Pair], dict[uuid.UUID, ThreadFacts]]:
    """Return what is known of pairs of service and app ids, and of threads.

    ``news`` names the thread of each message and when the message was accepted. A thread
    that has not changed since is open again and has changed then.
    """
    known = list({pair for pair in wanted if any(pair)})
    latest: dict[uuid.UUID, dt.datetime] = {}
    for thread, at in news:
        if thread:
            latest[thread] = max(at, latest.get(thread, at))
    ids = list(latest)
    _, pair_rows, thread_rows = together(
        (_TOUCH, [ids, list(latest.values())]),
        (_PAIRS, [[s for s, _ in known], [a for _, a in known]]),
        (_THREADS, [ids]),
    )
    pairs = {(row[0], row[1]): Pair(row[2], _policy(row[3]), *row[4:]) for row in pair_rows}
    return pairs, {row[0]: ThreadFacts(*row) for row in thread_rows}


def threads_of(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, ThreadFacts]:
    """Return what is known of threads, and change none."""
    wanted = list({key for key in ids if key})
    if not wanted:
        return {}
    with cursor() as own:
        own.execute(_THREADS, [wanted])
        return {row[0]: ThreadFacts(*row) for row in own.fetchall()}


def receipt_wishes(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, ReceiptWishes]:
    """Return where services want their receipts."""
    with cursor() as own:
        own.execute(_SERVICES, [list({service for service in ids if service})])
        return {row[0]: ReceiptWishes(*row[1:]) for row in own.fetchall()}


def _policy(stored: dict[str, Any]) -> Policy:
    return msgspec.convert(stored, Policy, strict=False)

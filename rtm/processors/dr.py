"""DR: apply the receipts that wait in the inbox, once each, whatever their order."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from imiconnect.rtm import live
from imiconnect.rtm.models import Receipt
from imiconnect.rtm.outcomes import EXPIRED_CODE
from imiconnect.rtm.processors import owed
from imiconnect.rtm.processors.closing import (
    TOLD,
    close_failed,
    forget_open,
    write_callbacks,
)
from imiconnect.rtm.processors.recording import Changed
from imiconnect.rtm.processors.sync import sync_receipts
from imiconnect.rtm.protocol.envelopes import News, Told
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.protocol.uplink import CLICKED, DELIVERED, READ
from imiconnect.rtm.sql import (
    NIL,
    again_after_deadlock,
    bounds,
    copy,
    cursor,
    joining_by_hash,
    together,
)

BATCH = 1000
#: How long a receipt waits for its message to appear.
KEEP = dt.timedelta(days=1)
_LONGEST_WAIT_SECONDS = 3600
#: The news of a receipt, and the kind that brings it.
_WORDS = (("delivered", DELIVERED), ("read", READ), ("clicked", CLICKED))

_TAKE = """
DELETE FROM rtm_receipt r WHERE r.id = ANY(ARRAY(
  SELECT id FROM rtm_receipt WHERE due_at <= %b ORDER BY due_at LIMIT %b
  FOR UPDATE SKIP LOCKED))
RETURNING r.tid, r.app_id, r.address, r.device_id, r.kind, r.code, r.reason, r.detail,
  r.received_at, r.attempts
"""
# Of the batches that nobody else is at, until they have as many receipts as asked for.
_TAKE_BATCHES = """
DELETE FROM rtm_receiptbatch b WHERE b.id = ANY(ARRAY(
  SELECT x.id FROM (
    SELECT d.id, sum(d.size) OVER (ORDER BY d.id) - d.size AS before FROM (
      SELECT id, size FROM rtm_receiptbatch ORDER BY id LIMIT 50 FOR UPDATE SKIP LOCKED) d) x
  WHERE x.before < %b))
RETURNING b.received_at, b.tids, b.app_ids, b.addresses, b.device_ids, b.kinds
"""
# The rows are locked in the order of their ids, as every other statement does. Their smallest
# and largest id leave other partitions out, also of a plan for any ids. A receipt after the
# outcome "failed" or "expired" finds its message and changes nothing.
_APPLY = f"""
WITH news AS (
  SELECT * FROM unnest(%b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::timestamptz[],
    %b::timestamptz[], %b::timestamptz[])
    u (tid, app_id, address, device_id, delivered_at, read_at, clicked_at)),
old AS (
  SELECT o.id, o.state, o.device_id AS first_device, o.delivered_at IS NULL AS is_delivery,
    o.read_at IS NULL AND n.read_at IS NOT NULL AS is_read,
    o.clicked_at IS NULL AND n.clicked_at IS NOT NULL AS is_click,
    coalesce(o.app_id, '{NIL}') = n.app_id AND o.address = n.address AND o.direction = 0
      AS is_own,
    n.device_id, n.delivered_at, n.read_at, n.clicked_at
  FROM news n JOIN rtm_message o ON o.id = n.tid
  WHERE o.id = ANY(%b::uuid[]) AND o.id >= %b AND o.id <= %b ORDER BY o.id FOR UPDATE OF o),
changed AS (
  UPDATE rtm_message m SET
    state = CASE WHEN m.state = 3 OR old.is_read THEN 3 ELSE 2 END,
    code = CASE WHEN m.state = 3 OR old.is_read THEN 7502 ELSE 7500 END,
    reason = '',
    device_id = CASE WHEN m.device_id = '' THEN old.device_id ELSE m.device_id END,
    delivered_at = coalesce(m.delivered_at, old.delivered_at),
    read_at = coalesce(m.read_at, old.read_at),
    clicked_at = coalesce(m.clicked_at, old.clicked_at),
    closed_at = coalesce(m.closed_at, old.delivered_at)
  FROM old WHERE m.id = old.id AND m.id = ANY(%b::uuid[]) AND m.id >= %b AND m.id <= %b
    AND old.is_own
    AND m.state <= 3 AND (old.is_delivery OR old.is_read OR old.is_click)
  RETURNING {TOLD}, m.state, m.expires_at)
SELECT old.id, old.first_device, old.is_delivery, old.is_read, old.is_click, changed.* FROM old
LEFT JOIN changed ON changed.id = old.id
"""  # noqa: S608 - constants of this package
_KEEP = """COPY rtm_receipt (tid, app_id, address, device_id, kind, code, reason, detail,
  received_at, due_at, attempts) FROM STDIN (FORMAT BINARY)"""
_KEEP_TYPES = (
    "uuid", "uuid", "varchar", "varchar", "int2", "int2", "text", "jsonb",
    "timestamptz", "timestamptz", "int2",
)  # fmt: skip


@dataclass(slots=True)
class Said:
    """Everything that one user's devices said of one message in a batch."""

    device_id: str
    times: dict[int, dt.datetime] = field(default_factory=dict)
    devices: set[str] = field(default_factory=set)

    def add(self, kind: int, device_id: str, at: dt.datetime) -> None:
        """Take a receipt; the earliest of a kind counts, and each implies delivery."""
        self.devices.add(device_id)
        for implied in (DELIVERED, kind):
            self.times[implied] = min(at, self.times.get(implied, at))


@again_after_deadlock
def process_due(*, limit: int = BATCH, now: dt.datetime | None = None) -> int:
    """Apply a batch of receipts; return how many were taken from the inbox.

    One transaction takes them, changes their messages, writes the notifications and puts
    back those whose message is not there yet.
    """
    moment = now or timezone.now()
    with transaction.atomic():
        rows, batches = together((_TAKE, [moment, limit]), (_TAKE_BATCHES, [limit]))
        rows += [row for batch in batches for row in _rows(*batch)]
        if not rows:
            return 0
        failed = [row for row in rows if row[4] == Receipt.Kind.FAILED]
        said = _gather(row for row in rows if row[4] != Receipt.Kind.FAILED)
        found, news, changed = _apply(said, moment)
        known, failures = _fail(failed, moment)
        changed += [(n.message.organization_id, n.message.id, _end(n.code)) for n in failures]
        write_callbacks(news + failures, moment)
        sync_receipts(news, moment)
        met = found | known
        _put_back((row for row in rows if row[0] not in met), moment)
    live.tell(changed=changed)
    return len(rows)


def _rows(at: dt.datetime, *columns: list[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield the receipts of a batch as ``_TAKE`` returns those that are rows."""
    for receipt in zip(*columns, strict=True):
        yield (*receipt, 0, "", {}, at, 0)


def _gather(rows: Iterable[tuple[Any, ...]]) -> dict[tuple[uuid.UUID, uuid.UUID, str], Said]:
    said: dict[tuple[uuid.UUID, uuid.UUID, str], Said] = {}
    for tid, app_id, address, device_id, kind, _code, _reason, _detail, at, _tries in rows:
        key = (tid, app_id, address)
        item = said.get(key)
        if item is None:
            item = said[key] = Said(device_id)
        item.add(kind, device_id, at)
    return said


def _apply(
    said: dict[tuple[uuid.UUID, uuid.UUID, str], Said], now: dt.datetime
) -> tuple[set[uuid.UUID], list[News], list[Changed]]:
    """Change the messages; return the ids that exist, what to tell, and what changed."""
    if not said:
        return set(), [], []
    times = [item.times for item in said.values()]
    ids = [key[0] for key in said]
    with joining_by_hash() as own:
        own.execute(
            _APPLY,
            [
                ids,
                [key[1] for key in said],
                [key[2] for key in said],
                [item.device_id for item in said.values()],
                *[[time.get(kind) for time in times] for _, kind in _WORDS],
                *(ids, *bounds(ids)),
                *(ids, *bounds(ids)),
            ],
        )
        rows = own.fetchall()
    news: list[News] = []
    changed: list[Changed] = []
    firsts: list[owed.First] = []
    for row in rows:
        if row[5] is None:
            continue
        told = Told(*row[5:17])
        item = said[(told.id, told.app_id or NIL, told.address)]
        news += _news(told, item, row[2:5])
        changed.append((told.organization_id, told.id, State(row[17])))
        if row[2]:
            firsts.append(owed.First(told, item.device_id, row[18]))
    forget_open(sorted({tid for _org, tid, _state in changed}))
    owed.note(firsts, now)
    owed.settle(_later({row[0]: row[1] for row in rows}, said))
    return {row[0] for row in rows}, news, changed


def _later(
    known: dict[uuid.UUID, str], said: dict[tuple[uuid.UUID, uuid.UUID, str], Said]
) -> list[owed.Confirmed]:
    """Return the receipts of devices that were not the first; ``known`` had one before."""
    return [
        (tid, app_id, address, device_id)
        for (tid, app_id, address), item in said.items()
        if tid in known
        for device_id in item.devices - {known[tid] or item.device_id}
    ]


def _news(told: Told, item: Said, is_new: tuple[bool, bool, bool]) -> list[News]:
    return [
        News(told, word, item.times[kind], device_id=item.device_id)
        for (word, kind), new in zip(_WORDS, is_new, strict=True)
        if new
    ]


def _fail(rows: list[tuple[Any, ...]], now: dt.datetime) -> tuple[set[uuid.UUID], list[News]]:
    """Fail messages of which a provider says so; return the ids that exist, what to tell."""
    if not rows:
        return set(), []
    with cursor() as own:
        own.execute(
            "SELECT id, coalesce(app_id, %b), address FROM rtm_message "
            "WHERE id = ANY(%b::uuid[])",
            [NIL, sorted({row[0] for row in rows})],
        )
        owners = {row[0]: row[1:] for row in own.fetchall()}
    moves = {
        row[0]: (row[0], _end(row[5]), row[5], row[6])
        for row in rows
        if owners.get(row[0]) == (row[1], row[2])
    }
    return set(owners), close_failed(list(moves.values()), now)


def _end(code: int) -> State:
    """Return the outcome that a provider's code means: out of time is no failure."""
    return State.EXPIRED if code == EXPIRED_CODE else State.FAILED


def _put_back(rows: Iterable[tuple[Any, ...]], now: dt.datetime) -> None:
    """Keep receipts without a message for later, with growing pauses, for a day."""
    kept = []
    for row in rows:
        received_at, tries = row[8], row[9] + 1
        if now - received_at >= KEEP:
            continue
        due_at = now + pause_after(tries)
        kept.append((*row[:7], Jsonb(row[7]), received_at, due_at, tries))
    if kept:
        with cursor() as own:
            copy(own, _KEEP, _KEEP_TYPES, kept)


def pause_after(tries: int) -> dt.timedelta:
    """Return how long a receipt waits that has not met its message ``tries`` times."""
    return dt.timedelta(seconds=min(2**tries, _LONGEST_WAIT_SECONDS))

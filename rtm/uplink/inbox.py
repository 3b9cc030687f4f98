"""From published payloads to inbox rows, a batch in one commit.

Of an app that encrypts, a payload is the bare base64 of ``protocol/sealing.py``. One that is
plain, or that the user's key does not open, is refused like any other of no use.
"""

import datetime as dt
import logging
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
import psycopg
from django.db import transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from imiconnect.identity import uuid7
from imiconnect.rtm.connect.device_events import Report, report_all
from imiconnect.rtm.inbound import INSERT_INBOUND
from imiconnect.rtm.models import ReceiptBatch
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.protocol import uplink
from imiconnect.rtm.protocol.sealing import Unreadable
from imiconnect.rtm.protocol.topics import Source, parse_uplink
from imiconnect.rtm.rest.fields import unstorable
from imiconnect.rtm.sealing import SEALED_WITH, as_object, unsealed
from imiconnect.rtm.sql import copy, cursor
from imiconnect.rtm.uplink import figures

log = logging.getLogger(__name__)

_encode = msgspec.json.Encoder().encode
_RECEIPTS = """COPY rtm_receipt (tid, app_id, address, device_id, kind, code, reason, detail,
  received_at, due_at, attempts) FROM STDIN (FORMAT BINARY)"""
_RECEIPT_TYPES = (
    "uuid", "uuid", "varchar", "varchar", "int2", "int2", "text", "jsonb",
    "timestamptz", "timestamptz", "int2",
)  # fmt: skip
_RECEIPT_BATCH = """
INSERT INTO rtm_receiptbatch (received_at, size, tids, app_ids, addresses, device_ids, kinds)
VALUES (%b, %b, %b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::int2[])
"""
_NOTHING = Jsonb({})
#: Fewer receipts than this are rows of their own, which support staff find by message.
_FEW = 10
#: An app that is turned off, or whose organization is suspended, is heard for this long yet.
_KEEP_SECONDS = 5.0
#: How JSON begins, and base64 never does.
_OBJECT = b"{"
_APPS = f"""
SELECT a.app_id, a.id, {SEALED_WITH} FROM apps_app a
JOIN accounts_organization o ON o.id = a.organization_id
WHERE a.app_id = ANY(%b::text[]) AND a.state = 'active' AND o.is_active
"""  # noqa: S608 - a constant of this package


class Heard(NamedTuple):
    """An app that is heard, and with what it encrypts; None where it does not."""

    id: uuid.UUID
    sealed_with: str | None


@dataclass
class Rows:
    """What a batch turns into, and why payloads of it were of no use."""

    #: Message, app, user, device and kind.
    receipts: list[tuple[Any, ...]] = field(default_factory=list)
    #: Those that carry what the user has pressed, which a batch has no place for.
    detailed: list[tuple[Any, ...]] = field(default_factory=list)
    inbound: list[tuple[Any, ...]] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    now: dt.datetime = field(default_factory=timezone.now)


class Inbox:
    """Writes batches; keeps the apps it has seen for a few seconds."""

    def __init__(self) -> None:
        """Know no app yet."""
        self._apps: dict[str, Heard] = {}
        self._known_until = 0.0
        self.refused: Counter[str] = Counter()

    def write(self, batch: Sequence[tuple[str, bytes]]) -> int:
        """Commit what ``(topic, payload)`` pairs say; return how many rows that made.

        What cannot be used is counted and logged, never an error: it is acknowledged too,
        or the broker would send it again for ever. Raises when PostgreSQL does not commit.
        """
        sources = [parse_uplink(topic) for topic, _ in batch]
        apps = self._look_up({source.app_id for source in sources if source})
        if any(self._surprises(*pair) for pair in zip(sources, batch, strict=True)):
            # The app's policy may have changed a moment ago.
            self._known_until = 0.0
            apps = self._look_up(set(apps))
        rows = Rows()
        for source, (_, payload) in zip(sources, batch, strict=True):
            self._read(rows, source, apps, payload)
        with transaction.atomic(), cursor() as own:
            _write_receipts(own, rows)
            if rows.inbound:
                columns = [list(column) for column in zip(*rows.inbound, strict=True)]
                own.execute(INSERT_INBOUND, columns)
            report_all(rows.reports)
        if rows.receipts or rows.detailed:
            nudge("dr")
        if rows.inbound:
            nudge("mo")
        if rows.refused:
            self.refused += rows.refused
            figures.count(rows.refused)
            log.warning("Uplink payloads of no use: %s", dict(rows.refused))
        receipts = len(rows.receipts) + len(rows.detailed)
        return receipts + len(rows.inbound) + len(rows.reports)

    def _surprises(self, source: Source | None, pair: tuple[str, bytes]) -> bool:
        """Tell whether a payload is encrypted where none should be, or the other way round."""
        heard = self._apps.get(source.app_id) if source else None
        return heard is not None and (heard.sealed_with is None) != _is_plain(pair[1])

    def _read(
        self, rows: Rows, source: Source | None, apps: dict[str, Heard], payload: bytes
    ) -> None:
        heard = apps.get(source.app_id) if source else None
        if source is None or heard is None:
            rows.refused["topic" if source is None else "app"] += 1
            return
        if heard.sealed_with is None:
            self._take(rows, source, heard.id, payload)
        elif _is_plain(payload):
            rows.refused["plain"] += 1
        else:
            self._open(rows, source, heard, payload)

    def _open(self, rows: Rows, source: Source, heard: Heard, payload: bytes) -> None:
        try:
            plain = unsealed(heard.sealed_with or "", source.app_id, source.user_id, payload)
            as_object(plain)
        except Unreadable:
            rows.refused["encryption"] += 1
            return
        self._take(rows, source, heard.id, plain)

    def _take(self, rows: Rows, source: Source, app: uuid.UUID, payload: bytes) -> None:
        now = rows.now
        try:
            operation = uplink.decode_operation(payload)
            if operation == "deliveryupdate":
                kind, tids, detail = uplink.receipts(uplink.decode_update(payload))
                found = [(tid, app, *source[1:], kind) for tid in tids]
                if detail:
                    rows.detailed += _in_full(found, Jsonb(detail, dumps=_encode), now)
                else:
                    rows.receipts += found
            elif operation == "mo":
                said = uplink.decode_mo(payload)
                body = Jsonb(uplink.content(said), dumps=_encode)
                rows.inbound.append((uuid7(), app, *source[1:], body, now, said.client_ref))
            elif operation == "profileupdate":
                told = uplink.decode_profile(payload)
                if why := unstorable([told.event, told.update]):
                    raise uplink.Wrong(f"The body {why}.")
                rows.reports.append(Report(app, *source[1:], told.event, told.update))
            else:
                rows.refused["op"] += 1
        except uplink.Wrong as error:
            rows.refused["body"] += 1
            log.info("An uplink payload of %s: %s", "/".join(source), error.sentence)

    def _look_up(self, app_ids: set[str]) -> dict[str, Heard]:
        """Return the apps that are on."""
        if time.monotonic() > self._known_until or not app_ids <= self._apps.keys():
            with cursor() as own:
                own.execute(_APPS, [sorted(app_ids | self._apps.keys())])
                self._apps = {row[0]: Heard(*row[1:]) for row in own.fetchall()}
            self._known_until = time.monotonic() + _KEEP_SECONDS
        return self._apps


def _write_receipts(own: psycopg.Cursor[Any], rows: Rows) -> None:
    """Write many as batches, and few, or those with details, as rows."""
    batched, single = rows.receipts, rows.detailed
    if len(batched) < _FEW:
        batched, single = [], single + _in_full(batched, _NOTHING, rows.now)
    if single:
        copy(own, _RECEIPTS, _RECEIPT_TYPES, single)
    for start in range(0, len(batched), ReceiptBatch.MOST):
        part = batched[start : start + ReceiptBatch.MOST]
        columns = [list(column) for column in zip(*part, strict=True)]
        own.execute(_RECEIPT_BATCH, [rows.now, len(part), *columns])


def _in_full(
    found: list[tuple[Any, ...]], detail: Jsonb, now: dt.datetime
) -> list[tuple[Any, ...]]:
    return [(*receipt, 0, "", detail, now, now, 0) for receipt in found]


def _is_plain(payload: bytes) -> bool:
    return payload[:1] == _OBJECT

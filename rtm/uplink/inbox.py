"""From published payloads to inbox rows, a batch in one commit."""

import datetime as dt
import logging
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.db import transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from imiconnect.identity import uuid7
from imiconnect.rtm.inbound import INSERT_INBOUND
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.protocol import uplink
from imiconnect.rtm.protocol.topics import Source, parse_uplink
from imiconnect.rtm.sql import copy, cursor

log = logging.getLogger(__name__)

_encode = msgspec.json.Encoder().encode
_RECEIPTS = """COPY rtm_receipt (tid, app_id, address, device_id, kind, code, reason, detail,
  received_at, due_at, attempts) FROM STDIN (FORMAT BINARY)"""
_RECEIPT_TYPES = (
    "uuid", "uuid", "varchar", "varchar", "int2", "int2", "text", "jsonb",
    "timestamptz", "timestamptz", "int2",
)  # fmt: skip
_NOTHING = Jsonb({})
#: An app that is turned off is heard for this long yet.
_KEEP_SECONDS = 5.0


@dataclass
class Rows:
    """What a batch turns into, and why payloads of it were of no use."""

    receipts: list[tuple[Any, ...]] = field(default_factory=list)
    inbound: list[tuple[Any, ...]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    now: dt.datetime = field(default_factory=timezone.now)


class Inbox:
    """Writes batches; keeps the apps it has seen for a few seconds."""

    def __init__(self) -> None:
        """Know no app yet."""
        self._apps: dict[str, uuid.UUID] = {}
        self._known_until = 0.0
        self.refused: Counter[str] = Counter()

    def write(self, batch: Sequence[tuple[str, bytes]]) -> int:
        """Commit what ``(topic, payload)`` pairs say; return how many rows that made.

        What cannot be used is counted and logged, never an error: it is acknowledged too,
        or the broker would send it again for ever. Raises when PostgreSQL does not commit.
        """
        sources = [parse_uplink(topic) for topic, _ in batch]
        apps = self._look_up({source.app_id for source in sources if source})
        rows = Rows()
        for source, (_, payload) in zip(sources, batch, strict=True):
            self._read(rows, source, apps, payload)
        with transaction.atomic(), cursor() as own:
            if rows.receipts:
                copy(own, _RECEIPTS, _RECEIPT_TYPES, rows.receipts)
            if rows.inbound:
                columns = [list(column) for column in zip(*rows.inbound, strict=True)]
                own.execute(INSERT_INBOUND, columns)
        if rows.receipts:
            nudge("dr")
        if rows.inbound:
            nudge("mo")
        if rows.refused:
            self.refused += rows.refused
            log.warning("Uplink payloads of no use: %s", dict(rows.refused))
        return len(rows.receipts) + len(rows.inbound)

    def _read(
        self, rows: Rows, source: Source | None, apps: dict[str, uuid.UUID], payload: bytes
    ) -> None:
        app = apps.get(source.app_id) if source else None
        if source is None or app is None:
            rows.refused["topic" if source is None else "app"] += 1
            return
        now = rows.now
        try:
            operation = uplink.decode_operation(payload)
            if operation == "deliveryupdate":
                kind, tids, detail = uplink.receipts(uplink.decode_update(payload))
                body = Jsonb(detail, dumps=_encode) if detail else _NOTHING
                rows.receipts += [
                    (tid, app, *source[1:], kind, 0, "", body, now, now, 0) for tid in tids
                ]
            elif operation == "mo":
                said = uplink.decode_mo(payload)
                body = Jsonb(uplink.content(said), dumps=_encode)
                rows.inbound.append((uuid7(), app, *source[1:], body, now, said.client_ref))
            else:
                rows.refused["op"] += 1
        except uplink.Wrong as error:
            rows.refused["body"] += 1
            log.info("An uplink payload of %s: %s", "/".join(source), error.sentence)

    def _look_up(self, app_ids: set[str]) -> dict[str, uuid.UUID]:
        """Return the keys of the apps that are on."""
        if time.monotonic() > self._known_until or not app_ids <= self._apps.keys():
            with cursor() as own:
                own.execute(
                    "SELECT app_id, id FROM apps_app "
                    "WHERE app_id = ANY(%b::text[]) AND state = 'active'",
                    [sorted(app_ids | self._apps.keys())],
                )
                self._apps = dict(own.fetchall())
            self._known_until = time.monotonic() + _KEEP_SECONDS
        return self._apps

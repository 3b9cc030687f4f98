"""MO: log what devices have sent and hand it to the service that it belongs to."""

import datetime as dt
import logging
import uuid
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from imiconnect.rtm import live
from imiconnect.rtm.intake import media
from imiconnect.rtm.models import Channel, Message
from imiconnect.rtm.ott.waiting import Known, Place, known_at
from imiconnect.rtm.outcomes import APP_OFF, SERVICE_NOT_LIVE
from imiconnect.rtm.permission import USABLE
from imiconnect.rtm.processors.closing import write_inbound_callbacks
from imiconnect.rtm.processors.mo_forms import FIELDS, forms_answered
from imiconnect.rtm.processors.mo_threads import Belonging, Said, belongings
from imiconnect.rtm.processors.republish import spread
from imiconnect.rtm.processors.sync import sync_messages
from imiconnect.rtm.protocol.envelopes import CONTENT, Incoming
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.rules.sources import Heard, note_messages
from imiconnect.rtm.sql import NIL, again_after_deadlock, copy, cursor

log = logging.getLogger(__name__)

BATCH = 500

_TAKE = """
WITH due AS (SELECT id FROM rtm_inbound WHERE due_at <= %b ORDER BY due_at, id LIMIT %b
  FOR UPDATE SKIP LOCKED)
DELETE FROM rtm_inbound i USING due WHERE i.id = due.id
RETURNING i.id, i.app_id, i.address, i.device_id, i.body, i.received_at, i.channel,
  i.organization_id, i.service_id, i.url
"""
# The first service by turn that may use the app: one that lost its share is passed over.
_APPS = f"""
SELECT a.id, a.app_id, a.organization_id, a.state = 'active' AND o.is_active, l.service_id,
  v.stream_id
FROM apps_app a
JOIN accounts_organization o ON o.id = a.organization_id
LEFT JOIN LATERAL (
  SELECT l.service_id FROM sharing_allocation l
  JOIN sharing_service s ON s.id = l.service_id WHERE l.app_id = a.id AND {USABLE}
  ORDER BY l.is_inbound DESC, l.id LIMIT 1) l ON true
LEFT JOIN rtm_servicestream v ON v.service_id = l.service_id
WHERE a.id = ANY(%b::uuid[])
"""  # noqa: S608 - constants of this package
_SERVICES = """
SELECT s.id, s.inbound_url FROM sharing_service s
JOIN accounts_organization o ON o.id = s.organization_id
WHERE s.id = ANY(%b::uuid[]) AND s.state = 'live' AND o.is_active
"""
_ORGANIZATIONS = """
SELECT id FROM accounts_organization WHERE id = ANY(%b::uuid[]) AND is_active
"""
_CUSTOMERS = """
SELECT DISTINCT ON (d.app_id, d.user_id) d.app_id, d.user_id, c.customer_id
FROM unnest(%b::uuid[], %b::text[]) u (app_id, user_id)
JOIN rtm_device d ON d.app_id = u.app_id AND d.user_id = u.user_id
JOIN rtm_customer c ON c.id = d.customer_id ORDER BY d.app_id, d.user_id, d.id DESC
"""
_LOG = """COPY rtm_message (id, transid, organization_id, service_id, app_id, thread_id,
  channel, direction, address, device_id, state, code, reason, payload, created_at,
  closed_at)
  FROM STDIN (FORMAT BINARY)"""
_LOG_TYPES = (
    "uuid", "uuid", "uuid", "uuid", "uuid", "uuid",
    "varchar", "int2", "varchar", "varchar", "int2", "int2", "text", "jsonb", "timestamptz",
    "timestamptz",
)  # fmt: skip


class Taken(NamedTuple):
    """A row of the inbox; one that came over a number has no app but an organization."""

    tid: uuid.UUID
    app_id: uuid.UUID
    address: str
    device_id: str
    body: dict[str, Any]
    at: dt.datetime
    channel: str
    organization_id: uuid.UUID | None
    service_id: uuid.UUID | None
    url: str


class Owner(NamedTuple):
    """Whose a message is: the app's public id, the organization, and the service it goes to."""

    app_id: str
    organization_id: uuid.UUID
    #: Whether anybody hears of it: the app is on, and the organization is not suspended.
    is_on: bool
    service_id: uuid.UUID | None
    stream_id: uuid.UUID | None = None


@again_after_deadlock
def process_due(*, limit: int = BATCH, now: dt.datetime | None = None) -> int:
    """Log a batch of incoming messages and write their notifications; return how many."""
    moment = now or timezone.now()
    with transaction.atomic():
        taken = [Taken(*row) for row in _query(_TAKE, moment, limit)]
        if not taken:
            return 0
        owners = _owners(taken)
        rows = sorted(row for row in taken if row.tid in owners)
        said = [_said(row, owners[row.tid]) for row in rows if owners[row.tid].is_on]
        threads = belongings(said, moment)
        forms = forms_answered(
            (row.tid, row.app_id, row.body) for row in rows if row.channel == Channel.RT
        )
        lines = [
            _logged(row, owners[row.tid], threads.get(row.tid), forms.get(row.tid))
            for row in rows
        ]
        with cursor() as own:
            copy(own, _LOG, _LOG_TYPES, lines)
        heard = [line for line in lines if not line[11]]
        urls = {row.tid: row.url for row in rows if row.url}
        write_inbound_callbacks(_callbacks(heard, owners, threads, urls, moment), moment)
        # What goes to the own URL of a number is in no service's hands.
        note_messages(_heard(line, owners[line[0]]) for line in heard if line[0] not in urls)
        spread(heard, threads)
        sync_messages(heard, threads, moment)
    _report(len(taken), len(rows), len(heard))
    live.tell(created=[line[2] for line in lines])
    return len(taken)


def _owners(rows: list[Taken]) -> dict[uuid.UUID, Owner]:
    """Return the owner of each message by its id; those of apps that are gone have none."""
    apps = {row[0]: Owner(*row[1:]) for row in _query(_APPS, list({r.app_id for r in rows}))}
    owners = {row.tid: apps[row.app_id] for row in rows if row.app_id in apps}
    of_numbers = {
        row.tid: (row.organization_id, row.service_id)
        for row in rows
        if row.app_id == NIL and row.organization_id
    }
    asked = list({organization for organization, _ in of_numbers.values()})
    active = {row[0] for row in _query(_ORGANIZATIONS, asked)} if asked else set()
    for tid, (organization, service) in of_numbers.items():
        owners[tid] = Owner("", organization, organization in active, service)
    return owners


def _report(taken: int, logged: int, heard: int) -> None:
    if logged < taken:
        log.warning("Incoming messages of apps that are gone: %d.", taken - logged)
    if heard < logged:
        log.warning("Incoming messages that nobody hears of: %d.", logged - heard)


def _query(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with cursor() as own:
        own.execute(statement.encode(), parameters)
        return own.fetchall()


def _said(row: Taken, owner: Owner) -> Said:
    topic = row.body.get("topic") if isinstance(row.body, dict) else ""
    return Said(
        row.tid,
        row.app_id,
        row.address,
        _thread_id(row.body),
        topic if isinstance(topic, str) else "",
        owner.service_id,
        owner.stream_id,
    )


def _thread_id(body: Any) -> uuid.UUID | None:
    thread = body.get("thread")
    try:
        return uuid.UUID(thread["id"]) if isinstance(thread, dict) else None
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def _logged(
    row: Taken, owner: Owner, thread: Belonging | None, form: list[dict[str, str]] | None
) -> tuple[Any, ...]:
    """Return the row of the log; it has a code when nobody hears of the message."""
    off = SERVICE_NOT_LIVE if row.app_id == NIL else APP_OFF
    refusal = thread.refusal if thread else off
    code, reason = (refusal.code, str(refusal.text)) if refusal else (0, "")
    place = thread or Belonging(None, owner.service_id)
    thread_id, service_id = place.thread_id, place.service_id
    app_id = None if row.app_id == NIL else row.app_id
    return (
        row.tid, row.tid, owner.organization_id, service_id, app_id, thread_id, row.channel,
        Message.Direction.MO.value, row.address, row.device_id, State.RECEIVED.value, code,
        reason, Jsonb(_payload(row, place) | ({FIELDS: form} if form else {})), row.at, row.at,
    )  # fmt: skip


def _payload(row: Taken, place: Belonging) -> dict[str, Any]:
    """Return the content; what a provider handed over was normalized by its handler."""
    if row.channel != Channel.RT:
        return row.body
    content = {name: row.body[name] for name in CONTENT if name in row.body}
    return content | ({"topic": place.topic} if place.topic else {})


def _heard(line: tuple[Any, ...], owner: Owner) -> Heard:
    return Heard(
        id=line[0],
        organization_id=line[2],
        service_id=line[3],
        app_id=line[4],
        thread_id=line[5],
        channel=line[6],
        address=line[8],
        to=owner.app_id or str(line[13].obj.get("da", "")),
        payload=line[13].obj,
        at=line[14],
    )


def _callbacks(
    lines: list[tuple[Any, ...]],
    owners: dict[uuid.UUID, Owner],
    threads: dict[uuid.UUID, Belonging],
    urls: dict[uuid.UUID, str],
    now: dt.datetime,
) -> list[tuple[Any, ...]]:
    """Return the notifications; ``urls`` names where some go instead of to their service."""
    services = dict(_query(_SERVICES, list({line[3] for line in lines if line[3]})))
    users = list({(line[4], line[8]) for line in lines if line[4]})
    found = _query(_CUSTOMERS, [u[0] for u in users], [u[1] for u in users])
    customers = {(row[0], row[1]): row[2] for row in found}
    known = _known(lines)
    rows = []
    for line in lines:
        url = urls.get(line[0]) or services.get(line[3])
        medium = media.serving(line[6])
        if not url or medium is None:
            continue
        writer = known.get((line[4], line[8]), Known())
        message = Incoming(
            tid=line[0],
            app_id=owners[line[0]].app_id,
            user_id=customers.get((line[4], line[8]), line[8]),
            payload=line[13].obj,
            thread_id=line[5],
            stream=threads[line[0]].topic or threads[line[0]].stream,
            at=line[14],
            address=line[8],
            profile=writer.profile,
        )
        due = writer.due_at(now)
        rows.append((line[2], line[3], line[0], url, medium.incoming(message), due))
    return rows


def _known(lines: list[tuple[Any, ...]]) -> dict[Place, Known]:
    """Return what is known of who has written, on channels whose notifications tell of it."""
    wanted = {
        (line[4], line[8])
        for line in lines
        if line[4] and (medium := media.serving(line[6])) and medium.needs_profile
    }
    return known_at(wanted)

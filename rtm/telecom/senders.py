"""Which number of a service an SMS or a call goes out from.

Named by ``senderid``, it is a number mapped to the service. Without a name it is the
service's Sender ID, else the phone number, short code or keyword that it has used longest;
what is mapped for everybody goes before what is for a team or a person.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from imiconnect.numbers.carriers.messaging import SenderKind
from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.text import folded
from imiconnect.rtm.intake.pool import Connection, query
from imiconnect.rtm.sql import cursor

#: The longest short code (facts/sms.md, section C); a longer number is a phone number.
_LONGEST_CODE = 8

_FIND = """
SELECT w.place, n.id, n.kind, n.value, n.folded, coalesce(c.code, ''),
  coalesce(c.country_id, n.country_id, '')
FROM unnest(%b::int4[], %b::uuid[], %b::text[]) w (place, service, wanted)
CROSS JOIN LATERAL (
  SELECT n.* FROM sharing_numberallocation a JOIN numbers_number n ON n.id = a.number_id
  LEFT JOIN numbers_shortcode k ON k.id = n.short_code_id
  WHERE a.service_id = w.service AND a.channel = %b AND n.state = 'active'
    AND k.is_active IS NOT FALSE
    AND CASE a.channel WHEN 'voice' THEN n.voice AND n.kind = 'phone_number' ELSE n.sms END
    AND (w.wanted = '' OR n.folded = w.wanted OR k.code = w.wanted)
  ORDER BY a.team_id IS NULL AND a.user_id IS NULL DESC,
    array_position(ARRAY['sender_id', 'phone_number', 'short_code', 'keyword'], n.kind::text),
    a.id
  LIMIT 1) n
LEFT JOIN numbers_shortcode c ON c.id = n.short_code_id
"""
_STILL = """
SELECT DISTINCT w.service, n.id, n.kind, n.value, n.folded, coalesce(c.code, ''),
  coalesce(c.country_id, n.country_id, '')
FROM unnest(%b::uuid[], %b::uuid[]) w (service, number)
JOIN sharing_numberallocation a ON a.service_id = w.service AND a.number_id = w.number
  AND a.channel = %b
JOIN numbers_number n ON n.id = w.number AND n.state = 'active'
  AND CASE a.channel WHEN 'voice' THEN n.voice AND n.kind = 'phone_number' ELSE n.sms END
LEFT JOIN numbers_shortcode c ON c.id = n.short_code_id
WHERE c.is_active IS NOT FALSE
"""


@dataclass(frozen=True)
class Sender:
    """A number as it sends: what the phone shows, and the country it works in.

    ``shown`` has no plus sign. ``country`` is that of the short code or number, of a Sender
    ID the one it was asked for.
    """

    number_id: uuid.UUID
    shown: str
    kind: SenderKind
    country: str


def _sender(row: tuple[Any, ...]) -> Sender:
    number, kind, value, plain, code, country = row
    if kind in (Kind.KEYWORD, Kind.SHORT_CODE):
        return Sender(number, code or value, SenderKind.SHORT_CODE, country)
    if not plain.isdigit():
        return Sender(number, value, SenderKind.ALPHANUMERIC, country)
    known = kind_of_digits(plain) if kind == Kind.SENDER_ID else SenderKind.PHONE_NUMBER
    return Sender(number, plain, known, country)


def kind_of_digits(digits: str) -> SenderKind:
    """Return whether digits without a plus sign are a short code or a phone number."""
    return SenderKind.SHORT_CODE if len(digits) <= _LONGEST_CODE else SenderKind.PHONE_NUMBER


async def find(
    connection: Connection, wanted: Iterable[tuple[uuid.UUID, str]], channel: str = "sms"
) -> dict[tuple[uuid.UUID, str], Sender]:
    """Return the senders of services by what was named, empty for nothing; none is left out."""
    keys = list(dict.fromkeys(wanted))
    columns = [
        list(range(len(keys))),
        [service for service, _name in keys],
        [folded(name) for _service, name in keys],
        channel,
    ]
    rows = await query(connection, _FIND, columns)
    return {keys[row[0]]: _sender(row[1:]) for row in rows}


def still_used(
    wanted: Iterable[tuple[uuid.UUID, uuid.UUID]],
    channel: str = "sms",
) -> dict[tuple[uuid.UUID, uuid.UUID], Sender]:
    """Return those of the pairs of service and number that may send now."""
    keys = list(dict.fromkeys(wanted))
    if not keys:
        return {}
    with cursor() as own:
        columns = [[service for service, _ in keys], [number for _, number in keys]]
        own.execute(_STILL, [*columns, channel])
        return {(row[0], row[1]): _sender(row[1:]) for row in own.fetchall()}

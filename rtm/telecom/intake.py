"""SMS as a medium of the messaging API: ``deliverychannel: sms``."""

import uuid
from typing import Any

from imiconnect.rtm.intake import media
from imiconnect.rtm.intake.accept import Accepted
from imiconnect.rtm.intake.addresses import Line
from imiconnect.rtm.intake.answers import Refusal
from imiconnect.rtm.intake.pool import Connection, query
from imiconnect.rtm.lanes import SMS as LANE
from imiconnect.rtm.models import Channel
from imiconnect.rtm.telecom import senders
from imiconnect.rtm.telecom.addresses import destination, digits_of
from imiconnect.rtm.telecom.content import normalized
from imiconnect.rtm.telecom.incoming import incoming

_CUSTOMERS = """
SELECT c.organization_id, c.customer_id, c.attributes ->> 'msisdn'
FROM unnest(%b::uuid[], %b::text[]) u (organization, id)
JOIN rtm_customer c ON c.organization_id = u.organization AND c.customer_id = u.id
"""


async def fill(
    connection: Connection, accepted: dict[int, Accepted], channel: str = Channel.SMS.value
) -> dict[int, Refusal]:
    """Give each order its sender and a line for each destination; refuses none.

    A sender that the service does not have, and a customer without a number, fail their
    messages with the documented codes, not the request.
    """
    named = {
        number: (item.sender.service_id, item.order.payload.get("senderid", ""))
        for number, item in accepted.items()
    }
    found = await senders.find(connection, named.values(), channel)
    numbers = await _numbers_of_customers(connection, accepted)
    for number, item in accepted.items():
        sender = found.get(named[number])
        if sender:
            item.order.payload |= {"from": sender.shown, "number": str(sender.number_id)}
        if item.order.expires_at:
            item.order.payload["own_expiry"] = True
        for target in item.order.destinations:
            item.lines.append(_line(item, target, numbers))
    return {}


def _line(item: Accepted, target: Any, numbers: dict[tuple[uuid.UUID, str], str]) -> Line:
    if target.kind == "msisdn":
        return Line(target.id, "msisdn", None, target.correlation_id)
    address = numbers.get((item.sender.organization_id, target.id), "")
    return Line(address, target.kind, {"to": target.id}, target.correlation_id)


async def _numbers_of_customers(
    connection: Connection, accepted: dict[int, Accepted]
) -> dict[tuple[uuid.UUID, str], str]:
    """Return the mobile numbers that the master profiles have, by organization and id."""
    wanted = {
        (item.sender.organization_id, target.id)
        for item in accepted.values()
        for target in item.order.destinations
        if target.kind == "customerid"
    }
    if not wanted:
        return {}
    columns = [list(column) for column in zip(*wanted, strict=True)]
    rows = await query(connection, _CUSTOMERS, columns)
    return {(row[0], row[1]): digits_of(row[2] or "") for row in rows}


SMS = media.Medium(
    channel=Channel.SMS.value,
    names=("sms",),
    id_types=("msisdn", "customerid"),
    content=normalized,
    address=destination,
    fill=fill,
    needs_app=False,
    lane=LANE,
    incoming=incoming,
)

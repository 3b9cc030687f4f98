"""Media of providers for the messaging API, made from what the channel types declare."""

import uuid
from functools import partial
from typing import Any

from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import ChannelType
from imiconnect.apps.channel_types.handler import Handler
from imiconnect.rtm.intake import addresses, media
from imiconnect.rtm.intake.accept import Accepted
from imiconnect.rtm.intake.addresses import Line
from imiconnect.rtm.intake.answers import Refusal, invalid
from imiconnect.rtm.intake.pool import Connection, query
from imiconnect.rtm.lanes import OTT
from imiconnect.rtm.ott.content import normalizer
from imiconnect.rtm.ott.incoming import notification

MAX_ADDRESS = 128
_CUSTOMER = "customerid"
# A customer is where a contact of the app was linked with them, or where their profile says.
_CONTACTS = """
SELECT u.app, u.id, k.address
FROM unnest(%b::uuid[], %b::uuid[], %b::text[]) u (organization, app, id)
JOIN rtm_customer c ON c.organization_id = u.organization AND c.customer_id = u.id
JOIN rtm_contact k ON k.customer_id = c.id AND k.app_id = u.app
UNION
SELECT u.app, u.id, c.attributes ->> %b
FROM unnest(%b::uuid[], %b::uuid[], %b::text[]) u (organization, app, id)
JOIN rtm_customer c ON c.organization_id = u.organization AND c.customer_id = u.id
WHERE c.attributes ->> %b <> ''
"""


def medium_of(kind: ChannelType, handler: Handler[Any, Any]) -> media.Medium:
    """Return the medium that a channel type serves."""
    request = kind.request
    assert request is not None  # noqa: S101 - callers ask for it
    return media.Medium(
        channel=kind.channel,
        names=request.names,
        id_types=(*request.id_types, _CUSTOMER),
        content=normalizer(handler.problem_of),
        address=_address,
        fill=partial(_fill, attribute=request.id_types[0]),
        lane=OTT,
        incoming=partial(notification, kind, request.id_types[0]),
        needs_profile=bool(request.profile_fields),
    )


def register() -> None:
    """Accept messages on the media of all channel types that declare a request."""
    for kind in registry.all_types():
        handler = registry.handler(kind.slug)
        if kind.request and handler:
            media.register(medium_of(kind, handler))


def _address(kind: str, name: str, where: str) -> str:
    if not 0 < len(name) <= MAX_ADDRESS or not name.isprintable():
        raise invalid(f"{where}: an identifier has 1 to {MAX_ADDRESS} printable characters.")
    return name


async def _fill(
    connection: Connection, accepted: dict[int, Accepted], attribute: str
) -> dict[int, Refusal]:
    """Give each order a line for each addressee; a customer nobody knows fails later (7105)."""
    known = await _customers(connection, accepted, attribute)
    for item in accepted.values():
        for target in item.order.destinations:
            if target.kind != _CUSTOMER:
                item.lines.append(Line(target.id, target.kind, None, target.correlation_id))
                continue
            named = {"to": target.id}
            for address in known.get((item.sender.app_id, target.id)) or [""]:
                item.lines.append(Line(address, _CUSTOMER, named, target.correlation_id))
    return await addresses.give_threads(connection, accepted)


async def _customers(
    connection: Connection, accepted: dict[int, Accepted], attribute: str
) -> dict[tuple[uuid.UUID, str], list[str]]:
    wanted = {
        (item.sender.organization_id, item.sender.app_id, target.id)
        for item in accepted.values()
        for target in item.order.destinations
        if target.kind == _CUSTOMER
    }
    if not wanted:
        return {}
    columns = [list(column) for column in zip(*wanted, strict=True)]
    rows = await query(connection, _CONTACTS, [*columns, attribute, *columns, attribute])
    found: dict[tuple[uuid.UUID, str], list[str]] = {}
    for app, name, address in rows:
        found.setdefault((app, name), []).append(address)
    return found

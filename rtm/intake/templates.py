"""Requests that name a template: found for all of a batch at once, and filled in.

What is sent is what the template says when the request is accepted: the payload goes into the
log, so that changing or deleting the template changes nothing that waits.
"""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from imiconnect.rtm.intake.answers import Refusal, invalid, missing
from imiconnect.rtm.intake.media import Medium
from imiconnect.rtm.intake.pool import Connection, query
from imiconnect.rtm.sql import NIL
from imiconnect.rtm.wordings.rendering import checked_parameters, filled

if TYPE_CHECKING:
    from imiconnect.rtm.intake.accept import Accepted

_LONGEST_NAME = 100
# A service's own template goes before the organization's of the same name.
_FIND = """
SELECT w.number, t.content, t.expiry_seconds
FROM unnest(%b::int4[], %b::uuid[], %b::uuid[], %b::text[], %b::uuid[], %b::text[])
  w (number, organization, service, channel, id, name)
CROSS JOIN LATERAL (
  SELECT t.content, t.expiry_seconds FROM rtm_messagetemplate t
  WHERE t.organization_id = w.organization AND t.channel = w.channel
    AND (t.service_id = w.service OR t.service_id IS NULL)
    AND (t.id = w.id OR lower(t.name) = lower(w.name))
  ORDER BY t.id = w.id DESC, t.service_id IS NULL LIMIT 1) t
"""


@dataclass(frozen=True)
class Call:
    """What a request says of a template.

    ``more`` is the object of the channel that came with it, whose fields go before those of
    the template: of an SMS, for example, the sender.
    """

    name: str
    parameters: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> uuid.UUID:
        """The id that it names, ``NIL`` where it names none."""
        try:
            return uuid.UUID(self.name)
        except ValueError:
            return NIL


def parsed(message: Any, medium: Medium, channels: dict[str, Any] | None) -> Call:
    """Return what ``message`` of a request says; raises ``Refusal`` 7003 or 7004."""
    if not isinstance(message, dict):
        raise invalid("message is not an object with template and parameters.")
    name = message.get("template")
    if not name:
        raise missing("message.template")
    if not isinstance(name, str) or len(name) > _LONGEST_NAME:
        raise invalid("message.template is not the name or id of a template.")
    more = medium.object_in(channels or {})
    if more is not None and not isinstance(more[1], dict):
        raise invalid(f"{more[0]} beside a template is not an object.")
    parameters = checked_parameters(message.get("parameters"))
    return Call(name, parameters, more[1] if more else {})


async def fill(connection: Connection, accepted: "dict[int, Accepted]") -> dict[int, Refusal]:
    """Give each order that names a template its payload; return those that are refused."""
    calls = {number: item for number, item in accepted.items() if item.order.template}
    if not calls:
        return {}
    named = [item.order.template for item in calls.values() if item.order.template]
    rows = await query(
        connection,
        _FIND,
        [
            list(calls),
            [item.sender.organization_id for item in calls.values()],
            [item.sender.service_id for item in calls.values()],
            [item.order.medium.channel for item in calls.values()],
            [call.id for call in named],
            [call.name for call in named],
        ],
    )
    found = {row[0]: (row[1], row[2]) for row in rows}
    refused: dict[int, Refusal] = {}
    for number, item in calls.items():
        try:
            _apply(item, found.get(number))
        except Refusal as refusal:
            refused[number] = refusal
    return refused


def _apply(item: "Accepted", found: tuple[dict[str, Any], int | None] | None) -> None:
    order, call = item.order, item.order.template
    assert call is not None  # noqa: S101 - asked for those alone
    if found is None:
        raise invalid(
            f"message.template names no template of this service for {order.medium.names[0]}."
        )
    content, seconds = found
    whole = filled(content, call.parameters) | call.more
    order.payload = order.medium.content(whole, "message.template") | order.payload
    if seconds and order.expires_at is None:
        order.expires_at = order.received_at + dt.timedelta(seconds=seconds)

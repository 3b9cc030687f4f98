"""Sending from inside the platform, by the very code that accepts requests of customers."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync
from django.utils import timezone
from psycopg import AsyncConnection

from imiconnect.rtm.intake import orders
from imiconnect.rtm.intake.accept import accept
from imiconnect.rtm.intake.answers import Refusal
from imiconnect.rtm.intake.http import Answer
from imiconnect.rtm.intake.orders import Destination, Order
from imiconnect.rtm.intake.pool import conninfo
from imiconnect.rtm.intake.realtime import REALTIME
from imiconnect.rtm.nudge import nudge
from imiconnect.sharing.models import Service

__all__ = ["Refusal", "Sent", "send_messages", "send_request"]


@dataclass(frozen=True)
class Sent:
    """What was accepted: the transid and the ids of its messages are found by it."""

    transid: uuid.UUID


def send_messages(
    *,
    service: Service,
    app_id: str,
    user_ids: Sequence[str],
    content: dict[str, Any],
    thread_id: uuid.UUID | None = None,
    expires_at: dt.datetime | None = None,
) -> Sent:
    """Accept messages of a service to users of an app; committed when this returns.

    ``content`` is what ``channels.rt`` of the REST call holds, such as
    ``{"message": {"text": "Hello"}}``. Raises ``Refusal`` with a documented code and a
    sentence, as the REST call answers it. Not inside a transaction: the acceptance is one of
    its own, on its own connection.
    """
    orders.check_count(len(user_ids))
    names = [REALTIME.address("userid", user, "userid") for user in user_ids]
    order = Order(
        medium=REALTIME,
        app_id=app_id,
        destinations=[Destination("userid", name, "") for name in names],
        answers=[""],
        payload=REALTIME.content(content, "content"),
        expires_at=expires_at,
        thread_id=thread_id,
        service_id=service.pk,
        received_at=timezone.now(),
    )
    return _accepted(order)


def send_request(*, service: Service, body: bytes) -> Sent:
    """Accept what a request to the Messaging API says, as if ``service`` had sent it.

    Everything else is as for ``send_messages``.
    """
    order = orders.parse(body, now=timezone.now())
    order.service_id = service.pk
    return _accepted(order)


def _accepted(order: Order) -> Sent:
    result, transid = async_to_sync(_accept_one)(order)
    if isinstance(result, Refusal):
        raise result
    nudge(order.medium.lane)
    return Sent(transid)


async def _accept_one(order: Order) -> tuple[Answer | Refusal, uuid.UUID]:
    connection = await AsyncConnection.connect(conninfo(), autocommit=True)
    async with connection:
        results = await accept(connection, [order])
    return results[0], order.transid

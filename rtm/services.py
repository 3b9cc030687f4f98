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

__all__ = ["Refusal", "Request", "Sent", "send_messages", "send_request", "send_requests"]


@dataclass(frozen=True)
class Sent:
    """What was accepted: the transid and the ids of its messages are found by it.

    ``is_repeat``: it was accepted before, under the same key.
    """

    transid: uuid.UUID
    is_repeat: bool = False


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


@dataclass(frozen=True)
class Request:
    """A request of a service; the same ``key`` and body again is the same request.

    ``digest`` stands for the body where two that differ say the same.
    """

    service_id: uuid.UUID
    body: bytes
    key: str
    digest: bytes = b""


def send_requests(requests: Sequence[Request]) -> list[Sent | Refusal]:
    """Accept several requests at once; return for each what was accepted, or why not.

    As ``send_request``, but each is accepted once however often it is made (for a day).
    """
    results: list[Sent | Refusal] = []
    good: dict[int, Order] = {}
    for number, request in enumerate(requests):
        try:
            order = orders.parse(request.body, now=timezone.now())
        except Refusal as refusal:
            results.append(refusal)
            continue
        order.service_id, order.idempotency_key = request.service_id, request.key
        order.body_digest = request.digest or order.body_digest
        good[number] = order
        results.append(Sent(order.transid))
    if good:
        accepted = async_to_sync(_accept_all)(list(good.values()))
        for (number, order), result in zip(good.items(), accepted, strict=True):
            if isinstance(result, Refusal):
                results[number] = result
            else:
                results[number] = Sent(order.transid, order.is_repeat)
        for lane in {order.medium.lane for order in good.values()}:
            nudge(lane)
    return results


def _accepted(order: Order) -> Sent:
    result, transid = async_to_sync(_accept_one)(order)
    if isinstance(result, Refusal):
        raise result
    for queue in order.queues:
        nudge(queue)
    return Sent(transid)


async def _accept_one(order: Order) -> tuple[Answer | Refusal, uuid.UUID]:
    return (await _accept_all([order]))[0], order.transid


async def _accept_all(batch: Sequence[Order]) -> list[Answer | Refusal]:
    connection = await AsyncConnection.connect(conninfo(), autocommit=True)
    async with connection:
        return await accept(connection, batch)

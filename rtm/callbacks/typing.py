"""Telling a service's server that a customer types: where it asked for it, and once.

The envelope is that of incoming messages with the event under the name that devices know
(facts/imiconnect.md, 15 and 18.3): ``typingStart``, ``typingStop``.
"""

from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from imiconnect.identity import uuid7
from imiconnect.rtm import typing
from imiconnect.rtm.callbacks.nudge import nudge
from imiconnect.rtm.models import Callback, Device, Thread
from imiconnect.rtm.protocol.clock import iso
from imiconnect.rtm.threads import services_of
from imiconnect.sharing.models import Service

_encode = msgspec.json.Encoder().encode


def register() -> None:
    """Hear of what devices say."""
    typing.listeners.append(tell_service)


@transaction.atomic
def tell_service(thread: Thread, user_id: str, begun: bool) -> None:
    """Put it into the outbox of the service that the conversation belongs to."""
    service = _service_of(thread)
    if service is None:
        return
    event = "typingStart" if begun else "typingStop"
    Callback.objects.create(
        organization_id=thread.app.organization_id,
        service=service,
        kind=Callback.Kind.TYPING,
        event=event,
        url=service.inbound_url,
        body=_encode(_body(thread, user_id, event)).decode(),
        # It is news for a moment only: one try, as for a callback that was resent by hand.
        attempts=settings.CALLBACK_RETRIES,
    )
    transaction.on_commit(nudge, robust=True)


def _service_of(thread: Thread) -> Service | None:
    """Return the service that gets what is said there, if it is live and asked for it."""
    service = next(iter(services_of(thread)), None)
    if service is None or service.state != Service.State.LIVE:
        return None
    return service if service.typing_events and service.inbound_url else None


def _body(thread: Thread, user_id: str, event: str) -> dict[str, Any]:
    linked = Device.objects.filter(app=thread.app_id, user_id=user_id, customer__isnull=False)
    customer = linked.values_list("customer__customer_id", flat=True).first()
    now = iso(timezone.now())
    return {
        "userId": customer or user_id,
        "channel": "Rtm",
        "appId": thread.app.app_id,
        "event": event,
        "ts": now,
        "timeStamp": now,
        "tid": str(uuid7()),
        "replyTo": thread.topic.name if thread.topic else _stream(thread),
        "threadId": str(thread.pk),
    }


def _stream(thread: Thread) -> str:
    return thread.stream.name if thread.stream else ""

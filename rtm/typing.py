"""Who is typing: told at once, never kept.

``listeners`` hear of what devices say, for pages of the console; each gets the thread, the
user, and whether they have begun or stopped.
"""

import uuid
from collections.abc import Callable

import msgspec
from django.utils import timezone

from imiconnect.rtm.broker import link
from imiconnect.rtm.models import Subscription, Thread
from imiconnect.rtm.protocol import topics
from imiconnect.rtm.protocol.clock import iso
from imiconnect.rtm.sealing import sealer

#: More subscribers than this do not hear who types.
MOST_SUBSCRIBERS = 100
_encode = msgspec.json.Encoder().encode

listeners: list[Callable[[Thread, str, bool], None]] = []


def user_types(*, thread: Thread, user_id: str, device_id: str, begun: bool) -> None:
    """Tell the others of a conversation that a user's device types, or has stopped."""
    for listener in listeners:
        listener(thread, user_id, begun)
    if thread.topic_id:
        others = Subscription.objects.filter(topic=thread.topic_id).exclude(user_id=user_id)
        users = list(others.values_list("user_id", flat=True)[: MOST_SUBSCRIBERS + 1])
        if len(users) <= MOST_SUBSCRIBERS:
            _publish(thread, users, begun, sender=user_id, device_id=device_id)


def agent_types(*, thread: Thread, user_id: str, sender: str, begun: bool) -> None:
    """Tell a user's devices that somebody of the service types, or has stopped."""
    _publish(thread, [user_id], begun, sender=sender, device_id="")


def _publish(
    thread: Thread, users: list[str], begun: bool, *, sender: str, device_id: str
) -> None:
    app_id, now = thread.app.app_id, iso(timezone.now())
    body = {
        "payload_type": "typingStart" if begun else "typingStop",
        "tid": str(uuid.uuid4()),
        "appId": app_id,
        "channel": "rt",
        "senderId": sender,
        "deviceId": device_id,
        "thread": {"id": str(thread.pk)},
        "ts": now,
        "created_on": now,
    }
    seal = sealer(thread.app)
    link.publish(
        [
            (topics.downlink(app_id, user), seal(user, _encode(body | {"userId": user})))
            for user in users
        ]
    )

"""One announcement to a topic of 10,000 subscribers, by the workers of the running platform."""

import datetime as dt
import time
from collections.abc import Callable

from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm import topics
from imiconnect.rtm.models import FanOut, Message, Thread
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.protocol.ids import request_ids
from imiconnect.sharing.models import Service

SUBSCRIBERS = 10_000
LONGEST_SECONDS = 120.0


def run(*, subscribers: int = SUBSCRIBERS) -> dict[str, float]:
    """Return messages per second, written to the log and handed to the broker."""
    app, service = App.objects.order_by("id")[0], Service.objects.order_by("id")[0]
    topic = topics.create_topic(app=app, name=f"bench-{uuid7()}")
    users = [f"reader-{number:06}" for number in range(subscribers)]
    for start in range(0, subscribers, topics.MAX_USERS):
        topics.subscribe(topic=topic, user_ids=users[start : start + topics.MAX_USERS])
    thread = Thread.objects.create(
        app=app, topic=topic, service=service, type=Thread.Type.ANNOUNCEMENT
    )
    now = timezone.now()
    began = time.monotonic()
    made = FanOut.objects.create(
        transid=request_ids(0)[0], organization=app.organization, service=service, app=app,
        kind="topic", named=topic.name, plan=["topic", str(topic.pk)], thread_id=thread.pk,
        payload={"message": "Hello", "topic": topic.name}, accepted_at=now,
        expires_at=now + dt.timedelta(days=1),
    )  # fmt: skip
    nudge("fanout")
    _wait(lambda: FanOut.objects.filter(pk=made.pk, finished_at__isnull=False).exists())
    written = time.monotonic() - began
    sent = Message.objects.filter(thread=thread, submitted_at__isnull=False)
    _wait(lambda: sent.count() >= subscribers)
    handed_over = time.monotonic() - began
    return {
        "fanout_msgs_per_s": subscribers / written,
        "fanout_to_broker_msgs_per_s": subscribers / handed_over,
    }


def _wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("The fan-out does not come to its end.")
        time.sleep(0.01)

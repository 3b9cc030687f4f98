"""What a device has said to a topic goes to the devices of all its subscribers."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from imiconnect.rtm.models import FanOut
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.processors.mo_threads import Belonging

#: How long a subscriber who is away may take to come back.
KEEP = dt.timedelta(days=1)


def spread(lines: list[tuple[Any, ...]], threads: Mapping[uuid.UUID, Belonging]) -> None:
    """Make fan-outs of logged messages to topics; ``lines`` are rows of ``mo._LOG``.

    Call it in their transaction. The sender's own devices are told by an event instead.
    """
    made = [
        _fanout(line, threads[line[0]])
        for line in lines
        if threads[line[0]].is_spread and line[3] and line[4]
    ]
    if made:
        FanOut.objects.bulk_create(made)
        transaction.on_commit(lambda: nudge("fanout"))


def _fanout(line: tuple[Any, ...], place: Belonging) -> FanOut:
    tid, user_id, at = line[0], line[8], line[14]
    content = {**line[13].obj, "to": place.topic, "groupTid": str(tid), "senderId": user_id}
    return FanOut(
        transid=tid,
        organization_id=line[2],
        service_id=line[3],
        app_id=line[4],
        kind="topic",
        named=place.topic,
        plan=["topic", str(place.topic_id)],
        thread_id=place.thread_id,
        but_not=user_id,
        payload=content,
        accepted_at=at,
        expires_at=at + KEEP,
    )

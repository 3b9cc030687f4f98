"""What a device has said to a topic goes to the devices of all its subscribers."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy, expiry_of, policy_of
from imiconnect.rtm.models import FanOut
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.processors.mo_threads import Belonging


def spread(lines: list[tuple[Any, ...]], threads: Mapping[uuid.UUID, Belonging]) -> None:
    """Make fan-outs of logged messages to topics; ``lines`` are rows of ``mo._LOG``.

    Call it in their transaction. What no service hears goes to the subscribers too. The
    sender's own devices are told by an event instead.
    """
    said = [line for line in lines if threads[line[0]].is_spread and line[4]]
    if said:
        apps = App.objects.in_bulk({line[4] for line in said})
        policies = {key: policy_of(app) for key, app in apps.items()}
        FanOut.objects.bulk_create(
            _fanout(line, threads[line[0]], policies[line[4]]) for line in said
        )
        transaction.on_commit(lambda: nudge("fanout"))


def _fanout(line: tuple[Any, ...], place: Belonging, policy: Policy) -> FanOut:
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
        expires_at=expiry_of(policy, at),
    )

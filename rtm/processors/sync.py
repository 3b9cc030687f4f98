"""What of receipts and incoming messages other devices hear of.

The user's own devices where the app syncs them; those of the others of a topic always.
"""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from imiconnect.rtm.events import synced, tell_subscribers, tell_users
from imiconnect.rtm.models import Message
from imiconnect.rtm.processors.mo_threads import Belonging
from imiconnect.rtm.protocol.envelopes import News

WORDS = {"delivered": "messageDelivered", "read": "messageRead", "clicked": "messageClicked"}


def sync_receipts(news: Iterable[News], now: dt.datetime) -> None:
    """Tell of receipts that have changed a message; call it in their transaction."""
    listed = [item for item in news if item.kind in WORDS and item.message.app_id]
    if not listed:
        return
    apps = synced.apps()
    tell_users(
        (
            (item.message.app_id or uuid.UUID(int=0), item.message.address, _receipt(item))
            for item in listed
            if item.message.app_id in apps and item.kind != "delivered"
        ),
        now=now,
    )
    of_topics = [item for item in listed if item.message.address_type == "topic"]
    if of_topics:
        _sync_with_subscribers(of_topics, now)


def _receipt(item: News) -> dict[str, Any]:
    return {
        "payload_type": WORDS[item.kind],
        "tid": str(item.message.id),
        "deviceId": item.device_id,
    }


def _sync_with_subscribers(news: list[News], now: dt.datetime) -> None:
    rows = Message.objects.filter(pk__in=[item.message.id for item in news])
    facts = {
        tid: (thread, group)
        for tid, thread, group in rows.values_list("pk", "thread_id", "payload__groupTid")
    }
    events = []
    for item in news:
        thread, group = facts.get(item.message.id, (None, None))
        if thread and group:
            body = _receipt(item) | {"groupTid": group, "senderId": item.message.address}
            events.append((thread, item.message.address, body))
    tell_subscribers(events, now=now)


def sync_messages(
    lines: Iterable[tuple[Any, ...]], threads: dict[uuid.UUID, Belonging], now: dt.datetime
) -> None:
    """Tell users' other devices what one of theirs has said; ``lines`` are of ``mo._LOG``."""
    listed = [line for line in lines if line[4]]
    apps = synced.apps() if listed else frozenset()
    tell_users(
        (
            (line[4], line[8], _own(line, threads[line[0]]))
            for line in listed
            if line[4] in apps or threads[line[0]].topic_id
        ),
        now=now,
    )


def _own(line: tuple[Any, ...], place: Belonging) -> dict[str, Any]:
    content = dict(line[13].obj)
    if place.thread_id:
        content["thread"] = {"id": str(place.thread_id), "stream_name": place.stream}
    if place.topic_id:
        content["groupTid"] = str(line[0])
    return content | {
        "payload_type": "sentByUser",
        "tid": str(line[0]),
        "deviceId": line[9],
        "outgoing": True,
    }

"""Pages that change while they are open: one WebSocket a page, one batch a second.

What travels here are hints: how many rows are new, which rows changed their state. A page
fetches new rows over HTTP, where ``visible_to`` decides, so nothing is lost when a hint is.
The channel layer drops silently; it never carries a message's only copy.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.layers import get_channel_layer

from imiconnect.console import ports

log = logging.getLogger(__name__)

#: Seconds between two batches to a page, and the most changed rows in one of them.
INTERVAL = 1.0
MAX_CHANGED = 500
MAX_TOPICS = 20
#: Seconds that a sender waits for the channel layer before it gives up.
SEND_TIMEOUT = 1.0
NOT_SIGNED_IN = 4401

#: From the acting member and what follows the colon of a topic to the channel group, or
#: None where this member may not listen. A group's name has letters, digits, ``-_.`` only.
Resolve = Callable[[Any, str], str | None]

_topics: dict[str, Resolve] = {}


def register_topic(name: str, resolve: Resolve) -> None:
    """Offer a topic, which pages name as ``name`` or ``name:<something>``."""
    _topics[name] = resolve


def group_of(member: Any, topic: str) -> str | None:
    """Return the channel group behind a topic, or None where the member may not listen."""
    name, _, rest = topic.partition(":")
    resolve = _topics.get(name)
    return resolve(member, rest) if resolve else None


async def anotify(
    group: str, *, new: int = 0, changed: Mapping[str, str] | None = None
) -> None:
    """Hint to every page listening to ``group``; never raises, never waits over a second.

    ``new`` counts rows that are new; ``changed`` maps ids of rows to their new states.
    """
    event = {"type": "live.hint", "new": new, "changed": dict(changed or {})}
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        await asyncio.wait_for(layer.group_send(group, event), SEND_TIMEOUT)
    except Exception as error:  # noqa: BLE001 - a page that is not live must not cost a message
        log.warning("A live hint to %s was lost: %s", group, type(error).__name__)


def notify(group: str, *, new: int = 0, changed: Mapping[str, str] | None = None) -> None:
    """Hint as ``anotify`` does, from a thread or a task; call it once for a whole batch."""
    async_to_sync(anotify)(group, new=new, changed=changed)


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """The other end of a page's socket: it takes topics and sends batches of hints."""

    async def connect(self) -> None:
        """Let in who has a seat; others are closed with 4401, and the page says signed out."""
        self.groups_joined: set[str] = set()
        self.new = 0
        self.changed: dict[str, str] = {}
        self.flushing: asyncio.Task[None] | None = None
        self.member = await database_sync_to_async(ports.member_of)(
            self.scope["user"], self.scope.get("session")
        )
        await self.accept()
        if self.member is None:
            await self.close(NOT_SIGNED_IN)

    async def disconnect(self, code: int) -> None:
        """Leave every group."""
        if self.flushing:
            self.flushing.cancel()
        for group in self.groups_joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Take ``{"subscribe": [topic, ...]}`` and answer which topics were refused."""
        topics = content.get("subscribe") if isinstance(content, dict) else None
        if not isinstance(topics, list) or self.member is None:
            return
        refused = []
        for topic in topics[:MAX_TOPICS]:
            group = await database_sync_to_async(group_of)(self.member, str(topic))
            if group is None:
                refused.append(str(topic))
                continue
            await self.channel_layer.group_add(group, self.channel_name)
            self.groups_joined.add(group)
        await self.send_json({"subscribed": len(self.groups_joined), "refused": refused})

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        """Return what was sent; text that is not JSON is nothing."""
        try:
            return await super().decode_json(text_data)
        except ValueError:
            return None

    async def live_hint(self, event: dict[str, Any]) -> None:
        """Collect a hint; the first of a batch starts the second after which it is sent."""
        self.new += event["new"]
        self.changed |= event["changed"]
        if self.flushing is None:
            self.flushing = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        await asyncio.sleep(INTERVAL)
        batch = {"new": self.new, "changed": self.changed}
        if len(self.changed) > MAX_CHANGED:
            batch = {"new": self.new, "changed": {}, "reload": True}
        self.new, self.changed, self.flushing = 0, {}, None
        await self.send_json(batch)

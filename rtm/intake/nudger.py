"""Nudges from the event loop: the first at once, the rest of a moment together."""

import asyncio
import logging
from contextlib import suppress

from django.conf import settings
from redis.asyncio import Redis
from redis.exceptions import RedisError

from imiconnect.rtm import nudge

log = logging.getLogger(__name__)

#: Seconds between two looks at which queues have been written to.
PAUSE = 0.05


class Nudger:
    """Says "there is something" without any request waiting for Redis or Celery."""

    def __init__(self) -> None:
        """Start nothing yet; ``start`` needs the running loop."""
        self._queues: set[str] = set()
        self._something = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._redis: Redis | None = None
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Begin to listen."""
        self._redis = Redis.from_url(
            settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1
        )
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End; what has not been said, the sweep finds."""
        # Not by a cancellation: the Redis client may take one for a time-out of its own.
        self._stopping.set()
        self._something.set()
        if self._task:
            await self._task
        if self._redis:
            await self._redis.connection_pool.disconnect(inuse_connections=True)
            await self._redis.aclose()

    def nudge(self, queue: str) -> None:
        """Say so; never waits."""
        self._queues.add(queue)
        self._something.set()

    async def _run(self) -> None:
        while not self._stopping.is_set():
            await self._something.wait()
            self._something.clear()
            queues, self._queues = self._queues, set()
            for queue in queues:
                await self._say(queue)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), PAUSE)

    async def _say(self, queue: str) -> None:
        if self._redis is None:
            return
        try:
            flag = nudge.flag_of(queue)
            if await self._redis.set(flag, "1", nx=True, px=nudge.FLAG_MILLISECONDS):
                await asyncio.to_thread(nudge.send, queue)
        except (RedisError, OSError) as error:
            log.debug("A nudge of %s was lost: %s", queue, type(error).__name__)

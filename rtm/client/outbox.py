"""What the device wants to say: kept until it is said, in order, over a restart."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from imiconnect.rtm.client.backoff import delay_after
from imiconnect.rtm.client.errors import ErrorCode, SdkError
from imiconnect.rtm.client.storage import Store

_NAME = "outbox"
#: A device that was away for a month says its latest thousand things.
_MOST = 1000


class Item(NamedTuple):
    """One thing to say; its id is the same on every try, so that the gateway keeps one."""

    id: str
    #: ``mo`` or ``deliveryupdate``.
    kind: str
    body: dict[str, Any]


class Result(NamedTuple):
    """What became of an item: the answer of REST, None over MQTT; or why it was refused."""

    answer: dict[str, Any] | None = None
    error: SdkError | None = None


class Outbox:
    """A queue in the store; one item is said at a time."""

    def __init__(
        self,
        store: Store,
        say: Callable[[Item], Awaitable[dict[str, Any] | None]],
        said: Callable[[Item, Result], None],
    ) -> None:
        """Take up what was left; ``say`` raises ``SdkError``, ``said`` hears of the result."""
        self._store, self._say, self._said = store, say, said
        self._items = [Item(*kept) for kept in store.read(_NAME, [])]
        self._lock = asyncio.Lock()
        self._results: dict[str, Result | None] = {}
        self._failures = 0
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """Count what waits."""
        return len(self._items)

    async def add(self, item: Item) -> Result | None:
        """Keep an item and try to say it.

        Returns None when it waits for the network; raises the ``SdkError`` of a refusal.
        """
        self._items.append(item)
        self._drop_oldest()
        self._keep()
        self._results[item.id] = None
        await self.flush()
        result = self._results.pop(item.id)
        if result and result.error:
            raise result.error
        return result

    async def flush(self) -> None:
        """Say what waits; returns when all is said or the network is gone."""
        self._stop_timer()
        async with self._lock:
            while self._items:
                if not await self._try(self._items[0]):
                    return

    def flush_soon(self) -> None:
        """Say what waits beside whoever calls."""
        if self._items and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self.flush())

    def clear(self) -> None:
        """Forget what waits."""
        self._stop_timer()
        self._items = []
        self._keep()

    async def close(self) -> None:
        """Stop trying; what waits stays in the store."""
        self._stop_timer()
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    def _drop_oldest(self) -> None:
        # The first one may be under way.
        first = 1 if self._lock.locked() else 0
        over = max(0, len(self._items) - _MOST)
        lost, self._items[first : first + over] = self._items[first : first + over], []
        sentence = f"More than {_MOST} messages and receipts waited; the oldest was dropped."
        for item in lost:
            self._said(item, Result(error=SdkError(ErrorCode.PUBLISH_FAILED, sentence)))

    async def _try(self, item: Item) -> bool:
        try:
            result = Result(answer=await self._say(item))
        except SdkError as error:
            if error.temporary:
                self._failures += 1
                pause = delay_after(self._failures)
                self._stop_timer()
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(pause, self.flush_soon)
                return False
            result = Result(error=error)
        self._failures = 0
        self._items = [other for other in self._items if other.id != item.id]
        self._keep()
        if item.id in self._results:
            self._results[item.id] = result
        self._said(item, result)
        return True

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _keep(self) -> None:
        self._store.write(_NAME, self._items)

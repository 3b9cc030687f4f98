"""Group commit: requests that come while a batch is being written become the next batch.

A client that sends one request after the other never waits. Where requests overlap, a batch
has a price of its own that a few of them hardly share, so batches begin at some distance
(``every``); what has gathered goes together, so they grow with the load.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from psycopg import InterfaceError, OperationalError

Item = TypeVar("Item")
Result = TypeVar("Result")
#: The database, its pool or the way there is to blame; one by one would wait for it again.
_OF_THE_DATABASE = (OperationalError, InterfaceError)
#: What weighs so much is worth a batch of its own, whenever the last one began.
MUCH = 20


class Gatherer(Generic[Item, Result]):
    """Collects items into batches for ``write``, which returns a result or error for each.

    ``weight`` says how much of ``most`` an item takes. Where items overlap, batches begin
    ``every`` seconds apart or more, unless ``MUCH`` waits. A ``write`` that raises has written
    nothing that may not be written again. Where the database is to blame all of the batch
    fails; after any other error each item is tried by itself, so that one cannot spoil the
    others.
    """

    def __init__(
        self,
        write: Callable[[list[Item]], Awaitable[Sequence[Result]]],
        *,
        most: int = 2000,
        weight: Callable[[Item], int] = lambda item: 1,
        writers: int = 2,
        every: float = 0.0,
    ) -> None:
        """Allow ``writers`` batches to be written at the same time."""
        self._write = write
        self._most = most
        self._weight = weight
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._free = writers
        self._every = every
        self._begun = -every
        self._last = self._load = self._writing = 0
        self._much = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Result:
        """Return what ``write`` answered for the item, or raise what it raised."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._load += self._weight(item)
        if self._load >= MUCH:
            self._much.set()
        if self._free:
            self._free -= 1
            task = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _work(self) -> None:
        try:
            # Let every request that has arrived in this turn of the loop join.
            await asyncio.sleep(0)
            while self._waiting:
                if wait := self._wait():
                    with suppress(TimeoutError):
                        async with asyncio.timeout(wait):
                            await self._much.wait()
                    continue
                batch = self._next_batch()
                self._begun, self._last = time.monotonic(), len(batch)
                self._writing += 1
                try:
                    await self._run(batch)
                finally:
                    self._writing -= 1
        finally:
            self._free += 1

    def _wait(self) -> float:
        """Return for how many seconds more may gather, zero where nothing else comes."""
        if self._load >= MUCH or not (self._writing or self._last > 1):
            return 0.0
        return max(0.0, self._begun + self._every - time.monotonic())

    def _next_batch(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        room = self._most
        while self._waiting:
            weight = self._weight(self._waiting[0][0])
            if batch and weight > room:
                break
            room -= weight
            self._load -= weight
            batch.append(self._waiting.popleft())
        if self._load < MUCH:
            self._much.clear()
        return batch

    async def _run(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._write([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - every request gets its answer
            if len(batch) > 1 and not isinstance(error, _OF_THE_DATABASE):
                for pair in batch:
                    await self._run([pair])
                return
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)

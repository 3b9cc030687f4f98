"""Blocking work for coroutines: in a few threads, and for many callers at a time."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from django.db import close_old_connections

Item = TypeVar("Item")
Answer = TypeVar("Answer")

_THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="connect")


async def in_thread(function: Callable[..., Answer], *arguments: Any) -> Answer:
    """Run a function that uses the database in one of a few threads of its own."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_THREADS, _with_fresh_connection, function, *arguments)


def _with_fresh_connection(function: Callable[..., Answer], *arguments: Any) -> Answer:
    close_old_connections()
    try:
        return function(*arguments)
    finally:
        close_old_connections()


class Batched(Generic[Item, Answer]):
    """A function of many items, called with one: callers that wait share the next call.

    There is no delay: a call begins at once, and what comes during it makes up the next one.
    So a thousand devices that reconnect together cost a few queries, and one costs one.
    """

    def __init__(
        self, function: Callable[[Sequence[Item]], Sequence[Answer]], *, limit: int = 500
    ) -> None:
        """``function`` returns one answer for each of at most ``limit`` items."""
        self._function = function
        self._limit = limit
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Answer:
        """Return the answer for ``item``; raises what the function raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((item, future))
        worker = self._worker
        if worker is None or worker.done() or worker.get_loop() is not loop:
            self._worker = loop.create_task(self._work())
        return await future

    async def settled(self) -> None:
        """Wait until nobody waits any more."""
        worker = self._worker
        if worker is not None and worker.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([worker])

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = (
                self._waiting[: self._limit],
                self._waiting[self._limit :],
            )
            try:
                answers = await in_thread(self._function, [item for item, _ in batch])
            except Exception as error:  # noqa: BLE001 - each caller gets it
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)

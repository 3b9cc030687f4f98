"""Telling listeners, and work beside the caller."""

import asyncio
import inspect
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

log = logging.getLogger(__name__)


class Emitter:
    """Something that listeners are told of.

    They run in the event loop, one after the other; one that is a coroutine function becomes a
    task. What fails in one is logged and stops nothing.
    """

    def __init__(self) -> None:
        """Nobody listens yet."""
        self._listeners: dict[str, list[Callable[..., Any]]] = defaultdict(list)
        self._tasks: set[asyncio.Task[Any]] = set()

    def emit(self, event: str, *what: Any) -> None:
        """Tell the listeners of an event."""
        for listener in list(self._listeners[event]):
            try:
                done = listener(*what)
            except Exception:
                log.exception("A listener of '%s' failed", event)
                continue
            if inspect.isawaitable(done):
                self.beside(done)

    def beside(self, work: Awaitable[Any]) -> None:
        """Run work that nobody waits for."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def add_listener(self, event: str, listener: Callable[..., Any]) -> Callable[[], None]:
        """Call the listener for an event; the returned function stops that."""
        self._listeners[event].append(listener)
        return lambda: self._listeners[event].remove(listener)

    async def end_tasks(self) -> None:
        """Cancel what still runs."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: "asyncio.Future[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("Something beside the connection failed: %s", error)

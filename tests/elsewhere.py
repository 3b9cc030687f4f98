"""Calls in threads of their own, waited for no longer than ``PATIENCE``.

For what meets in the database, and beside Playwright, whose loop runs in the test's thread. The
threads are daemons: a call that never ends fails its test and holds up neither the clean-up
nor the end of the run, as a ``ThreadPoolExecutor`` would, which waits for its threads for ever.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, Generic, TypeVar

from django.db import connections

from tests.waiting import PATIENCE

T = TypeVar("T")


class Started(Generic[T]):
    """A call that runs in a thread of its own."""

    def __init__(self, call: Callable[[], T]) -> None:
        """Start it."""
        self._call = call
        self._future: Future[T] = Future()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            answer = self._call()
        except BaseException as error:  # noqa: BLE001 - raised in the thread that asks
            connections.close_all()
            self._future.set_exception(error)
        else:
            connections.close_all()
            self._future.set_result(answer)

    def result(self) -> T:
        """Return what the call returned, or raise what it raised.

        Raises:
            AssertionError: when it has not ended within ``PATIENCE``.
        """
        done, _ = wait([self._future], PATIENCE)
        assert done, f"{_name(self._call)} did not end within {PATIENCE:.0f} seconds"
        return self._future.result()


def elsewhere(call: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Call something in a thread of its own, and return what it returned."""

    def run() -> T:
        return call(*arguments, **named)

    run.__qualname__ = _name(call)
    return Started(run).result()


def _name(call: Callable[..., Any]) -> str:
    return str(getattr(call, "__qualname__", call))

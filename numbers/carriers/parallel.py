"""Asking an HTTP carrier about each message of a batch, several at a time, for a while."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from imiconnect.numbers.carriers.messaging import Postponed, Submission

T = TypeVar("T")
#: Requests at once, and seconds after which none is begun: with the time-out of the last one
#: a batch stays below the 30 seconds for which its messages are held.
AT_ONCE, SECONDS = 16, 10.0
#: Seconds of one request.
TIMEOUT = 8.0


def each(batch: Sequence[T], ask: Callable[[T], Submission]) -> list[Submission]:
    """Return what ``ask`` says of each, in order; it may not raise nor touch the database."""
    until = time.monotonic() + SECONDS

    def in_time(item: T) -> Submission:
        return ask(item) if time.monotonic() < until else Postponed(1.0)

    if len(batch) == 1:
        return [in_time(batch[0])]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(in_time, batch))

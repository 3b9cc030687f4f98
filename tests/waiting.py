"""One patience for every test that waits for another thread, process or browser.

It costs nothing where the thing comes about, and decides nothing about speed, which the bench
measures: on a machine with other work a step of a hundredth of a second may take many.
"""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: Seconds.
PATIENCE = 90.0
#: The same for Playwright, in milliseconds.
PATIENCE_MS = PATIENCE * 1000


def wait_until(
    holds: Callable[[], T], what: str | Callable[[], str] = "it did not come about"
) -> T:
    """Return what ``holds`` answers once it is true.

    Raises:
        AssertionError: with ``what``, when that is not so within ``PATIENCE``.
    """
    deadline = time.monotonic() + PATIENCE
    while not (answer := holds()):
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
    return answer

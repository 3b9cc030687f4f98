"""The gateway's figures for ``/metrics``: what waits in each queue, and for how long."""

from collections.abc import Callable

from django.utils import timezone

from imiconnect.engines.ports import register_gauge
from imiconnect.rtm.housekeeping import QUEUES, Depth, depth


def register() -> None:
    """Offer the figures."""
    for queue in QUEUES:
        register_gauge(
            f"queue_{queue}_due", f"Rows that are due on the queue {queue}.", _rows(queue)
        )
        register_gauge(
            f"queue_{queue}_oldest_seconds",
            f"Seconds for which the oldest row of the queue {queue} has been due.",
            _oldest(queue),
        )


def _read(queue: str) -> Depth:
    return depth(queue, timezone.now())


def _rows(queue: str) -> Callable[[], float]:
    return lambda: float(_read(queue).rows)


def _oldest(queue: str) -> Callable[[], float]:
    return lambda: _read(queue).oldest_seconds

"""The gateway's figures for ``/metrics``: what waits in each queue, and for how long."""

import datetime as dt
from collections import Counter
from collections.abc import Callable

from django.core.cache import cache
from django.utils import timezone

from imiconnect.engines.ports import register_gauge
from imiconnect.identity import first_uuid7_at
from imiconnect.rtm.housekeeping import QUEUES, Depth, depth
from imiconnect.rtm.media import usage
from imiconnect.rtm.models import Breaker, Message
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.uplink import figures

#: The figures by state are of the messages of this long, and at most of so many.
_WINDOW = dt.timedelta(minutes=5)
_MOST = 200_000
_KEPT = 10  # seconds, so that one look at ``/metrics`` asks once


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
    register_gauge(
        "breakers_open",
        "Apps to whose provider nothing is sent for a while.",
        lambda: float(Breaker.objects.filter(retry_at__isnull=False).count()),
    )
    register_gauge(
        "media_bytes", "Bytes of files of messages that are kept.", usage.kept_in_all
    )
    register_gauge(
        "media_apps_full",
        "Apps that had no room for a file in the last day.",
        lambda: usage.apps_without_room(timezone.now()),
    )
    _register_states()
    figures.register()


def _read(queue: str) -> Depth:
    return depth(queue, timezone.now())


def _rows(queue: str) -> Callable[[], float]:
    return lambda: float(_read(queue).rows)


def _oldest(queue: str) -> Callable[[], float]:
    return lambda: _read(queue).oldest_seconds


def _register_states() -> None:
    for state in State:
        name = state.name.lower()
        register_gauge(
            f"messages_{name}",
            f"Messages accepted in the last five minutes that are {name} now.",
            _in_state(state),
        )


def _in_state(state: State) -> Callable[[], float]:
    return lambda: float(_recent().get(int(state), 0))


def _recent() -> dict[int, int]:
    """Return how many recent messages are in which state; counting stops at 200,000."""
    kept: dict[int, int] | None = cache.get("rtm-gauge-states")
    if kept is None:
        first = first_uuid7_at(timezone.now() - _WINDOW)
        states = (
            Message.objects.filter(id__gte=first).order_by().values_list("state", flat=True)
        )
        kept = dict(Counter(states[:_MOST].iterator(chunk_size=10_000)))
        cache.set("rtm-gauge-states", kept, _KEPT)
    return kept

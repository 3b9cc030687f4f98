"""Celery's scheduler in memory, which also says that it is alive.

The periodic tasks are sweeps whose work is in due rows, so nothing is lost when the
scheduler forgets its last runs; its usual file can be damaged by a kill.
"""

from typing import Any

from celery.beat import Scheduler

from imiconnect.engines.heartbeat import active, beat

_LONGEST_SLEEP_SECONDS = 4


class BeatingScheduler(Scheduler):
    """The scheduler of ``celery beat``."""

    #: ``tick`` is called at least this often, in seconds.
    max_interval = _LONGEST_SLEEP_SECONDS

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due, and return the seconds until the next time."""
        beat("beat")
        pause: float = super().tick(*args, **kwargs)
        return pause

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send one periodic task."""
        super().apply_entry(entry, producer=producer)
        active("beat")

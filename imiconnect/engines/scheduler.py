"""Celery's scheduler in memory, which also says that it is alive.

Several may run: one holds a lease in Redis and sends, the others wait for its end. Two that
send, as while Redis is away, cost time and change nothing.

The periodic tasks are sweeps whose work is in due rows, so nothing is lost when the
scheduler forgets its last runs; its usual file can be damaged by a kill.
"""

from typing import Any

from celery.beat import Scheduler
from django.conf import settings
from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

from imiconnect.engines.heartbeat import active, beat

_LONGEST_SLEEP_SECONDS = 1
#: How long the others wait for one that is gone without a word; longer than any sleep.
LEASE_SECONDS = 3
_STANDBY_SECONDS = 1.0
_KEY = "imiconnect:beat"


class Lease:
    """The right to send, held by one scheduler at a time."""

    def __init__(self, url: str) -> None:
        """Ask nothing yet."""
        redis = Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
        self._lock = Lock(redis, _KEY, timeout=LEASE_SECONDS, thread_local=False)

    def is_ours(self) -> bool:
        """Take or renew it; True as well while Redis is away."""
        try:
            if self._lock.owned():
                return self._lock.reacquire()
            return bool(self._lock.acquire(blocking=False))
        except LockError:
            return False
        except RedisError:
            return True

    def release(self) -> None:
        """Let the next one have it at once."""
        try:
            self._lock.release()
        except RedisError:
            return


class BeatingScheduler(Scheduler):
    """The scheduler of ``celery beat``."""

    #: ``tick`` is called at least this often, in seconds.
    max_interval = _LONGEST_SLEEP_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Compete with the schedulers of the same Redis."""
        super().__init__(*args, **kwargs)
        self._lease = Lease(settings.REDIS_URL)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due, and return the seconds until the next time."""
        beat("beat")
        if not self._lease.is_ours():
            return _STANDBY_SECONDS
        pause: float = super().tick(*args, **kwargs)
        return pause

    def close(self) -> None:
        """Stop in favour of another one."""
        self._lease.release()
        super().close()

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send one periodic task."""
        super().apply_entry(entry, producer=producer)
        active("beat")

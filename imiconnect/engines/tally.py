"""What each queue has done: rows, failures, and the last error; kept in Redis.

A worker that cannot reach Redis goes on working; what it would have counted then is lost.
Of an error its kind alone is kept: its text may quote what a customer wrote.
"""

import time
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

_KEY = "imiconnect:tally:"
_MINUTE = 60
_KEPT_SECONDS = 3 * _MINUTE


@dataclass(frozen=True)
class Tally:
    """Totals since Redis was made, the rate of the last whole minute, and the last error."""

    done: int = 0
    failures: int = 0
    per_second: float = 0.0
    last_error: str = ""
    #: Seconds since the last error; ``None`` without one.
    failed_seconds_ago: float | None = None


class Counter:
    """Counts what one process does for a queue and writes it down once a second at most."""

    def __init__(self, name: str) -> None:
        """Count for ``name``, as in ``queue:mt``."""
        self._name = name
        self._done = 0
        self._written_at = time.monotonic()

    def add(self, count: int) -> None:
        """Count rows."""
        self._done += count
        if time.monotonic() - self._written_at >= 1:
            self.flush()

    def flush(self) -> None:
        """Write down what was counted."""
        self._written_at = time.monotonic()
        done, self._done = self._done, 0
        if not done:
            return
        minute = _minute_key(self._name, int(time.time()) // _MINUTE)
        try:
            with redis().pipeline(transaction=False) as pipeline:
                pipeline.hincrby(_KEY + self._name, "done", done)
                pipeline.incrby(minute, done)
                pipeline.expire(minute, _KEPT_SECONDS)
                pipeline.execute()
        except RedisError:
            return


def failed(name: str, error: BaseException) -> None:
    """Count a failure of ``name`` and keep of which kind it was."""
    try:
        with redis().pipeline(transaction=False) as pipeline:
            pipeline.hincrby(_KEY + name, "failures", 1)
            pipeline.hset(
                _KEY + name, mapping={"error": kind_of(error), "failed_at": time.time()}
            )
            pipeline.execute()
    except RedisError:
        return


def kind_of(error: BaseException) -> str:
    """Return the class of an error, with PostgreSQL's code where it has one."""
    code = getattr(error.__cause__ or error, "sqlstate", None)
    return f"{type(error).__name__} ({code})" if code else type(error).__name__


def tallies(names: list[str]) -> dict[str, Tally]:
    """Return what is known of each name; raises ``RedisError``."""
    now = time.time()
    last_minute = int(now) // _MINUTE - 1
    with redis().pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.hmget(_KEY + name, "done", "failures", "error", "failed_at")
            pipeline.get(_minute_key(name, last_minute))
        rows = pipeline.execute()
    found = {}
    for name, (done, failures, error, at), minute in zip(
        names, rows[::2], rows[1::2], strict=True
    ):
        found[name] = Tally(
            int(done or 0),
            int(failures or 0),
            round(int(minute or 0) / _MINUTE, 2),
            (error or b"").decode(),
            None if at is None else round(max(0.0, now - float(at)), 1),
        )
    return found


@cache
def redis() -> Redis:
    """Return the connection of this process."""
    return Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def _minute_key(name: str, minute: int) -> str:
    return f"{_KEY}{name}:{minute}"

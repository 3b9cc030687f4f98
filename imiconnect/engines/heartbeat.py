"""Signs of life: each process says that it runs, and when it last had something to do.

They are kept in Redis for a minute. A process that cannot reach Redis goes on working; it
is then missing on the readiness page, as Redis itself is.
"""

import time
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

#: A sign that is older counts as missing; processes beat every few seconds.
MISSING_AFTER_SECONDS = 15
_KEPT_SECONDS = 60
_KEY = "imiconnect:heartbeat:"
#: Activity of one name is written once a second at most: a busy queue costs no round trips.
_EVERY_SECONDS = 1.0
_last_written: dict[str, float] = {}


@dataclass(frozen=True)
class Sign:
    """What is known of one process: ages in seconds, ``None`` where nothing is known."""

    seen: float | None = None
    active: float | None = None

    @property
    def is_alive(self) -> bool:
        """Tell whether the process has been seen lately."""
        return self.seen is not None and self.seen <= MISSING_AFTER_SECONDS


def beat(name: str) -> None:
    """Say that the process of this name is alive; call it every 2 to 5 seconds."""
    _write(name, "seen", time.time())


def active(name: str) -> None:
    """Say that the process of this name has just done some work; cheap at any rate of calls."""
    now = time.monotonic()
    if now - _last_written.get(name, -_EVERY_SECONDS) < _EVERY_SECONDS:
        return
    _last_written[name] = now
    _write(name, "active", time.time())


def signs(names: list[str]) -> dict[str, Sign]:
    """Return what is known of the processes; raises ``RedisError``."""
    now = time.time()
    with _redis().pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.hmget(_KEY + name, "seen", "active")
        rows = pipeline.execute()
    return {
        name: Sign(*(_age(now, value) for value in row))
        for name, row in zip(names, rows, strict=True)
    }


def _age(now: float, value: bytes | None) -> float | None:
    return None if value is None else max(0.0, now - float(value))


def _write(name: str, field: str, value: float) -> None:
    try:
        with _redis().pipeline(transaction=False) as pipeline:
            pipeline.hset(_KEY + name, field, str(value))
            if field == "seen":
                pipeline.expire(_KEY + name, _KEPT_SECONDS)
            pipeline.execute()
    except RedisError:
        return


@cache
def _redis() -> "Redis":
    return Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)

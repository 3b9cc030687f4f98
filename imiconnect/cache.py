"""The cache: Redis, and this process's own memory while Redis does not answer.

Throttled sign-in counts in the cache. django-redis can be told to ignore a dead server, but
then ``add`` says that nothing was added, which django-allauth reads as "somebody else holds
the lock": nobody could sign in. In memory each process counts for itself meanwhile.
"""

import time
from typing import Any, ClassVar

from django.core.cache.backends.locmem import LocMemCache
from django_redis.cache import CONNECTION_INTERRUPTED, RedisCache


class RedisOrMemoryCache(RedisCache):
    """Redis with a stand-in for ``get``, ``set``, ``add`` and ``delete``."""

    #: Seconds for which a Redis that did not answer is left alone: a hanging one would cost
    #: its time-out at every call.
    REST: ClassVar[float] = 5.0
    _down_until: ClassVar[float] = 0.0

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        """Open the stand-in too; it connects to nothing."""
        super().__init__(server, params)
        self._memory = LocMemCache("redis-is-down", {})

    def _get(self, key: Any, default: Any, version: Any, client: Any) -> Any:
        if self._is_down():
            return self._memory.get(key, default, version)
        value = super()._get(key, default, version, client)
        if value is CONNECTION_INTERRUPTED:
            return self._rest().get(key, default, version)
        return value

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Keep a value."""
        done = None if self._is_down() else super().set(key, value, *args, **kwargs)
        if done is None:
            self._rest().set(key, value, *args[:2], **_known(kwargs))
        return done

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Keep a value unless there is one; tells whether it was kept."""
        done = None if self._is_down() else super().add(key, value, *args, **kwargs)
        if done is None:
            return self._rest().add(key, value, *args[:2], **_known(kwargs))
        return done

    def delete(self, key: Any, *args: Any, **kwargs: Any) -> Any:
        """Forget a value; tells whether there was one."""
        done = None if self._is_down() else super().delete(key, *args, **kwargs)
        if done is None:
            return self._rest().delete(key, *args[:1], **_known(kwargs))
        return done

    def _is_down(self) -> bool:
        return time.monotonic() < type(self)._down_until

    def _rest(self) -> LocMemCache:
        """Leave Redis alone for a while, and return the stand-in."""
        if not self._is_down():
            type(self)._down_until = time.monotonic() + self.REST
        return self._memory


def _known(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that every cache of Django's takes."""
    return {name: kwargs[name] for name in ("timeout", "version") if name in kwargs}

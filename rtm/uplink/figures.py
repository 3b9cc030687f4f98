"""How many uplink payloads were of no use, and why: counted for ``/metrics``."""

import logging
from collections import Counter
from collections.abc import Callable

from django.core.cache import cache
from redis.exceptions import RedisError

from imiconnect.engines.ports import register_gauge

log = logging.getLogger(__name__)

#: Reason to what it means.
REASONS = {
    "topic": "were on no uplink topic",
    "app": "named an app that is unknown or off",
    "op": "had an unknown op",
    "body": "had a body that is not as documented",
    "plain": "were not encrypted, though the app asks for it",
    "encryption": "could not be opened with the user's key",
}
_KEY = "rtm-uplink-refused-"


def count(refused: Counter[str]) -> None:
    """Add to the figures; a cache that is away loses them."""
    try:
        for reason, number in refused.items():
            cache.add(_KEY + reason, 0, timeout=None)
            cache.incr(_KEY + reason, number)
    except (RedisError, ValueError) as error:
        log.warning("Refused uplink payloads could not be counted: %s", error)


def register() -> None:
    """Offer the figures."""
    for reason, words in REASONS.items():
        register_gauge(
            f"uplink_refused_{reason}",
            f"Uplink payloads refused since the cache was emptied that {words}.",
            _reader(reason),
        )


def _reader(reason: str) -> Callable[[], float]:
    return lambda: float(cache.get(_KEY + reason, 0))

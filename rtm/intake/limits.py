"""How many requests a key may make: a token bucket for each, in this process."""

import time
from collections import OrderedDict

from django.conf import settings

#: Generous: it stops a loop gone wild, not a busy customer.
DEFAULT_PER_SECOND = 5000
_MOST_KEYS = 10_000


class RateLimit:
    """Buckets that hold twice what a second refills; the least recently used are forgotten."""

    def __init__(self, per_second: float | None = None) -> None:
        """Take the rate from ``RTM_REQUESTS_PER_SECOND`` unless it is given."""
        default = getattr(settings, "RTM_REQUESTS_PER_SECOND", DEFAULT_PER_SECOND)
        self._rate = float(per_second if per_second is not None else default)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_for(self, key: str, *, now: float | None = None) -> int:
        """Take a token; return 0, or the whole seconds after which there is one again."""
        moment = time.monotonic() if now is None else now
        full = 2 * self._rate
        tokens, at = self._buckets.pop(key, (full, moment))
        tokens = min(full, tokens + (moment - at) * self._rate)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, moment)
        if len(self._buckets) > _MOST_KEYS:
            self._buckets.popitem(last=False)
        return 0 if allowed else max(1, round((1 - tokens) / self._rate))

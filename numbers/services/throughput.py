"""How many messages may go just now: buckets of tokens that all workers share.

A bucket is a row that one statement refills and takes from, by the clock of the database: it
holds a second's worth, at least one token. It costs one round trip for a whole batch.
"""

import math
from dataclasses import dataclass

from django.db import connection

_MAKE = """
INSERT INTO numbers_throughput (key, tokens, filled_at)
VALUES (%(key)s, %(burst)s, clock_timestamp()) ON CONFLICT (key) DO NOTHING
"""
_TAKE = """
WITH bucket AS (
  SELECT key, least(%(burst)s, tokens + %(rate)s * greatest(
    0, extract(epoch FROM clock_timestamp() - filled_at)::float8)) AS tokens
  FROM (SELECT * FROM numbers_throughput WHERE key = %(key)s FOR UPDATE) locked)
UPDATE numbers_throughput t
SET tokens = bucket.tokens - least(floor(bucket.tokens), %(wanted)s),
  filled_at = clock_timestamp()
FROM bucket WHERE t.key = bucket.key
RETURNING least(floor(bucket.tokens), %(wanted)s)::int, t.tokens
"""


@dataclass(frozen=True)
class Grant:
    """How many may go now; the others one after the other, the first in ``wait`` seconds."""

    count: int
    wait: float
    rate: float

    def wait_of(self, place: int) -> float:
        """Return how long the one at ``place`` (from 0) of those left waits, in seconds."""
        return self.wait + place / self.rate


def take(key: str, rate: float, wanted: int) -> Grant:
    """Take up to ``wanted`` tokens of the bucket ``key`` that fills by ``rate`` a second."""
    values: dict[str, str | float] = {
        "key": key,
        "rate": rate,
        "burst": max(1.0, rate),
        "wanted": wanted,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(_MAKE, values)
            cursor.execute(_TAKE, values)
            row = cursor.fetchone()
    count, left = row
    return Grant(count, math.ceil((1 - min(left, 1)) / rate * 1000) / 1000, rate)

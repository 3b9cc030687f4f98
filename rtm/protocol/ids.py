"""Ids of a request and its messages: UUIDv7 that share the millisecond of the acceptance.

So the messages of a request are a range of ids, found by its transid without an index of
their own, in one partition; and they go out in the order in which the request named them.
"""

import secrets
import time
import uuid

_VERSION = 7 << 76
_VARIANT = 0b10 << 62
_RANDOM_BITS = 62
_ORDER_MASK = 0xFFF


def request_ids(count: int, *, now_ms: int | None = None) -> tuple[uuid.UUID, list[uuid.UUID]]:
    """Return a transid and ``count`` message ids; beyond 4,096 their order is not kept."""
    moment = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    base = (moment << 80) | _VERSION | _VARIANT
    bits = secrets.randbits
    ids = [
        uuid.UUID(int=base | ((number & _ORDER_MASK) << 64) | bits(_RANDOM_BITS))
        for number in range(count)
    ]
    return uuid.UUID(int=base | (bits(12) << 64) | bits(_RANDOM_BITS)), ids


def ids_of_transid(transid: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
    """Return the first and the last id that a message of the request can have."""
    first = (transid.int >> 80) << 80 | _VERSION | _VARIANT
    return uuid.UUID(int=first), uuid.UUID(int=first | (_ORDER_MASK << 64) | (1 << 62) - 1)

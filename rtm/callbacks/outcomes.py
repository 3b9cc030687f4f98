"""What a try means for a callback: delivered, tried again later, or failed.

Without I/O. The classes of answers are the documented ones (facts/imiconnect.md, section
14): only 200 is success; most other 2xx, 3xx and the 4xx listed here are not tried again;
the rest is, by elimination: 201, 401, 403, 413, 429 and 5xx but 505.
"""

from dataclasses import dataclass
from enum import StrEnum

_NOT_RETRIED = frozenset(
    {*range(202, 209), 226, *range(300, 400), 400, 402, *range(404, 412), 414, 415, 416, 418}
    | {505}
)


class Verdict(StrEnum):
    """Where a callback goes after a try."""

    DELIVERED = "delivered"
    RETRY = "pending"
    FAILED = "failed"


@dataclass(frozen=True)
class Try:
    """One try as it ended: a status, or an error in words with whether it may pass."""

    status: int | None = None
    error: str = ""
    retryable: bool = True
    response: str = ""
    duration_ms: int = 0


def is_retried(status: int) -> bool:
    """Tell whether an answer with this status is followed by another try."""
    return status != 200 and status not in _NOT_RETRIED


def verdict(outcome: Try, *, attempts: int, retries: int) -> Verdict:
    """Return what follows from a try, the ``attempts``-th one, when ``retries`` may follow.

    A callback that is resent by hand has used its retries up: it gets one try.
    """
    if outcome.status == 200:
        return Verdict.DELIVERED
    again = outcome.retryable if outcome.status is None else is_retried(outcome.status)
    return Verdict.RETRY if again and attempts <= retries else Verdict.FAILED

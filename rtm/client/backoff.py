"""When to try again."""

import random
from collections.abc import Callable

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0


def delay_after(failures: int, chance: Callable[[], float] = random.random) -> float:
    """Return the seconds to wait after so many failures in a row, from 1.

    Half of the doubled delay is sure, the other half is chance, so that devices which have
    lost the same server do not come back in one wave.
    """
    ceiling = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(failures - 1, 16))
    return ceiling / 2 + ceiling / 2 * chance()

"""Draining a queue: call a processor until nothing is due, linger, and end.

A task costs Celery a millisecond or two and a queue between two busy moments is empty, so a
drain stays for a moment and looks again every few milliseconds. It ends after some seconds in
any case, so that a worker which stops or is replaced never waits for one.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from imiconnect.engines.heartbeat import active
from imiconnect.engines.tally import Counter, failed
from imiconnect.rtm import nudge
from imiconnect.rtm.live import Hints, gathered
from imiconnect.rtm.sql import keeping_plans, redoable

log = logging.getLogger(__name__)

#: Seconds: the longest run, the stay after the last work, the pauses while staying.
LONGEST, LINGER, PAUSE, LONGEST_PAUSE = 20.0, 1.0, 0.004, 0.02
#: A step that finds fewer rows than this lets more of them gather.
FEW = 200
#: Seconds without such a step after which a drain cannot keep up, and asks for another.
BEHIND = 1.0
_RENEW_EVERY = nudge.FLAG_MILLISECONDS / 3000


@dataclass(frozen=True)
class Pace:
    """How a drain waits, in seconds.

    It stays for ``linger`` without work. After a step that found few rows more may gather for
    ``gather``: a batch has a price of its own, and many small ones would take the processor
    from others.
    """

    linger: float = LINGER
    gather: float = 0.0


def drain(
    queue: str,
    step: Callable[[], int],
    *,
    pace: Pace = Pace(),
    durable: bool = False,
    keep_plans: bool = False,
    place: int | None = None,
) -> int:
    """Call ``step`` until it has found nothing for a while; return the sum.

    ``keep_plans`` is for steps whose statements are made for it (``sql.keeping_plans``).
    One with a ``place`` asks for another drain beside it once it is behind, while
    ``RTM_DRAINS`` allows; others are alone.

    Unless ``durable``, its commits do not wait for the disk (``sql.redoable``): not for
    steps of which a repetition costs somebody something, or ends differently.

    A step that raises ends the drain: its rows are due again after their lease, and the
    sweep sends the next drain. While it runs, nudges of the queue are held back.
    """
    with gathered() as hints:
        taken = _Steps(queue, step, hints, pace, place)
        return _drain(taken, durable=durable, keep_plans=keep_plans)


def _drain(steps: "_Steps", *, durable: bool, keep_plans: bool) -> int:
    queue = steps.queue
    total = 0
    counter = Counter(f"queue:{queue}")
    try:
        with ExitStack() as session:
            if not durable:
                session.enter_context(redoable())
            if keep_plans:
                session.enter_context(keeping_plans())
            for done in steps:
                total += done
                counter.add(done)
        return total
    except Exception as error:
        failed(f"queue:{queue}", error)
        nudge.release(queue, steps.place or 0)
        if not isinstance(error, OperationalError | InterfaceError):
            raise
        log.warning("The drain of %s stopped: %s", queue, error)
        connection.close()
        return total
    finally:
        counter.flush()


@dataclass
class _Steps:
    """The steps of a drain, with the pauses between them."""

    queue: str
    step: Callable[[], int]
    hints: Hints
    pace: Pace
    place: int | None

    def __iter__(self) -> Iterator[int]:
        """Take steps until nothing has been due for a while; yield what each one did."""
        place = self.place or 0
        begun = last_work = kept_up = time.monotonic()
        renewed, pause = 0.0, PAUSE
        while (
            now := time.monotonic()
        ) - begun < LONGEST and now - last_work < self.pace.linger:
            if now - renewed > _RENEW_EVERY:
                nudge.renew(self.queue, place)
                renewed = now
            done = self.step()
            yield done
            if done < FEW:
                kept_up = time.monotonic()
            elif time.monotonic() - kept_up > BEHIND and self.place is not None:
                nudge.more(self.queue, settings.RTM_DRAINS)
                kept_up = time.monotonic()
            if done:
                active(f"queue:{self.queue}")
                last_work, pause = time.monotonic(), PAUSE
                if self.pace.gather and done < FEW:
                    self.hints.tell_in_time()
                    time.sleep(self.pace.gather)
            else:
                self.hints.tell_in_time()
                time.sleep(pause)
                pause = min(pause * 1.2, LONGEST_PAUSE)
        nudge.release(self.queue, place)
        # A row that came between the last look and the release has sent no nudge.
        last = self.step()
        yield last
        if last:
            nudge.nudge(self.queue)

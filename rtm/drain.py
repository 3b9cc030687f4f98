"""Draining a queue: call a processor until nothing is due, linger, and end.

A task costs Celery a millisecond or two and a queue between two busy moments is empty, so a
drain stays for a moment and looks again every few milliseconds. It ends after some seconds in
any case, so that a worker which stops or is replaced never waits for one.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

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
_RENEW_EVERY = nudge.FLAG_MILLISECONDS / 3000


def drain(
    queue: str,
    step: Callable[[], int],
    *,
    linger: float = LINGER,
    durable: bool = False,
    gather: float = 0.0,
    keep_plans: bool = False,
) -> int:
    """Call ``step`` until it has found nothing for ``linger`` seconds; return the sum.

    After a step that found few rows more may gather for ``gather`` seconds: a batch has a
    price of its own, and many small ones would take the processor from others.
    ``keep_plans`` is for steps whose statements are made for it (``sql.keeping_plans``).

    Unless ``durable``, its commits do not wait for the disk (``sql.redoable``): not for
    steps of which a repetition costs somebody something, or ends differently.

    A step that raises ends the drain: its rows are due again after their lease, and the
    sweep sends the next drain. While it runs, nudges of the queue are held back.
    """
    with gathered() as hints:
        with_pauses = _steps(queue, step, hints, linger, gather)
        return _drain(queue, with_pauses, durable=durable, keep_plans=keep_plans)


def _drain(queue: str, steps: Iterator[int], *, durable: bool, keep_plans: bool) -> int:
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
        nudge.release(queue)
        if not isinstance(error, OperationalError | InterfaceError):
            raise
        log.warning("The drain of %s stopped: %s", queue, error)
        connection.close()
        return total
    finally:
        counter.flush()


def _steps(
    queue: str, step: Callable[[], int], hints: Hints, linger: float, gather: float
) -> Iterator[int]:
    """Take steps until nothing has been due for a while; yield what each one did."""
    begun = last_work = time.monotonic()
    renewed, pause = 0.0, PAUSE
    while (now := time.monotonic()) - begun < LONGEST and now - last_work < linger:
        if now - renewed > _RENEW_EVERY:
            nudge.renew(queue)
            renewed = now
        done = step()
        yield done
        if done:
            active(f"queue:{queue}")
            last_work, pause = time.monotonic(), PAUSE
            if gather and done < FEW:
                hints.tell_in_time()
                time.sleep(gather)
        else:
            hints.tell_in_time()
            time.sleep(pause)
            pause = min(pause * 1.2, LONGEST_PAUSE)
    nudge.release(queue)
    # A row that came between the last look and the release has sent no nudge.
    last = step()
    yield last
    if last:
        nudge.nudge(queue)

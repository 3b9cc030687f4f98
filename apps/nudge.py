"""Nudges of the work of apps: at most one task on its way for each queue of rows.

A lost one costs a second or two: the periodic tasks find the same rows.
"""

import logging

from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from imiconnect.celery import app as celery

log = logging.getLogger(__name__)

TASKS = {"hooks": "apps.work_through_hooks", "health": "apps.check_apps"}
#: Seconds for which one nudge stands for those after it, unless its task begins earlier.
_COALESCE = 2


def nudge(work: str) -> None:
    """Ask for one run of a task; never raises."""
    try:
        if cache.add(_flag(work), 1, timeout=_COALESCE):
            celery.send_task(TASKS[work], queue="default", ignore_result=True, retry=False)
    except (OperationalError, RedisError, OSError):
        log.warning("A nudge of %s was lost.", work)


def begun(work: str) -> None:
    """Let the next nudge through: rows written from now on may be missed by this run."""
    cache.delete(_flag(work))


def _flag(work: str) -> str:
    return f"apps:nudge:{work}"

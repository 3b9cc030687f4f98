"""Waking the callback sender; a lost nudge costs the time until the sweep."""

import logging

from celery import current_app
from django.core.cache import cache
from kombu.exceptions import OperationalError

TASK, QUEUE = "rtm.send_callbacks", "callbacks"
#: Many nudges within a second become one task; the task takes the mark away as it begins.
MARK, MARK_SECONDS = "nudge:callbacks", 1

log = logging.getLogger(__name__)


def nudge() -> None:
    """Let a worker send what is due; call it after the commit. Never raises for the broker."""
    if not cache.add(MARK, 1, MARK_SECONDS):
        return
    try:
        current_app.send_task(TASK, queue=QUEUE, retry=False)
    except OperationalError:
        log.warning("The callback sender could not be woken; the sweep will do it.")

"""Nudges: "there is something for this queue", at most one at a time, and never needed.

A drain that runs holds the queue's flag, so that nothing is sent while somebody is at it. One
that cannot keep up asks for another beside it, which holds a flag of its own: the first has
place 0, and only its flag holds nudges back. Without Redis a nudge is lost; the sweep finds
the rows (``tasks.sweep``).
"""

import logging
from functools import cache

from django.conf import settings
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from imiconnect.celery import app as celery
from imiconnect.rtm.lanes import LANES

log = logging.getLogger(__name__)

#: How long the flag of a dead drain stops nudges; one that lives renews it.
FLAG_MILLISECONDS = 3000
_FLAG = "imiconnect:drain:"

TASKS = {lane: f"rtm.drain_{lane}" for lane in LANES} | {
    "dr": "rtm.drain_dr",
    "provider": "rtm.drain_provider",
    "mo": "rtm.drain_mo",
    "retry": "rtm.drain_retry",
    "expiry": "rtm.drain_expiry",
    "rules": "rtm.drain_rules",
    "fanout": "rtm.drain_fanout",
    "events": "rtm.drain_events",
    "callbacks": "rtm.send_callbacks",
}


def flag_of(queue: str, place: int = 0) -> str:
    """Return the Redis key that says that a drain of a queue runs or is on its way."""
    return f"{_FLAG}{queue}:{place}" if place else _FLAG + queue


def nudge(queue: str) -> bool:
    """Ask for a drain of ``queue`` unless one is there; return whether a task was sent.

    Never raises: what it cannot say, the sweep says within two seconds.
    """
    return _take(queue, 0) and send(queue)


def more(queue: str, places: int) -> bool:
    """Ask for one more drain beside those that run; return whether a task was sent.

    There are at most ``places`` at a time. Never raises, as ``nudge``.
    """
    place = next((place for place in range(1, places) if _take(queue, place)), 0)
    return bool(place) and send(queue, place)


def _take(queue: str, place: int) -> bool:
    try:
        flag = flag_of(queue, place)
        return bool(redis().set(flag, "1", nx=True, px=FLAG_MILLISECONDS))
    except RedisError:
        return False


def send(queue: str, place: int = 0) -> bool:
    """Send the task, without asking; for callers that hold the flag."""
    return say(TASKS[queue], *([place] if place else []), queue=queue)


def say(task: str, *arguments: int, queue: str) -> bool:
    """Send a task that a periodic one does anyhow; never raises when it cannot be sent."""
    try:
        celery.send_task(task, arguments, queue=queue, ignore_result=True, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("A nudge of the queue %s was lost: %s", queue, type(error).__name__)
        return False
    return True


def renew(queue: str, place: int = 0) -> None:
    """Keep the flag while a drain runs."""
    try:
        redis().set(flag_of(queue, place), "1", px=FLAG_MILLISECONDS)
    except RedisError:
        return


def release(queue: str, place: int = 0) -> None:
    """Give the flag up: whoever writes a row from now on nudges again."""
    try:
        redis().delete(flag_of(queue, place))
    except RedisError:
        return


@cache
def redis() -> Redis:
    """Return the connection of this process, with short time-outs."""
    return Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)

"""What the platform knows of its own health: each engine, each queue, each process."""

import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from django.conf import settings
from django.db import DatabaseError, Error, connection
from redis import Redis
from redis.exceptions import RedisError

from imiconnect.engines.heartbeat import Sign, signs
from imiconnect.engines.processes import ON_DEMAND, QUEUES
from imiconnect.engines.tally import Tally, tallies
from imiconnect.urls_of_engines import nodes

_TIMEOUT_SECONDS = 2


@dataclass(frozen=True)
class Part:
    """One engine, queue or process: whether it works, and figures about it."""

    ready: bool
    #: What is wrong, in words; empty when nothing is.
    problem: str = ""
    #: Milliseconds that an engine took to answer.
    answered_ms: float | None = None
    #: Seconds since a process has said that it is alive.
    seen_seconds_ago: float | None = None
    #: Seconds since it last had something to do.
    active_seconds_ago: float | None = None
    #: Of queues: rows and failures since Redis was made, the rate of the last whole minute.
    done: int | None = None
    failures: int | None = None
    per_second: float | None = None
    #: The kind of the last failure and its age; empty and ``None`` without one.
    last_error: str = ""
    failed_seconds_ago: float | None = None


def parts() -> dict[str, Part]:
    """Return every part by name; asking takes some milliseconds when all is well."""
    found = {
        "database": _timed(_ask_database),
        "redis": _timed(_ask_redis),
        "broker": _timed(_ask_broker),
    }
    if settings.CELERY_BROKER_URL != settings.REDIS_URL:
        found["celery_broker"] = _timed(_ask_celery_broker)
    return {**found, **_processes()}


def expected_processes() -> list[str]:
    """Return the names under which the processes of a whole platform say they are alive."""
    names = [f"queue:{name}" for name in QUEUES] + ["beat", "uplink"]
    if settings.RTM_AUTH_CALLOUT_URL:
        names.append("authcallout")
    return names + [name for name, question in ON_DEMAND.items() if _says(question)]


def _says(question: str) -> bool:
    """Return what the database says; without one nothing more is expected."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(question)
            row = cursor.fetchone()
    except Error:
        return False
    return bool(row and row[0])


def _processes() -> dict[str, Part]:
    names = expected_processes()
    try:
        known = signs(names)
        counted = tallies([name for name in names if name.startswith("queue:")])
    except RedisError:
        known, counted = {name: Sign() for name in names}, {}
    return {name: _part(sign, counted.get(name)) for name, sign in known.items()}


def _part(sign: Sign, tally: Tally | None) -> Part:
    problem = "" if sign.is_alive else "has not been seen lately"
    part = Part(
        sign.is_alive,
        problem,
        seen_seconds_ago=_rounded(sign.seen),
        active_seconds_ago=_rounded(sign.active),
    )
    return replace(part, **asdict(tally)) if tally else part


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _timed(ask: Callable[[], None]) -> Part:
    began = time.perf_counter()
    try:
        ask()
    except (OSError, DatabaseError, RedisError):
        return Part(False, "does not answer")
    return Part(True, answered_ms=round((time.perf_counter() - began) * 1000, 1))


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select 1")


def _ask_redis() -> None:
    with Redis.from_url(settings.REDIS_URL, socket_timeout=_TIMEOUT_SECONDS) as redis:
        redis.ping()


def _ask_broker() -> None:
    failure: OSError | None = None
    for address in nodes(settings.RTM_BROKER_URL).in_any_order():
        try:
            socket.create_connection(address, timeout=_TIMEOUT_SECONDS).close()
        except OSError as error:
            failure = error
        else:
            return
    raise failure or OSError


def _ask_celery_broker() -> None:
    from imiconnect.celery import app

    with app.connection_for_write(connect_timeout=_TIMEOUT_SECONDS) as broker:
        broker.ensure_connection(max_retries=1, timeout=_TIMEOUT_SECONDS)

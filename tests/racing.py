"""Calls that meet in PostgreSQL, each in a thread and a transaction of its own."""

from collections.abc import Callable
from typing import TypeVar

from django.db import connection, transaction

from tests.elsewhere import Started
from tests.waiting import wait_until

T = TypeVar("T")
_WAITING = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
AND backend_type = 'client backend' AND wait_event_type = 'Lock'"""


def met_by(change: Callable[[], object], *calls: Callable[[], T]) -> list[T]:
    """Change something, commit once all calls wait for that, and return their answers.

    For tests with real transactions. A call that raises raises here.
    """
    with transaction.atomic():
        change()
        started = [Started(call) for call in calls]
        wait_until(lambda: _waiting() == len(calls), "not every call waits")
    return [call.result() for call in started]


def _waiting() -> int:
    with connection.cursor() as cursor:
        # The first look of a transaction is kept otherwise.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(_WAITING)
        (count,) = cursor.fetchone()
    return int(count)

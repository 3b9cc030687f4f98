"""Set-based statements on Django's own connection, with parameters sent in binary.

Django's cursors write parameters into the text of the statement; arrays of a thousand ids
are several times cheaper as binary parameters (facts/performance.md, section 6.1).
"""

import functools
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString, ParamSpec, TypeVar

import psycopg
from django.conf import settings
from django.db import OperationalError, connection
from psycopg.rows import tuple_row

P = ParamSpec("P")
R = TypeVar("R")
_TRIES = 5
NIL = uuid.UUID(int=0)


@contextmanager
def cursor() -> Iterator[psycopg.Cursor[Any]]:
    """Open a cursor that binds on the server and reads binary results."""
    connection.ensure_connection()
    raw = connection.connection
    with (
        connection.wrap_database_errors,
        psycopg.Cursor(raw, row_factory=tuple_row) as own,
    ):
        own.format = psycopg.pq.Format.BINARY
        yield own


@contextmanager
def redoable() -> Iterator[None]:
    """Let commits inside not wait for the disk: what a crash undoes is done again.

    For work whose cause is a committed row that goes in the same transaction, as every step
    of a processor is: after a crash the row is there again. A transaction is still whole or
    not at all. Behind a pooler every commit waits: the setting would stay with a session
    that somebody else is given next, whose commit must be durable.
    """
    if settings.DATABASE_IS_POOLED:
        yield
        return
    connection.ensure_connection()
    with cursor() as own:
        own.execute("SET synchronous_commit TO off")
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with cursor() as own:
                own.execute("RESET synchronous_commit")


def together(*asked: tuple[LiteralString, Sequence[Any]]) -> list[list[tuple[Any, ...]]]:
    """Return the rows of each ``(statement, parameters)``; all go in one round trip."""
    if not asked:
        return []
    connection.ensure_connection()
    raw = connection.connection
    with connection.wrap_database_errors:
        cursors = [psycopg.Cursor(raw, row_factory=tuple_row) for _ in asked]
        with raw.pipeline():
            for own, (statement, parameters) in zip(cursors, asked, strict=True):
                own.format = psycopg.pq.Format.BINARY
                own.execute(statement, parameters)
        return [own.fetchall() if own.description else [] for own in cursors]


def copy(
    own: psycopg.Cursor[Any],
    statement: LiteralString,
    types: Sequence[str],
    rows: Iterable[Any],
) -> None:
    """Write ``rows`` by ``COPY ... FROM STDIN (FORMAT BINARY)``."""
    with own.copy(statement) as stream:
        stream.set_types(types)
        for row in rows:
            stream.write_row(row)


def bounds(ids: Sequence[uuid.UUID]) -> tuple[uuid.UUID, uuid.UUID]:
    """Return the smallest and largest id: with them the planner leaves other partitions out."""
    return (min(ids), max(ids)) if ids else (NIL, NIL)


def again_after_deadlock(step: Callable[P, R]) -> Callable[P, R]:
    """Repeat a step, all of which is one transaction, when it lost against another one."""

    @functools.wraps(step)
    def repeated(*args: P.args, **kwargs: P.kwargs) -> R:
        for number in range(_TRIES):
            try:
                return step(*args, **kwargs)
            except OperationalError as error:
                lost = isinstance(
                    error.__cause__,
                    psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure,
                )
                if not lost or connection.in_atomic_block or number == _TRIES - 1:
                    raise
                time.sleep(0.02 * (number + 1))
        raise AssertionError

    return repeated

"""Set-based statements on Django's own connection, with parameters sent in binary.

Django's cursors write parameters into the text of the statement; arrays of a thousand ids
are several times cheaper as binary parameters (facts/performance.md, section 6.1).
"""

import functools
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString, ParamSpec, Self, TypeVar, cast

import msgspec
import psycopg
from django.conf import settings
from django.db import OperationalError, connection
from psycopg.abc import Params, Query
from psycopg.rows import TupleRow, tuple_row
from psycopg.types.json import set_json_loads

P = ParamSpec("P")
R = TypeVar("R")
_TRIES = 5
NIL = uuid.UUID(int=0)

# Of cursors that bind on the server: Django's own read JSON as text.
set_json_loads(msgspec.json.decode)


class _Plans(threading.local):
    """Whether this thread keeps plans."""

    kept = False


_plans = _Plans()


class _Planned(psycopg.Cursor[TupleRow]):
    """A cursor that prepares its statements inside of ``keeping_plans``."""

    def execute(
        self,
        query: Query,
        params: Params | None = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Self:
        """Execute; what has parameters is parsed and planned once for a drain."""
        if _plans.kept and prepare is None:
            prepare = params is not None
        # The overloads of psycopg part what its own body takes together.
        run: Any = super().execute
        return cast(Self, run(query, params, prepare=prepare, binary=binary))


@contextmanager
def cursor() -> Iterator[psycopg.Cursor[Any]]:
    """Open a cursor that binds on the server and reads binary results."""
    connection.ensure_connection()
    raw = connection.connection
    with (
        connection.wrap_database_errors,
        _Planned(raw, row_factory=tuple_row) as own,
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
    with _with_settings(synchronous_commit="off"):
        yield


@contextmanager
def keeping_plans() -> Iterator[None]:
    """Parse and plan the statements inside once: with arrays of ids that costs most of a batch.

    A plan is made for any parameters, and must be right however full its tables are later and
    however many ids it gets. So none reads a table from end to end that has an index to go by;
    a statement that takes rows from a queue names them by an array, not by a join
    (``claims.py``); one that looks up rows of the log by an array and joins them to what it
    knows of them joins without loops (``joining_by_hash``). Plans end with the block, since
    tables grow and migrations change them. Behind a pooler, which gives every transaction
    another session, nothing is kept.
    """
    if settings.DATABASE_IS_POOLED:
        yield
        return
    with _with_settings(plan_cache_mode="force_generic_plan", enable_seqscan="off"):
        raw = connection.connection
        raw.prepare_threshold = sys.maxsize
        _plans.kept = True
        try:
            yield
        finally:
            _plans.kept = False
            if not raw.closed:
                _forget_plans(raw)


@contextmanager
def joining_by_hash() -> Iterator[psycopg.Cursor[Any]]:
    """Open a cursor whose statements join without loops; call it inside a transaction.

    PostgreSQL expects a few rows of a list, and would look each up by its id and by the array
    of all ids, which it sorts anew for each: 0.2 ms a row in batches of 500.
    """
    with cursor() as own:
        own.execute("SET LOCAL enable_nestloop = off")
        yield own
        own.execute("SET LOCAL enable_nestloop = on")


def _forget_plans(raw: Any) -> None:
    """Give a connection back without prepared statements: it is kept for an hour.

    psycopg forgets them too when it sees this command for the first time, so each is another.
    """
    with connection.wrap_database_errors:
        raw.execute(f"DEALLOCATE ALL -- {time.monotonic_ns()}", prepare=False)
    raw.prepare_threshold = None


@contextmanager
def _with_settings(**values: LiteralString) -> Iterator[None]:
    """Change settings of the session for a while; one of a connection that is lost is gone."""
    if settings.DATABASE_IS_POOLED:
        yield
        return
    with connection.cursor() as own:
        own.execute("; ".join(f"SET {name} TO {value}" for name, value in values.items()))
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as own:
                own.execute("; ".join(f"RESET {name}" for name in values))


def together(*asked: tuple[LiteralString, Sequence[Any]]) -> list[list[tuple[Any, ...]]]:
    """Return the rows of each ``(statement, parameters)``; all go in one round trip."""
    if not asked:
        return []
    connection.ensure_connection()
    raw = connection.connection
    with connection.wrap_database_errors:
        cursors = [_Planned(raw, row_factory=tuple_row) for _ in asked]
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

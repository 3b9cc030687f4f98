"""The intake's own connections to PostgreSQL: asynchronous, with binary parameters."""

from typing import Any, LiteralString

from django.conf import settings
from django.db import connection as django_connection
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool

Connection = AsyncConnection[tuple[Any, ...]]
#: Group commit needs few; the rest is for status queries and the odd slow one.
MOST = 6
WAIT_SECONDS = 5.0


def conninfo() -> str:
    """Return where Django's default database is, as libpq wants it."""
    known = django_connection.settings_dict
    options: dict[str, Any] = {
        name: value
        for name, value in known["OPTIONS"].items()
        if isinstance(value, str | int) and name != "pool"
    }
    return make_conninfo(
        dbname=known["NAME"],
        user=known["USER"],
        password=known["PASSWORD"],
        host=known["HOST"],
        port=known["PORT"],
        application_name="imiconnect-intake",
        **options,
    )


def new_pool() -> AsyncConnectionPool[Connection]:
    """Return a pool that is not open yet; its connections commit each statement by itself."""
    return AsyncConnectionPool(
        conninfo(),
        connection_class=AsyncConnection[tuple[Any, ...]],
        min_size=1,
        max_size=MOST,
        timeout=WAIT_SECONDS,
        kwargs={"autocommit": True, "row_factory": tuple_row, **_prepared()},
        configure=None if settings.DATABASE_IS_POOLED else _keep_plans,
        check=None,
        open=False,
    )


async def _keep_plans(connection: Connection) -> None:
    """Plan each statement once: finding the sender of an order took longer to plan than to do.

    All of them look things up by arrays of keys, few or many, so a plan must go by indexes
    also while tables are small. PostgreSQL plans anew when a table has been analyzed.
    """
    await connection.execute("SET plan_cache_mode TO force_generic_plan")
    await connection.execute("SET enable_seqscan TO off")


def _prepared() -> dict[str, Any]:
    """Return how statements are prepared: behind a pooler the next one has another session."""
    return {"prepare_threshold": None} if settings.DATABASE_IS_POOLED else {}


async def query(
    connection: Connection, statement: LiteralString, parameters: list[Any]
) -> list[tuple[Any, ...]]:
    """Return the rows of a statement, in binary both ways."""
    async with connection.cursor(binary=True) as own:
        await own.execute(statement, parameters)
        return await own.fetchall() if own.description else []

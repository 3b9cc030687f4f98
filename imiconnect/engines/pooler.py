"""A pooler between the platform and PostgreSQL must be named: it changes what is safe.

PgBouncer in transaction mode gives each transaction another session. Settings of a session,
prepared statements and cursors on the server then belong to somebody else, silently.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connection


def is_behind_pooler() -> bool:
    """Tell whether a pooler answers: the process that it names is none of PostgreSQL's.

    Raises ``DatabaseError`` when the database does not answer.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        served_by = cursor.fetchone()[0]
        return bool(served_by != connection.connection.info.backend_pid)


@register(Tags.database)
def check_pooler(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Refuse a pooler that the settings do not name; ``migrate`` runs this."""
    if not databases or settings.DATABASE_IS_POOLED:
        return []
    try:
        if not is_behind_pooler():
            return []
    except DatabaseError:
        return []
    return [
        Error(
            "DATABASE_URL leads through a pooler such as PgBouncer.",
            hint="Set DATABASE_DIRECT_URL to the address of PostgreSQL itself.",
            id="engines.E001",
        )
    ]

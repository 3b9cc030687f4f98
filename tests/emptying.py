"""After a test that commits, the database is again as the template made it.

A function in the database does it in one call, whose plans the server keeps: it empties each
table that has a row by DELETE, since TRUNCATE makes new files for each, and gives the reference
data back only where it differs. Neither is made again by a test that needs it, then.
"""

from django.db import connection

#: How the names of the function and of the copies of the reference data begin. They are in
#: the platform's own schema, the only one that a backup knows.
PREFIX = "kept_for_tests_"
#: Written by migrations alone, and by no test.
_LEFT_ALONE = {"django_content_type", "auth_permission"}


def prepare_emptying() -> None:
    """Copy the rows that there are in a migrated database, and make the function."""
    tables = connection.introspection.django_table_names(only_existing=True)
    steps = []
    with connection.cursor() as cursor:
        for table in sorted(set(tables) - _LEFT_ALONE):
            name = connection.ops.quote_name(table)
            cursor.execute(f"SELECT EXISTS (SELECT FROM {name})")  # noqa: S608
            if cursor.fetchone()[0]:
                copy = connection.ops.quote_name(f"{PREFIX}{table}")
                cursor.execute(f"CREATE TABLE {copy} AS TABLE {name}")
                steps.append(_restored(name, copy))
            else:
                steps.append(_emptied(name))
        cursor.execute(
            f"CREATE FUNCTION {PREFIX}back() RETURNS void LANGUAGE plpgsql AS "
            f"$$ BEGIN {' '.join(steps)} END $$"
        )


def _emptied(name: str) -> str:
    return f"IF EXISTS (SELECT FROM {name}) THEN DELETE FROM {name}; END IF;"  # noqa: S608


def _restored(name: str, copy: str) -> str:
    differs = " UNION ALL ".join(
        f"(TABLE {one} EXCEPT ALL TABLE {other})" for one, other in ((name, copy), (copy, name))
    )
    return (
        f"IF EXISTS ({differs}) THEN "  # noqa: S608
        f"DELETE FROM {name}; INSERT INTO {name} TABLE {copy}; END IF;"
    )


def empty() -> None:
    """Bring the test's database back to what the template holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {PREFIX}back()")

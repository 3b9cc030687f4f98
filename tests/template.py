"""A migrated database that each test run of a day copies: migrating takes seconds, a copy less.

It is made anew when a migration or the reference data changes, and each day, since the first
migration makes the partitions of the day. ``python -m tests.template`` makes it ahead.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection

from imiconnect.numbers import catalogue
from tests import emptying

_PREFIX = "test_template_"
#: Any number that nothing else locks in the engine.
_LOCK = 7_316_004


def migrated_template() -> str:
    """Return the name of the template of today's schema, which is made if there is none.

    Runs that want it at the same time wait for the one that makes it.
    """
    name = _PREFIX + _fingerprint()
    with _alone() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [_PREFIX + "%"])
        found = {row[0] for row in cursor.fetchall()}
        if name not in found:
            _make(name)
            for old in found:
                _drop(cursor, old)
    return name


@contextmanager
def _alone() -> Iterator[Any]:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            yield cursor
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _make(name: str) -> None:
    """Migrate a database under another name: half of one is never taken for the template."""
    half = name.replace(_PREFIX, "test_half_")
    test, before = connection.settings_dict["TEST"], connection.settings_dict["NAME"]
    kept = test["NAME"]
    test["NAME"] = half
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        emptying.prepare_emptying()
    finally:
        test["NAME"] = kept
        connection.close()
        connection.close_pool()
        connection.settings_dict["NAME"] = before
    with connection._nodb_cursor() as cursor:
        quote = connection.ops.quote_name
        cursor.execute(f"ALTER DATABASE {quote(half)} RENAME TO {quote(name)}")
        # Nobody connects by accident: a copy is refused while somebody is.
        cursor.execute(f"ALTER DATABASE {quote(name)} ALLOW_CONNECTIONS false")


def _drop(cursor: Any, name: str) -> None:
    cursor.execute(f"DROP DATABASE {connection.ops.quote_name(name)}")


def _fingerprint() -> str:
    digest = hashlib.sha256(dt.datetime.now(dt.UTC).date().isoformat().encode())
    for path in sorted(_sources()):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:24]


def _sources() -> Iterator[Path]:
    """Everything that decides what a new database holds."""
    for config in apps.get_app_configs():
        yield from Path(config.path, "migrations").glob("*.py")
    yield Path(catalogue.__file__)
    yield Path(emptying.__file__)
    yield from (path for path in catalogue.FOLDER.iterdir() if path.is_file())


if __name__ == "__main__":
    import django

    django.setup()
    migrated_template()

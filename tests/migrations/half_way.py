"""Migrate a database by what the squashed migrations replace, up to given ones.

``python -m tests.migrations.half_way accounts.0005_allowed_sources ...``: what an installation
of before them has. The database is that of ``DATABASE_URL``.
"""

import sys

import django
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader


def main(targets: list[str]) -> None:
    """Apply the targets and all that they depend on."""
    django.setup()
    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    executor.migrate([(label, name) for label, _, name in (t.partition(".") for t in targets)])


if __name__ == "__main__":
    main(sys.argv[1:])

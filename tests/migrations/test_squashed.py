"""The squashed migrations make what those make that they replace, and take nobody's way away.

A new database begins with the squashed ones; an installation that has some of the replaced
ones goes on with the rest of those.
"""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from imiconnect import ROOT
from imiconnect.environment import read_environment
from tests.emptying import PREFIX

Key = tuple[str, str]
#: Where a platform of the middle of the history stopped: none of the apps is at its end.
HALF_WAY = (
    "accounts.0004_trials",
    "apps.0004_push_health",
    "numbers.0008_shared_code_help",
    "sharing.0004_purpose_of_texts",
    "rtm.0025_contact_closed_at",
)
#: Everything that decides what a table is, by names: the order of creation shows in none.
SCHEMA = (
    """SELECT c.relname, c.relkind, c.relispartition, c.reloptions,
         pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid)
       FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace""",
    """SELECT c.relname, row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), a.attname,
         format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attstorage,
         a.attcompression, a.attcollation::regcollation, pg_get_expr(d.adbin, d.adrelid)
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
       LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
       WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped""",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated
       FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    """SELECT c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid
       FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
       WHERE c.relnamespace = 'public'::regnamespace""",
    """SELECT tgrelid::regclass::text, pg_get_triggerdef(oid)
       FROM pg_trigger WHERE NOT tgisinternal""",
    """SELECT p.proname, pg_get_functiondef(p.oid)
       FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND prokind <> 'a'""",
)


@pytest.fixture(scope="module")
def before() -> MigrationLoader:
    """The history as it was written, migration by migration."""
    return MigrationLoader(None, replace_migrations=False)


@pytest.fixture(scope="module")
def squashed() -> dict[Key, list[Key]]:
    """What each of the squashed migrations replaces, in order."""
    found = {
        key: list(step.replaces) for key, step in MigrationLoader(None).replacements.items()
    }
    assert {label for label, _name in found} == {
        "accounts",
        "apps",
        "numbers",
        "sharing",
        "rtm",
    }
    return found


@pytest.fixture(scope="module")
def steps(before: MigrationLoader, squashed: dict[Key, list[Key]]) -> list[Key]:
    """What an installation of before them may have, in an order in which it ran."""
    labels = {label for label, _name in squashed}
    leaves = [leaf for leaf in before.graph.leaf_nodes() if leaf[0] not in labels]
    plan: dict[Key, None] = {}
    for leaf in sorted([*leaves, *(those[-1] for those in squashed.values())]):
        plan |= dict.fromkeys(before.graph.forwards_plan(leaf))
    return [key for key in plan if key not in squashed]


def test_the_models_are_the_same(
    before: MigrationLoader, squashed: dict[Key, list[Key]]
) -> None:
    old = before.graph.make_state(nodes=[those[-1] for those in squashed.values()])
    new = MigrationLoader(None).graph.make_state(nodes=list(squashed))
    assert MigrationAutodetector(old, new).changes(before.graph) == {}
    assert MigrationAutodetector(new, old).changes(before.graph) == {}
    for key, model in old.models.items():
        assert list(model.fields) == list(new.models[key].fields), key


def test_an_installation_goes_on_wherever_it_stopped(
    db: None, steps: list[Key], squashed: dict[Key, list[Key]], whole: bool
) -> None:
    recorder = MigrationRecorder(connection)
    for stopped in range(0, len(steps) + 1, 1 if whole else 24):
        recorder.migration_qs.all().delete()
        for key in steps[:stopped]:
            recorder.record_applied(*key)
        executor = MigrationExecutor(connection)
        executor.loader.check_consistent_history(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        rest = set(steps[stopped:])
        for key, those in squashed.items():
            if rest.issuperset(those):
                rest = rest.difference(those) | {key}
        known = {(step.app_label, step.name) for step, _backwards in plan} & {*steps, *squashed}
        assert known == rest, f"after {steps[:stopped][-1:]}"


def url_of(name: str) -> str:
    """Return the address of a database beside the test's."""
    parts = urlsplit(read_environment().DATABASE_URL)
    return urlunsplit(parts._replace(path=f"/{name}"))


@pytest.fixture
def other_database(db: None) -> Iterator[str]:
    """The address of an empty database."""
    name = f"half_way_{uuid.uuid4().hex[:8]}"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield url_of(name)
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def run(url: str, *command: str) -> None:
    """Run a Python command in another database."""
    subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        check=True,
    )


def schema_of(database: Any) -> list[str]:
    """Return what there is in a database, but for what the tests keep there themselves."""
    rows = [repr(row) for query in SCHEMA for row in database.execute(query).fetchall()]
    return sorted(row for row in rows if PREFIX not in row)


def data_of(database: Any) -> dict[str, list[str]]:
    """Return the rows of the tables that a migration fills, without keys of their own."""
    tables = database.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'numbers%'"
    ).fetchall()
    found = {}
    for (table,) in tables:
        rows = database.execute(f"SELECT to_jsonb(t) - 'id' FROM {table} t").fetchall()  # noqa: S608
        found[table] = sorted(str(row) for row in rows)
    return found


@pytest.mark.sweep
def test_a_database_half_way_becomes_what_a_new_one_is(other_database: str) -> None:
    run(other_database, "-m", "tests.migrations.half_way", *HALF_WAY)
    run(other_database, "manage.py", "migrate", "--noinput", "--verbosity=0")
    new = url_of(connection.settings_dict["NAME"])
    with psycopg.connect(other_database) as upgraded, psycopg.connect(new) as fresh:
        assert schema_of(upgraded) == schema_of(fresh)
        assert data_of(upgraded) == data_of(fresh)
        applied = "SELECT app, name FROM django_migrations ORDER BY 1, 2"
        assert upgraded.execute(applied).fetchall() == fresh.execute(applied).fetchall()

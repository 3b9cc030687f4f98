"""The drill: a backup is put into another database, which then has everything."""

import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from imiconnect import vault
from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.engines import backup
from imiconnect.engines.backup import Source, back_up, restore
from imiconnect.engines.errors import StartError
from imiconnect.environment import read_environment
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def url_of(name: str) -> str:
    """Return the address of a database beside the test's."""
    parts = urlsplit(read_environment().DATABASE_URL)
    return urlunsplit(parts._replace(path=f"/{name}"))


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """The test's database, with an uploaded file."""
    media = tmp_path / "media"
    (media / "a").mkdir(parents=True)
    (media / "a" / "photo.png").write_bytes(b"pixels")
    keys = tuple(read_environment().FIELD_KEYS)
    return Source(url_of(connection.settings_dict["NAME"]), media, keys, "the secret key")


@pytest.fixture
def target(tmp_path: Path, source: Source) -> Iterator[Source]:
    """An empty database and an empty folder."""
    name = f"drill_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(source.url, autocommit=True) as database:
        database.execute(f"CREATE DATABASE {name}")
    yield replace(source, url=url_of(name), media=tmp_path / "restored")
    with psycopg.connect(source.url, autocommit=True) as database:
        database.execute(f"DROP DATABASE {name}")


def counts(url: str) -> dict[str, int]:
    """Return the number of rows of each table."""
    with psycopg.connect(url) as database:
        names = database.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        counted = {}
        for (name,) in names:
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))
            (counted[name],) = database.execute(query).fetchone() or (0,)
        return counted


def test_a_restored_database_has_every_row_and_readable_secrets(
    source: Source, target: Source, tmp_path: Path, admin: Member
) -> None:
    app = apps.create_app(
        member=admin, name="Shop", channel_type="mobile_web",
        config={"platform": "web", "systems": ["chrome"]},
    )  # fmt: skip
    secret = apps.current_client_key(app).secret
    back_up(source, tmp_path / "backup")
    restore(target, tmp_path / "backup")
    assert counts(target.url) == counts(source.url)
    with psycopg.connect(target.url) as database:
        row = database.execute("SELECT secret FROM apps_clientkey").fetchone()
    assert row is not None
    assert vault.decrypt(row[0]) == secret
    assert (target.media / "a" / "photo.png").read_bytes() == b"pixels"


def test_what_is_there_goes_only_when_that_is_said(
    source: Source, target: Source, tmp_path: Path, admin: Member
) -> None:
    back_up(source, tmp_path / "backup")
    restore(target, tmp_path / "backup")
    with psycopg.connect(target.url) as database:
        database.execute("UPDATE accounts_organization SET name = 'Changed since'")
    with pytest.raises(StartError, match="--replace"):
        restore(target, tmp_path / "backup")
    restore(target, tmp_path / "backup", replace=True)
    with psycopg.connect(target.url) as database:
        names = {name for (name,) in database.execute("SELECT name FROM accounts_organization")}
    assert names == {admin.organization.name}


def test_a_restore_that_fails_leaves_what_was_there(
    source: Source, target: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(source, tmp_path / "backup")
    restore(target, tmp_path / "backup")
    before = counts(target.url)
    monkeypatch.setattr(backup, "_DUMP", "media.tar")
    with pytest.raises(StartError, match="pg_restore"):
        restore(target, tmp_path / "backup", replace=True)
    assert counts(target.url) == before


#: A table that takes its row only when somebody called "go on" is connected.
_WAITING = """
CREATE FUNCTION goes_on() RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE TABLE a_waiting (x int CHECK (goes_on()));
INSERT INTO a_waiting VALUES (1);
CREATE OR REPLACE FUNCTION goes_on() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
    WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'go on') LOOP
        PERFORM pg_sleep(0.05), pg_stat_clear_snapshot();
    END LOOP;
    RETURN true;
END $$;
"""
_RESTORE = """
import sys
from pathlib import Path
from imiconnect.engines.backup import Source, restore
url, media, keys, folder = sys.argv[1:]
restore(Source(url, Path(media), tuple(keys.split(","))), Path(folder), replace=True)
"""


def test_a_restore_that_is_killed_leaves_what_was_there(
    source: Source, target: Source, tmp_path: Path
) -> None:
    back_up(source, tmp_path / "backup")
    restore(target, tmp_path / "backup")
    before = counts(target.url)
    with psycopg.connect(target.url) as database:
        database.execute(_WAITING)
    back_up(target, tmp_path / "late")
    with psycopg.connect(target.url) as database:
        database.execute("DROP TABLE a_waiting; DROP FUNCTION goes_on")
    keys = ",".join(target.field_keys)
    command = [target.url, str(target.media), keys, str(tmp_path / "late")]
    with subprocess.Popen([sys.executable, "-c", _RESTORE, *command]) as restoring:
        wait_until(lambda: "PgSleep" in waits_of(target))
        restoring.kill()
    # What psql has read already goes on, and then it finds no more.
    with psycopg.connect(source.url, application_name="go on"):
        wait_until(lambda: not waits_of(target))
    assert counts(target.url) == before
    restore(target, tmp_path / "backup", replace=True)
    assert counts(target.url) == before


def waits_of(place: Source) -> list[str | None]:
    """Return what each connection to a database waits for."""
    with psycopg.connect(read_environment().DATABASE_URL) as database:
        rows = database.execute(
            "SELECT wait_event FROM pg_stat_activity "
            "WHERE datname = %s AND backend_type = 'client backend'",
            [urlsplit(place.url).path.lstrip("/")],
        )
        return [event for (event,) in rows]


def test_a_file_that_goes_while_it_is_backed_up_is_left_out(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = source.media / "a" / "first.png", source.media / "a" / "photo.png"
    first.write_bytes(b"pixels")
    add = tarfile.TarFile.addfile

    def add_slowly(tar: tarfile.TarFile, member: tarfile.TarInfo, file: Any = None) -> None:
        add(tar, member, file)
        if member.name.endswith(first.name):
            last.unlink()

    monkeypatch.setattr(tarfile.TarFile, "addfile", add_slowly)
    back_up(source, tmp_path / "backup")
    with tarfile.open(tmp_path / "backup" / "media.tar") as tar:
        assert tar.getnames() == [".", "./a", "./a/first.png"]


def test_the_keys_stay_apart_and_other_keys_are_refused(
    source: Source, target: Source, tmp_path: Path
) -> None:
    back_up(source, tmp_path / "backup")
    written = b"".join(path.read_bytes() for path in (tmp_path / "backup").iterdir())
    for entry in source.field_keys:
        assert entry.partition(":")[2].encode() not in written
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "backup").iterdir())
    with pytest.raises(StartError, match="FIELD_KEYS"):
        restore(replace(target, field_keys=(vault.new_field_key("k1"),)), tmp_path / "backup")
    back_up(source, tmp_path / "whole", with_keys=True)
    assert "the secret key" in (tmp_path / "whole" / "keys.json").read_text()


def test_a_damaged_a_cut_off_and_a_used_folder_are_refused(
    source: Source, target: Source, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    back_up(source, folder)
    with pytest.raises(StartError, match="not empty"):
        back_up(source, folder)
    with (folder / "database.dump").open("r+b") as file:
        file.seek(100)
        file.write(b"\0\1\2")
    with pytest.raises(StartError, match="damaged"):
        restore(target, folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(StartError, match="complete"):
        restore(target, folder)
    assert counts(target.url) == {}


def test_nothing_is_restored_under_a_running_platform(
    source: Source, target: Source, tmp_path: Path
) -> None:
    back_up(source, tmp_path / "backup")
    with psycopg.connect(target.url), pytest.raises(StartError, match="connected"):
        restore(target, tmp_path / "backup")

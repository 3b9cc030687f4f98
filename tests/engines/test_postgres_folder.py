"""The embedded PostgreSQL and the folders around it."""

import os
import pwd
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from imiconnect.engines import isolation
from imiconnect.engines.embedded import Embedded, embedded_engines
from imiconnect.engines.errors import StartError
from imiconnect.engines.programs import postgres_install
from imiconnect.engines.runner import Runner

_OTHERS = {"REDIS_URL": "redis://elsewhere", "RTM_BROKER_URL": "mqtt://elsewhere"}


def _only_postgres(folder: Path) -> Embedded:
    return embedded_engines(folder, _OTHERS, durable=False)


def _modes(*paths: Path) -> dict[Path, tuple[int, int, int]]:
    parents = {parent for path in paths for parent in (path, *path.parents)}
    rows = {path: path.stat() for path in parents if path.exists()}
    return {path: (row.st_mode, row.st_uid, row.st_gid) for path, row in rows.items()}


@pytest.fixture
def closed_folder(tmp_path: Path) -> Path:
    """A folder with a space in its name under one that nobody else may enter."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    return closed / "data of mine"


def test_starting_changes_nobodys_permissions(closed_folder: Path) -> None:
    before = _modes(closed_folder, postgres_install())
    with Runner(_only_postgres(closed_folder)):
        during = _modes(closed_folder.parent, postgres_install())
    assert before == during == _modes(closed_folder.parent, postgres_install())


def test_a_second_start_keeps_data_and_port(closed_folder: Path) -> None:
    with Runner(_only_postgres(closed_folder)) as first:
        url = first.embedded.settings["DATABASE_URL"]
        with psycopg.connect(url) as connection:
            connection.execute("create table kept as select 42 as answer")
    with Runner(_only_postgres(closed_folder)) as second:
        assert second.embedded.settings["DATABASE_URL"] == url
        with psycopg.connect(url) as connection:
            assert connection.execute("select answer from kept").fetchone() == (42,)


def test_an_interrupted_creation_is_made_anew(closed_folder: Path) -> None:
    half_made = closed_folder / "engines" / "postgres" / "data.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18")
    with Runner(_only_postgres(closed_folder)) as runner:
        psycopg.connect(runner.embedded.settings["DATABASE_URL"]).close()
    assert not half_made.exists()


def test_data_of_another_version_is_refused_with_a_way_out(closed_folder: Path) -> None:
    data = closed_folder / "engines" / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16")
    with pytest.raises(StartError, match=r"is of PostgreSQL 16, the program is 18\. Dump it"):
        Runner(_only_postgres(closed_folder)).start()


@pytest.fixture
def refusing_kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A machine whose kernel gives root no user namespace, as in many containers."""
    if os.geteuid() != 0:
        pytest.skip("only root needs the system folder")
    monkeypatch.setattr(isolation, "_namespace", lambda: ())
    # Entered by the user nobody, whom pytest's own folders keep out.
    with_access = Path("/var/lib") / f"imiconnect-test-{os.getpid()}"
    monkeypatch.setattr(isolation, "_SYSTEM_FOLDER", with_access)
    yield with_access
    shutil.rmtree(with_access)


def test_without_namespaces_root_uses_a_system_folder(
    refusing_kernel: Path, closed_folder: Path
) -> None:
    before = _modes(closed_folder, postgres_install(), refusing_kernel.parent)
    with Runner(_only_postgres(closed_folder)) as runner:
        psycopg.connect(runner.embedded.settings["DATABASE_URL"]).close()
        (data,) = refusing_kernel.glob("*/data")
        assert data.stat().st_uid == pwd.getpwnam("nobody").pw_uid
    after = _modes(closed_folder.parent, postgres_install(), refusing_kernel.parent)
    assert before == after

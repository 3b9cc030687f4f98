"""Bring the database up to date, and skip that where it cannot have changed.

Loading Django only to find nothing to migrate costs two seconds of every start. After a
migration we note what the code wants and what the database has; while both stay the same
there is nothing to do. A restored or foreign database differs, and is migrated.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path

import psycopg

from imiconnect import ROOT
from imiconnect.engines.errors import StartError
from imiconnect.engines.folders import read_json, write_private

_OWN_FOLDERS = ("imiconnect", "numbers", "apps", "sharing", "rtm")


class Schema:
    """The tables of one database, seen without loading Django."""

    def __init__(self, data_dir: Path, url: str) -> None:
        """Look at the database of the address; what is noted is kept in the data folder."""
        self._path = data_dir / "engines" / "schema.json"
        self._url = url

    def is_new(self) -> bool:
        """Tell whether no migration has ever run in the database."""
        return self._applied() is None

    def is_current(self) -> bool:
        """Tell whether code and database are as they were after the last migration."""
        noted = read_json(self._path)
        return bool(noted) and noted == {"code": _code(), "applied": self._applied()}

    def migrate(self) -> None:
        """Run the migrations; raises ``StartError`` with their last words when they fail."""
        run_django("migrate", "--noinput", "--verbosity=0")
        write_private(self._path, json.dumps({"code": _code(), "applied": self._applied()}))

    def _applied(self) -> str | None:
        """Return a digest of the migrations in the database, ``None`` where there are none."""
        try:
            with psycopg.connect(self._url, connect_timeout=10) as connection:
                exists = connection.execute(
                    "select to_regclass('django_migrations')"
                ).fetchone()
                if exists is None or exists[0] is None:
                    return None
                rows = connection.execute(
                    "select app, name from django_migrations order by app, name"
                ).fetchall()
        except psycopg.OperationalError as error:
            last = str(error).strip().splitlines()[-1]
            raise StartError(
                f"The database does not answer ({last}). Check DATABASE_URL and start again."
            ) from error
        return sha256(repr(rows).encode()).hexdigest() if rows else None


def _code() -> str:
    """Return a digest of everything that migrations come from."""
    digest = sha256()
    for name in sorted(f"{item.name}=={item.version}" for item in distributions()):
        digest.update(name.encode())
    for folder in _OWN_FOLDERS:
        for path in sorted((ROOT / folder).rglob("migrations/*.py")):
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def run_django(*arguments: str, environment: Mapping[str, str] | None = None) -> None:
    """Run a management command to its end; raises ``StartError`` when it fails."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "django", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "imiconnect.settings",
            **(environment or {}),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout + done.stderr)
        raise StartError(
            f"The command '{arguments[0]}' has failed; its messages are above. "
            "Mend what they name and start again."
        )

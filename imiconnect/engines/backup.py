"""A backup is a folder: the database, the uploaded files, and a manifest that proves both.

PostgreSQL is the only truth of the platform, so what Redis and the broker hold is not backed
up. The keys that encrypt secrets are not in it unless asked for: who finds a backup with its
keys reads every secret. The manifest has their fingerprints, so that a restore with other
keys is refused before anything is changed.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, cast
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from imiconnect.engines.errors import StartError
from imiconnect.engines.folders import private_folder, write_private
from imiconnect.engines.programs import postgres_client

_DUMP, _MEDIA, _MANIFEST, _KEYS = "database.dump", "media.tar", "manifest.json", "keys.json"
_BLOCK = 1 << 20
_UNKNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"
#: The script has to end with the last line: one that is cut off must not be committed.
_BEGIN, _COMMIT = b"BEGIN;\n", b"COMMIT;\n"
#: In that transaction too, so that whatever ends a restore brings back what was there;
#: --clean cannot drop partitions.
_SET_ASIDE = b"ALTER SCHEMA public RENAME TO replaced; CREATE SCHEMA public;\n"
#: In a transaction of its own: dropping and making everything in one takes too many locks.
_FORGET = "DROP SCHEMA IF EXISTS replaced CASCADE"


@dataclass(frozen=True)
class Source:
    """What is backed up or restored: a database, a folder of uploads, and the keys in use."""

    url: str
    media: Path
    field_keys: tuple[str, ...]
    secret_key: str = ""


@dataclass(frozen=True)
class Manifest:
    """What the backup holds. ``keys`` are ids and fingerprints, not the keys."""

    made_at: str
    keys: dict[str, str]
    #: SHA-256 in hex by the name of the file.
    files: dict[str, str]


def back_up(source: Source, folder: Path, *, with_keys: bool = False) -> Manifest:
    """Write a backup into a new or empty folder, while the platform runs.

    The database is one snapshot. Raises ``StartError`` with a sentence.
    """
    if folder.exists() and any(folder.iterdir()):
        raise StartError(f"{folder} is not empty. Give a folder that is new.")
    private_folder(folder)
    _run("pg_dump", source.url, "--format=custom", "--no-owner", f"--file={folder / _DUMP}")
    names = [_DUMP]
    if source.media.is_dir():
        with tarfile.open(folder / _MEDIA, "w") as tar:
            _pack(tar, source.media, ".")
        names.append(_MEDIA)
    if with_keys:
        keys = {"FIELD_KEYS": ",".join(source.field_keys), "SECRET_KEY": source.secret_key}
        write_private(folder / _KEYS, json.dumps(keys, indent=1))
    manifest = Manifest(
        made_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        keys=_fingerprints(source.field_keys),
        files={name: _sha256(folder / name) for name in names},
    )
    for name in names:
        (folder / name).chmod(0o600)
    # Last: a folder without a manifest is a backup that was cut off.
    write_private(folder / _MANIFEST, json.dumps(asdict(manifest), indent=1))
    return manifest


def restore(source: Source, folder: Path, *, replace: bool = False) -> Manifest:
    """Put a backup into the database and the folder of uploads.

    Everything is checked first; a restore that fails or is killed leaves what was there.
    Raises ``StartError``: damaged, other keys, a platform that runs, or rows in the database
    where ``replace`` does not say that they may go.
    """
    manifest = read_manifest(folder)
    ours = _fingerprints(source.field_keys)
    missing = [name for name, print_ in manifest.keys.items() if ours.get(name) != print_]
    if missing:
        raise StartError(
            f"The secrets of this backup are encrypted with the key {', '.join(missing)}, "
            "which FIELD_KEYS does not have. Set FIELD_KEYS as it was then, and restore again."
        )
    _check_target(source.url, replace=replace)
    if replace:
        # Still there where a restore was killed after its transaction, which put all in place.
        _forget_replaced(source.url)
    _restore_dump(source.url, folder / _DUMP, replace=replace)
    if replace:
        _forget_replaced(source.url)
    if _MEDIA in manifest.files:
        private_folder(source.media)
        with tarfile.open(folder / _MEDIA) as tar:
            tar.extractall(source.media, filter="data")
    return manifest


def _pack(tar: tarfile.TarFile, path: Path, name: str) -> None:
    """Add a file, or a folder with all in it; what is deleted meanwhile is left out.

    ``tarfile`` itself would give up on a file that goes after its folder was listed.
    """
    with suppress(FileNotFoundError):
        tar.add(path, arcname=name, recursive=False)
        if path.is_dir() and not path.is_symlink():
            for entry in sorted(os.listdir(path)):
                _pack(tar, path / entry, f"{name}/{entry}")


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a whole backup; raises ``StartError`` for a damaged one."""
    try:
        manifest = Manifest(**json.loads((folder / _MANIFEST).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise StartError(f"{folder} has no backup that is complete: {error}") from error
    for name, expected in manifest.files.items():
        if not (folder / name).is_file() or _sha256(folder / name) != expected:
            raise StartError(f"{folder / name} is damaged. Take another backup.")
    return manifest


def _check_target(url: str, *, replace: bool) -> None:
    try:
        with psycopg.connect(url) as database:
            others = database.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ).fetchone()
            if others and others[0]:
                raise StartError(
                    "Somebody is connected to the database. Stop the platform ('manage.py "
                    "engines' runs the embedded engines alone) and a pooler, then restore."
                )
            tables = database.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall()
            if replace:
                return
            for (table,) in tables:
                query = sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table))
                if database.execute(query).fetchone():
                    raise StartError(
                        f"The database has rows (in {table}). Give an empty one, or say "
                        "--replace to lose what is there."
                    )
            if tables:
                raise StartError("The database has tables. Say --replace to make them anew.")
    except psycopg.OperationalError as error:
        raise StartError(f"The database cannot be reached: {error}") from error


def _forget_replaced(url: str) -> None:
    with psycopg.connect(url) as database:
        database.execute(_FORGET)


def _restore_dump(url: str, dump: Path, *, replace: bool) -> None:
    """Put a dump into the database, in one transaction.

    ``pg_restore`` sets a parameter that servers before 17 do not know, whatever it is told;
    so it writes its script here, and ``psql`` reads it without that line.
    """
    options = ("--quiet", "--no-psqlrc", "--no-password", "--file=-")
    read = [str(postgres_client("pg_restore")), "--no-owner", "--file=-", str(dump)]
    write = [str(postgres_client("psql")), *options, "--set=ON_ERROR_STOP=1"]
    with (
        tempfile.TemporaryFile() as told,
        subprocess.Popen(read, stdout=subprocess.PIPE, stderr=told) as reader,  # noqa: S603
        subprocess.Popen(  # noqa: S603 - both are programs of PostgreSQL
            write,
            env=_client_environment(url),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=told,
        ) as writer,
    ):
        script, target = cast(IO[bytes], reader.stdout), cast(IO[bytes], writer.stdin)
        with suppress(BrokenPipeError):
            target.write(_BEGIN + (_SET_ASIDE if replace else b""))
            _pass_on(script, target)
        # Who writes to nobody ends, where psql has ended before.
        script.close()
        with suppress(BrokenPipeError):
            if not reader.wait():
                target.write(_COMMIT)
            target.close()
        if writer.wait() or reader.returncode:
            told.seek(0)
            raise StartError(_why("pg_restore", told.read().decode(errors="replace")))


def _pass_on(script: IO[bytes], target: IO[bytes]) -> None:
    for line in script:
        if line == _UNKNOWN_BEFORE_17:
            break
        target.write(line)
    shutil.copyfileobj(script, target, _BLOCK)


def _client_environment(url: str) -> dict[str, str]:
    """Return how a program of PostgreSQL connects; nobody lists passwords of this kind."""
    parts = urlsplit(url)
    return {
        **os.environ,
        "PGHOST": parts.hostname or "localhost",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": _name(url),
    }


def _why(program: str, told: str) -> str:
    lines = told.strip().splitlines() or ["no reason given"]
    return f"{program} has failed: {lines[0]}"


def _run(program: str, url: str, *arguments: str) -> None:
    """Run a program of PostgreSQL."""
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL
        [str(postgres_client(program)), "--no-password", *arguments],
        env=_client_environment(url),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise StartError(_why(program, done.stderr))


def _name(url: str) -> str:
    return unquote(urlsplit(url).path.lstrip("/"))


def _fingerprints(field_keys: tuple[str, ...]) -> dict[str, str]:
    pairs = (entry.partition(":") for entry in field_keys)
    return {name: hashlib.sha256(key.encode()).hexdigest()[:16] for name, _, key in pairs}


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()

"""The embedded PostgreSQL: its cluster, its settings and its address."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from urllib.parse import quote

import psutil
import psycopg

from imiconnect.engines.errors import StartError
from imiconnect.engines.folders import private_folder, sentence_of
from imiconnect.engines.isolation import Isolation, isolate
from imiconnect.engines.program import Program, wrapped, write_programs
from imiconnect.engines.programs import POSTGRES_MAJOR, postgres_install
from imiconnect.engines.tcp import LOOPBACK

ROLE = DATABASE = "imiconnect"
SUPERUSER = "postgres"
_MEGABYTE = 1024 * 1024


class Postgres:
    """One cluster in one folder, reached over the loopback address with a password."""

    name = "postgres"
    title = "PostgreSQL"

    def __init__(
        self, folder: Path, port: int, credentials: dict[str, str], *, durable: bool = True
    ) -> None:
        """Describe the cluster; ``durable`` is off for throw-away data of tests only."""
        self._folder = folder
        self._port = port
        self._credentials = credentials
        self._durable = durable

    @property
    def url(self) -> str:
        """The address for the application's role."""
        password = quote(self._credentials["postgres"], safe="")
        return f"postgresql://{ROLE}:{password}@{LOOPBACK}:{self._port}/{DATABASE}"

    def exports(self) -> dict[str, str]:
        """Return the settings that this engine supplies."""
        return {"DATABASE_URL": self.url}

    def prepare(self) -> Program:
        """Make the cluster where it is missing, write its settings, and return its program.

        Raises ``StartError`` when the cluster cannot be made or belongs to another version.
        """
        isolation = isolate(postgres_install(), private_folder(self._folder))
        if not (isolation.data / "PG_VERSION").exists():
            self._create(isolation)
        version = (isolation.data / "PG_VERSION").read_text().strip()
        if version != str(POSTGRES_MAJOR):
            raise StartError(
                f"The data in {isolation.data} is of PostgreSQL {version}, the program is "
                f"{POSTGRES_MAJOR}. Dump it with the old version and restore it, "
                "or set DATA_DIR to another folder."
            )
        self._configure(isolation)
        return Program(
            name=self.name,
            title=self.title,
            command=(str(isolation.programs / "bin" / "postgres"), "-D", str(isolation.data)),
            stop_signal=signal.SIGINT,
            stop_seconds=30,
            enter=isolation.enter,
            uid=isolation.uid,
        )

    def is_ready(self) -> bool:
        """Tell whether the application's role can sign in."""
        try:
            with psycopg.connect(self.url, connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def _create(self, isolation: Isolation) -> None:
        """Build the cluster under another name and rename it: none is ever half made."""
        building = isolation.data.with_name("data.new")
        shutil.rmtree(building, ignore_errors=True)
        password = isolation.data.with_name(f"password.{secrets.token_hex(4)}")
        password.write_text(self._credentials["postgres_superuser"])
        password.chmod(0o600)
        isolation.give(password)
        try:
            self._run(isolation, _initdb(isolation, building, password, durable=self._durable))
            self._run(isolation, _single_user(isolation, building), script=self._first_script())
        finally:
            password.unlink(missing_ok=True)
        os.replace(building, isolation.data)

    def _first_script(self) -> str:
        # Passwords are URL-safe base64, so no quote can occur in them.
        password = self._credentials["postgres"]
        return (
            f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'\n"
            f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n"
        )

    def _run(self, isolation: Isolation, command: list[str], script: str = "") -> None:
        program = Program(
            "making",
            self.title,
            tuple(command),
            environment={"LC_ALL": "C", "TZ": "UTC"},
            enter=isolation.enter,
            uid=isolation.uid,
        )
        listed = self._folder / "making.json"
        write_programs(listed, [program])
        done = subprocess.run(  # noqa: S603 - a program of the wheel
            wrapped(listed, program.name), input=script, capture_output=True, text=True
        )
        listed.unlink()
        if done.returncode == 0:
            return
        if "No space left on device" in done.stderr:
            raise StartError(sentence_of(OSError(28, ""), self._folder))
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise StartError(
            f"PostgreSQL could not make its data folder ({last}). "
            f"Look at {self._folder}, or set DATABASE_URL to a server of your own."
        )

    def _configure(self, isolation: Isolation) -> None:
        settings = _settings(self._port, durable=self._durable)
        access = f"host all all {LOOPBACK}/32 scram-sha-256\n"
        for name, text in (("postgresql.conf", settings), ("pg_hba.conf", access)):
            path = isolation.data / name
            try:
                path.write_text(text)
            except OSError as error:
                raise StartError(sentence_of(error, path)) from error
            isolation.give(path)


def _initdb(isolation: Isolation, data: Path, password: Path, *, durable: bool) -> list[str]:
    command = [
        str(isolation.programs / "bin" / "initdb"),
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        f"--pwfile={password}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ]
    return command if durable else [*command, "--no-sync"]


def _single_user(isolation: Isolation, data: Path) -> list[str]:
    postgres = str(isolation.programs / "bin" / "postgres")
    return [postgres, "--single", "-D", str(data), "-c", "exit_on_error=true", SUPERUSER]


def _settings(port: int, *, durable: bool) -> str:
    memory = psutil.virtual_memory().total // _MEGABYTE
    buffers = max(64, min(memory // 8, 1024)) if durable else 128
    # Containers often have too little of the POSIX kind for parallel workers.
    shared_memory = "mmap" if sys.platform == "linux" else "posix"
    lines = dedent(f"""\
        # Written at every start; changes here are lost.
        listen_addresses = '{LOOPBACK}'
        port = {port}
        unix_socket_directories = ''
        password_encryption = 'scram-sha-256'
        max_connections = 200
        shared_buffers = {buffers}MB
        effective_cache_size = {max(256, memory // 2)}MB
        work_mem = 8MB
        maintenance_work_mem = {max(64, min(memory // 16, 512))}MB
        dynamic_shared_memory_type = '{shared_memory}'
        max_locks_per_transaction = 256
        random_page_cost = 1.1
        jit = off
        max_wal_size = 4GB
        min_wal_size = 256MB
        checkpoint_timeout = 15min
        autovacuum_naptime = 20s
        timezone = 'UTC'
        log_timezone = 'UTC'
        log_min_messages = warning
        log_line_prefix = '%m [%p] '
        log_min_duration_statement = 2s
        log_parameter_max_length = 0
        log_parameter_max_length_on_error = 0
        """)
    if durable:
        return lines
    return lines + "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"

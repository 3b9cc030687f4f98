"""A program to be run: what the supervisor, the tests and ``manage.py engines`` all start."""

import json
import signal
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from imiconnect.engines.folders import write_private

#: Open files that every program may have: several thousand sockets and some files.
OPEN_FILES = 65_536

_WRAPPER = Path(__file__).with_name("child.py")


@dataclass(frozen=True)
class Program:
    """One process: its name, its command, and how it is stopped."""

    name: str
    #: What people call it: "PostgreSQL", "the web server".
    title: str
    command: tuple[str, ...]
    stop_signal: signal.Signals = signal.SIGTERM
    #: Seconds from the stop signal to SIGKILL.
    stop_seconds: int = 10
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = "/"
    #: Put before the command, to enter a user namespace.
    enter: tuple[str, ...] = ()
    #: The user to become, where no namespace can be entered.
    uid: int | None = None
    open_files: int = OPEN_FILES
    #: A question to the database, true while the program is to run; empty: it always is.
    wanted: str = ""


def write_programs(path: Path, programs: Iterable[Program]) -> None:
    """Write the programs where ``wrapped`` commands read them; the file is private."""
    rows = {program.name: asdict(program) for program in programs}
    write_private(path, json.dumps(rows, indent=1))


def wrapped(path: Path, name: str) -> list[str]:
    """Return the command that runs a program of the file and ends with its parent."""
    return [*wrapper(path), name]


def wrapper(path: Path) -> list[str]:
    """Return the part of the command that is the same for all programs of the file."""
    return [sys.executable, "-I", "-S", str(_WRAPPER), str(path)]

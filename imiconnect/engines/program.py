"""A program to be run: what the supervisor, the tests and ``manage.py engines`` all start."""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

#: Open files that every program may have: several thousand sockets and some files.
OPEN_FILES = 65_536

_WRAPPER = Path(__file__).with_name("child.py")


@dataclass(frozen=True)
class Program:
    """One process: its name, its command, and how it is stopped."""

    name: str
    #: What people call it: "PostgreSQL".
    title: str
    command: tuple[str, ...]
    stop_signal: signal.Signals = signal.SIGTERM
    #: Seconds from the stop signal to SIGKILL.
    stop_seconds: int = 10
    environment: Mapping[str, str] = field(default_factory=dict)
    #: Put before the command, to enter a user namespace.
    enter: tuple[str, ...] = ()
    #: The user to become, where no namespace can be entered.
    uid: int | None = None

    def wrapped(self, parent: int | None = None) -> list[str]:
        """Return the command that also ends when the process ``parent`` ends."""
        uid = -1 if self.uid is None else self.uid
        numbers = (parent or 0, int(self.stop_signal), uid, OPEN_FILES)
        wrapper = [sys.executable, "-I", "-S", str(_WRAPPER), *map(str, numbers), "--"]
        return [*self.enter, *wrapper, *self.command]

    def full_environment(self) -> dict[str, str]:
        """Return the environment of this process with the program's own additions."""
        return {**os.environ, **self.environment}

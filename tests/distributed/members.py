"""The processes of a distributed platform: each comes back a second after it has ended."""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from imiconnect import ROOT
from tests.waiting import wait_until

_PAUSE_SECONDS = 1.0
_STOP_SECONDS = 40


@dataclass(frozen=True)
class Task:
    """What is run: ``user`` is for programs that refuse to be root."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    stop_signal: signal.Signals = signal.SIGTERM
    #: Tells whether it answers; asked once after the start.
    is_ready: Callable[[], bool] = lambda: True
    folder: Path = ROOT
    #: What the program is called when a script starts it; that one is killed.
    program: str = ""


class Member:
    """One running task, as systemd keeps it: ``Restart=always``, ``RestartSec=1``."""

    def __init__(self, task: Task, log: Path) -> None:
        """Start nothing yet."""
        self.task, self._log = task, log
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        # A child ends with the thread that has started it (PR_SET_PDEATHSIG).
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self.starts = 0

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._thread.start()
        wait_until(self.task.is_ready, f"{self.task.name} does not answer; see {self._log}")

    @property
    def pid(self) -> int:
        """The process that does the work."""
        assert self._process is not None
        if not self.task.program:
            return self._process.pid
        below = psutil.Process(self._process.pid).children(recursive=True)
        return next(child.pid for child in below if child.name() == self.task.program)

    def restart(self) -> None:
        """End it in its own way; it is started again, and waited for."""
        assert self._process is not None
        self._process.send_signal(self.task.stop_signal)
        before = self.starts
        wait_until(lambda: self.starts > before, f"{self.task.name} was not started again")
        wait_until(self.task.is_ready, f"{self.task.name} does not answer; see {self._log}")

    def stop(self) -> None:
        """End it and whatever it has started."""
        self._stopping.set()
        if self._process is None:
            return
        self._process.send_signal(self.task.stop_signal)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._thread.join(_STOP_SECONDS)

    def _keep(self) -> None:
        with self._log.open("ab") as output:
            while not self._stopping.is_set():
                self._process = subprocess.Popen(
                    [*wrapper(self.task.user), *self.task.command],
                    cwd="/" if self.task.user else self.task.folder,
                    env={"PATH": os.environ["PATH"], **self.task.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                self.starts += 1
                self._process.wait()
                self._stopping.wait(_PAUSE_SECONDS)


def wrapper(user: str) -> list[str]:
    """Return how a command becomes a user's, where we may, and ends with us."""
    other = user and os.geteuid() == 0
    rights = [f"--reuid={user}", f"--regid={user}", "--init-groups"] if other else []
    return [str(shutil.which("setpriv")), "--pdeathsig=KILL", *rights]

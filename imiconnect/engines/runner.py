"""Start the embedded engines alone, without a supervisor: for the tests and for development."""

import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from imiconnect.engines.embedded import Embedded, Engine
from imiconnect.engines.errors import StartError
from imiconnect.engines.folders import private_folder
from imiconnect.engines.program import Program, wrapped, write_programs

READY_SECONDS = 60


@dataclass
class _Running:
    engine: Engine
    program: Program
    process: subprocess.Popen[bytes]
    log: Path


class Runner:
    """The engines of one data folder as children of this process; a context manager."""

    def __init__(self, embedded: Embedded) -> None:
        """Take the engines; ``start`` starts them."""
        self.embedded = embedded
        self._running: list[_Running] = []

    def start(self) -> None:
        """Start every engine and wait until all answer.

        Raises ``StartError`` when one does not; then none is left running.
        """
        logs = private_folder(self.embedded.data_dir / "log")
        engines = self.embedded.engines
        try:
            programs = prepare_all(engines)
            listed = self.embedded.programs_path
            write_programs(listed, programs)
            # Started by this thread: a child ends with the thread that started it.
            for engine, program in zip(engines, programs, strict=True):
                log = logs / f"{engine.name}.log"
                self._running.append(_launch(engine, program, listed, log))
            for running in self._running:
                wait_until_ready(running.engine, running.log, running.process)
        except BaseException:
            self.stop()
            raise
        self.embedded.publish()

    def stop(self) -> None:
        """Stop the engines in reverse order and wait for each."""
        self.embedded.withdraw()
        for running in reversed(self._running):
            running.process.send_signal(running.program.stop_signal)
        for running in reversed(self._running):
            try:
                running.process.wait(running.program.stop_seconds)
            except subprocess.TimeoutExpired:
                running.process.kill()
                running.process.wait()
        self._running.clear()

    def first_ended(self) -> str | None:
        """Return the title of an engine that has ended by itself, if there is one."""
        ended = (item.engine.title for item in self._running if item.process.poll() is not None)
        return next(ended, None)

    def __enter__(self) -> Self:
        """Start the engines."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the engines."""
        self.stop()


def wait_until_ready(
    engine: Engine, log: Path, process: "subprocess.Popen[bytes] | None" = None
) -> None:
    """Wait until the engine answers; raises ``StartError`` with its last words otherwise."""
    deadline = time.monotonic() + READY_SECONDS
    while not engine.is_ready():
        if process is not None and process.poll() is not None:
            raise StartError(last_words(engine.title, log, "ended while starting"))
        if time.monotonic() > deadline:
            raise StartError(
                last_words(engine.title, log, f"did not answer within {READY_SECONDS} s")
            )
        time.sleep(0.03)


def last_words(title: str, log: Path, what: str) -> str:
    """Say what happened to a program, with the last line of its log."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    if any("No space left on device" in line for line in lines[-5:]):
        return f"{title} {what}: the disk that holds {log} is full. Free some space."
    last = f": {lines[-1].strip()}" if lines else "."
    return f"{title} {what}{last} (All of it is in {log}.)"


def prepare_all(engines: Sequence[Engine]) -> list[Program]:
    """Prepare the engines side by side and return their programs in the same order."""
    with ThreadPoolExecutor(max(1, len(engines))) as pool:
        return list(pool.map(lambda engine: engine.prepare(), engines))


def _launch(engine: Engine, program: Program, listed: Path, log: Path) -> _Running:
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the programs of the wheels
            wrapped(listed, program.name),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Out of the terminal's reach: Ctrl-C is for the process that stops them in order.
            start_new_session=True,
        )
    return _Running(engine, program, process, log)

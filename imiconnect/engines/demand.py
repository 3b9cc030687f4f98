"""Programs that run on demand: started and stopped as the database says."""

import time
from collections.abc import Sequence

import psycopg

from imiconnect.engines.program import Program
from imiconnect.engines.supervision import Supervision

#: Seconds between two looks.
_EVERY = 3.0


class Demand:
    """Asks for each program whether it is wanted, and has the supervision act on changes."""

    def __init__(self, programs: Sequence[Program], url: str, supervision: Supervision) -> None:
        """Take the programs with a question; the others run always."""
        self._programs = [program for program in programs if program.wanted]
        self._url, self._supervision = url, supervision
        self._running: dict[str, bool] = {program.name: False for program in self._programs}
        self._looked = 0.0

    def look(self) -> None:
        """Look at most every few seconds; a database that is away changes nothing."""
        if not self._programs or time.monotonic() - self._looked < _EVERY:
            return
        self._looked = time.monotonic()
        try:
            with psycopg.connect(self._url, connect_timeout=2) as connection:
                for program in self._programs:
                    # The question is a constant of the table of processes.
                    row = connection.execute(program.wanted.encode()).fetchone()
                    self._change(program.name, wanted=bool(row and row[0]))
        except psycopg.Error:
            return

    def _change(self, name: str, *, wanted: bool) -> None:
        if self._running[name] != wanted:
            self._running[name] = wanted
            self._supervision.demand(name, wanted=wanted)

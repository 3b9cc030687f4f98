"""What the process manager's log says, told in sentences for the person at the terminal."""

import re
import signal
import time
from collections.abc import Callable, Mapping

#: ``2026-11-22 20:00:00,123 INFO exited: uplink (terminated by SIGKILL; not expected)``
_LINE = re.compile(r"^\S+ \S+ \w+ (?P<message>.*)$")
_EXITED = re.compile(r"^exited: (?P<name>\S+) \((?P<how>.*); (?:not )?expected\)$")
_SPAWNED = re.compile(r"^spawned: '(?P<name>[^']+)' with pid (?P<pid>\d+)$")
_KILLING = re.compile(r"^killing '(?P<name>[^']+)' \(\d+\) with SIGKILL$")
_BY_SIGNAL = re.compile(r"^terminated by (?P<signal>SIG\w+)")


class Narrator:
    """Turns each thing that happens to a process into one sentence."""

    def __init__(
        self,
        titles: Mapping[str, str],
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``titles`` are the names for people; ``say`` gets each sentence."""
        self._titles = titles
        self._say = say
        self._clock = clock
        self._died_at: dict[str, float] = {}
        #: How often each process has died; the start gives up when one keeps dying.
        self.deaths: dict[str, int] = {}

    def hear(self, line: str) -> None:
        """Read one line of the process manager's log."""
        match = _LINE.match(line)
        message = match["message"] if match else line
        if died := _EXITED.match(message):
            self._died(died["name"], died["how"])
        elif spawned := _SPAWNED.match(message):
            self._spawned(spawned["name"])
        elif killing := _KILLING.match(message):
            self._say(f"{self._title(killing['name'])} did not stop in time and was killed.")

    def _died(self, name: str, how: str) -> None:
        self._died_at.setdefault(name, self._clock())
        self.deaths[name] = self.deaths.get(name, 0) + 1
        self._say(f"{self._title(name)} {_in_words(how)}; it is started again.")

    def _spawned(self, name: str) -> None:
        died_at = self._died_at.pop(name, None)
        if died_at is not None:
            seconds = max(1, round(self._clock() - died_at))
            self._say(f"{self._title(name)} was started again after {seconds} s.")

    def _title(self, name: str) -> str:
        title = self._titles.get(name, name)
        return title[0].upper() + title[1:]


def _in_words(how: str) -> str:
    by_signal = _BY_SIGNAL.match(how)
    if by_signal:
        name = by_signal["signal"]
        return f"died by signal {signal.Signals[name].value} ({name})"
    return f"ended by itself ({how})"

"""Processor time of everything below a process, which hardly depends on what else runs."""

from collections import Counter

import psutil

#: How the programs of the platform are told apart; all else is Python.
_ENGINES = ("postgres", "nats", "redis", "valkey")


def spent(root: int) -> Counter[str]:
    """Return the seconds that a process and all below it have used, by kind of program.

    Those that have ended count with the one that started them.
    """
    top = psutil.Process(root)
    seconds: Counter[str] = Counter()
    for process in (top, *top.children(recursive=True)):
        try:
            seconds[_kind(process)] += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return seconds


def _kind(process: psutil.Process) -> str:
    name = process.name()
    return next((engine for engine in _ENGINES if engine in name), "python")


def per_message(before: Counter[str], after: Counter[str], messages: int) -> dict[str, float]:
    """Return microseconds for each message, by kind and in ``all``."""
    used = {kind: (after[kind] - before[kind]) * 1e6 / messages for kind in after}
    return {"all": sum(used.values()), **used}

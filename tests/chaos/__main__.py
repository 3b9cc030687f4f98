"""``make chaos``: kill each part with -9 under load, and look for what was lost.

Writes ``DATA_DIR/chaos.json``, prints a table, and ends with 1 when anything was lost or twice.
``CHAOS_SCALE`` (1 unless set) scales messages per second, devices and the length of each
load; ``CHAOS_FAULTS`` names programs, separated by commas. The platform runs in a folder of
its own that is removed afterwards.
"""

import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from imiconnect import ROOT
from imiconnect.engines.folders import private_folder
from tests.bench.__main__ import machine
from tests.bench.gateway import Gateway
from tests.chaos.sink import Sink
from tests.chaos.trial import FAULTS, Result, Trial
from tests.running import Started

PER_SECOND, DEVICES, SECONDS = 500, 1000, 30
HEAD = (
    f"{'killed':26}{'accepted':>10}{'lost':>7}{'two ends':>10}{'twice':>7}{'recovery s':>12}\n"
)


def chaos(folder: Path, scale: float, faults: list[str]) -> dict[str, Result]:
    """Run a platform and the faults on it, one after the other."""
    sink = Sink()
    started = Started(folder / "data", demo=True, ALLOW_PRIVATE_CALLBACKS="1")
    try:
        started.wait_until_ready()
        return tried(started, sink, scale, {fault: FAULTS[fault] for fault in faults})
    finally:
        started.close()
        sink.close()


def tried(platform: Any, sink: Sink, scale: float, faults: dict[str, str]) -> dict[str, Result]:
    """Put each fault (and what people call it) to a platform that runs, and check its rows."""
    gateway = Gateway(platform, devices=max(20, int(DEVICES * scale)))
    gateway.database.close()
    per_second, seconds = PER_SECOND * scale, max(9, SECONDS * scale)
    results: dict[str, Result] = {}
    for fault, title in faults.items():
        results[fault] = Trial(gateway, sink, per_second, seconds).run(fault)
        print_row(title, results[fault])
    checked = platform.manage("check_messages")
    if checked.returncode:
        results[fault].problems.append(checked.stdout + checked.stderr)
    return results


def print_row(title: str, result: Result) -> None:
    """Print a row of the table, as soon as it is known."""
    sys.stdout.write(
        f"{title:26}{result.accepted:10,}{result.lost:7}{result.two_terminal_states:10}"
        f"{result.delivered_twice_after_dedup:7}{result.recovery_s:12.1f}\n"
    )
    sys.stdout.flush()


def main() -> int:
    """Kill everything; 1 when anything was lost."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    target = Path(os.environ.get("DATA_DIR") or ROOT / "var")
    scale, faults = asked(FAULTS)
    with tempfile.TemporaryDirectory(prefix="chaos-", dir=private_folder(target)) as folder:
        results = chaos(Path(folder), scale, faults)
    return written(target / "chaos.json", FAULTS, results)


def asked(known: dict[str, str]) -> tuple[float, list[str]]:
    """Return the scale and the faults that the environment asks for; print the head."""
    scale = float(os.environ.get("CHAOS_SCALE") or 1)
    faults = [name for name in os.environ.get("CHAOS_FAULTS", "").split(",") if name]
    if unknown := sorted(set(faults) - set(known)):
        names = ", ".join(known)
        sys.exit(f"CHAOS_FAULTS: no program {', '.join(unknown)}. Name some of: {names}.")
    sys.stdout.write(f"{time.strftime('%Y-%m-%d')}, {machine()}\n{HEAD}")
    return scale, faults or list(known)


def written(path: Path, known: dict[str, str], results: dict[str, Result]) -> int:
    """Write the results, print what went wrong, and return how the program is to end."""
    told = {known[fault]: result.told() for fault, result in results.items()}
    path.write_text(json.dumps(told, indent=1) + "\n")
    for fault, result in results.items():
        for problem in result.problems[:20]:
            sys.stdout.write(f"{known[fault]}: {problem}\n")
    sys.stdout.write(f"Written to {path}\n")
    return 0 if all(result.is_good for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

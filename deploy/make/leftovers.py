"""Say which processes still run out of a folder; exit with 1 when there are any."""

import os
import sys
import time
from pathlib import Path

import psutil

_WAIT_SECONDS = 15


def leftovers(folder: Path) -> list[str]:
    """Return the command lines of other processes that name the folder or work in it."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        command = " ".join(process.info["cmdline"] or [])
        inside = str(folder) in command or (process.info["cwd"] or "").startswith(str(folder))
        if inside and process.info["pid"] != os.getpid() and not _is_mine(process):
            found.append(f"{process.info['pid']} {command}")
    return found


def _is_mine(process: psutil.Process) -> bool:
    return process.pid in {parent.pid for parent in psutil.Process().parents()}


def _main() -> int:
    folder = Path(sys.argv[1]).resolve()
    deadline = time.monotonic() + _WAIT_SECONDS
    while (rows := leftovers(folder)) and time.monotonic() < deadline:
        time.sleep(0.5)
    for row in rows:
        sys.stderr.write(f"Still running: {row}\n")
    return 1 if rows else 0


if __name__ == "__main__":
    sys.exit(_main())

"""A process that has loaded the gateway's code, and forks the gateway's processes at once.

Loading takes seconds of a processor for each of them, and a run starts many. Run by
``tests/run.py``. A line of its input starts a process: JSON with its name, the log, and the
settings that are the test's own; it answers with the process's number. When the input ends,
so do the processes.
"""

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import django

django.setup()

from celery.__main__ import main as celery  # noqa: E402 - the settings come first
from celery.apps import beat, worker  # noqa: E402, F401 - what the commands load
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from imiconnect.celery import app  # noqa: E402
from imiconnect.engines.processes import QUEUES  # noqa: E402
from imiconnect.rtm.uplink import listener  # noqa: E402, F401

_CELERY = ("celery", "--app=imiconnect.celery:app")


def _worker(_folder: Path) -> None:
    sys.argv = [
        *_CELERY, "worker", f"--queues={','.join(QUEUES)}", "--pool=threads",
        "--concurrency=24", "--without-mingle", "--without-gossip",
    ]  # fmt: skip
    celery()


def _beat(folder: Path) -> None:
    sys.argv = [*_CELERY, "beat", f"--schedule={folder / 'beat'}"]
    celery()


def _uplink(_folder: Path) -> None:
    call_command("uplink")


_PROGRAMS = {"worker": _worker, "beat": _beat, "uplink": _uplink}


def _start(name: str, folder: Path, changes: dict[str, Any]) -> int:
    """Fork a process; return its number."""
    number = os.fork()
    if number:
        return number
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with (folder / f"{name}.log").open("wb", buffering=0) as log:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        for setting, value in changes.items():
            setattr(settings, setting, value)
        _PROGRAMS[name](folder)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - the log is the only place to say so
        traceback.print_exc()
    finally:
        os._exit(status)


def main() -> None:
    """Answer each line until the input ends."""
    app.loader.import_default_modules()
    app.finalize()
    # The kernel forgets each process as soon as it has ended, so that its end can be seen.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    started = []
    for line in sys.stdin:
        name, folder, changes = json.loads(line)
        started.append(_start(name, Path(folder), changes))
        sys.stdout.write(f"{started[-1]}\n")
        sys.stdout.flush()
    for number in started:
        try:
            os.kill(number, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    main()

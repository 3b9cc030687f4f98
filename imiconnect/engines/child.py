"""Run a program so that it ends with the process that started it, even one killed by -9.

A script of its own, run by ``python -I -S``, so that it costs some 15 ms and needs none of
the installed packages. Usage: ``child.py FILE NAME``; the file holds an object of programs
by name, as ``imiconnect.engines.program`` writes it.
"""

import ctypes
import json
import os
import signal
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1


def _main() -> None:
    parent = os.getppid()
    path, name, *inside = sys.argv[1:]
    with open(path) as file:
        program = json.load(file)[name]
    if program["enter"] and not inside:
        again = [*program["enter"], sys.executable, "-I", "-S", __file__, path, name, "inside"]
        os.execv(again[0], again)  # noqa: S606 - enters the user namespace; no shell
    _prepare(program)
    # After the change of user, which clears it; the kernel keeps it over the exec below.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, program["stop_signal"], 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
    command = program["command"]
    os.execve(command[0], command, {**os.environ, **program["environment"]})  # noqa: S606


def _prepare(program: dict[str, Any]) -> None:
    _raise_open_files(program["open_files"])
    if program["uid"] is not None:
        os.setgroups([])
        os.setgid(program["uid"])
        os.setuid(program["uid"])
    os.chdir(program["folder"])


def _raise_open_files(wanted: int) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < target:
        resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))


if __name__ == "__main__":
    _main()

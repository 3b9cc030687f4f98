"""Run a program so that it ends with the process that started it, even one killed by -9.

A script of its own, run by ``python -I -S``, so that it costs some 15 ms and needs none of
the installed packages. Usage: ``child.py PARENT SIGNAL UID FILES -- program arguments``;
``UID`` -1 keeps the user.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def _main() -> None:
    parent, death_signal, uid, files = (int(value) for value in sys.argv[1:5])
    command = sys.argv[6:]
    _raise_open_files(files)
    if uid >= 0:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        os.chdir("/")
    # After the change of user, which clears it; the kernel keeps it over the exec below.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if parent and os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
    os.execv(command[0], command)  # noqa: S606 - the whole purpose; no shell is involved


def _raise_open_files(wanted: int) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < target:
        resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))


if __name__ == "__main__":
    _main()

"""What is looked at before anything is started, so that nothing is ever half started."""

import fcntl
import os
import resource
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import psutil

from imiconnect.engines.errors import StartError
from imiconnect.engines.folders import private_folder
from imiconnect.engines.program import OPEN_FILES
from imiconnect.engines.tcp import check_listen_address

#: A new database takes some 60 MB; the rest is for its first log files.
_NEEDED_MEGABYTES = 300
_MEGABYTE = 1024 * 1024
#: How long a start waits for the previous one to finish stopping.
_WAIT_SECONDS = 45


def check_machine(data_dir: Path, host: str, port: int) -> list[str]:
    """Raise ``StartError`` when the start cannot succeed; return what is worth knowing."""
    free = shutil.disk_usage(private_folder(data_dir)).free // _MEGABYTE
    if free < _NEEDED_MEGABYTES:
        raise StartError(
            f"The disk that holds {data_dir} has {free} MB left, and {_NEEDED_MEGABYTES} MB "
            "are needed. Free some space, or set DATA_DIR to a folder on another disk."
        )
    check_listen_address(host, port)
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < OPEN_FILES:
        return [
            f"This machine allows {hard} open files for each process, so some {hard // 2} "
            "devices can connect. Raise the limit with 'ulimit -Hn' for more."
        ]
    return []


def lock_folder(data_dir: Path, say: Callable[[str], None]) -> IO[str]:
    """Return a lock on the data folder, held until the file is closed everywhere.

    Waits while a previous start is still stopping. Raises ``StartError`` when the platform
    runs from this folder already.
    """
    file = (private_folder(data_dir) / "up.lock").open("a+")
    try:
        _lock(file, data_dir, say)
    except BaseException:
        file.close()
        raise
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _lock(file: IO[str], data_dir: Path, say: Callable[[str], None]) -> None:
    if _try_lock(file):
        return
    _refuse_while_alive(file, data_dir)
    say("Waiting for the previous start to finish stopping.")
    deadline = time.monotonic() + _WAIT_SECONDS
    while not _try_lock(file):
        if time.monotonic() > deadline:
            _refuse_while_alive(file, data_dir, alive=True)
        time.sleep(0.2)


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _refuse_while_alive(file: IO[str], data_dir: Path, *, alive: bool = False) -> None:
    file.seek(0)
    holder = file.read().strip()
    if alive or (holder.isdecimal() and psutil.pid_exists(int(holder))):
        raise StartError(
            f"The platform runs from {data_dir} already (process {holder}). "
            "Stop it with Ctrl-C there, or set DATA_DIR to another folder."
        )

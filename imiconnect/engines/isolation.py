"""PostgreSQL refuses to run as root: where and as whom its programs run instead."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from imiconnect.engines.errors import StartError
from imiconnect.engines.folders import sentence_of

#: The user of no rights, who exists everywhere; PostgreSQL wants an entry in the user list.
_NOBODY = 65_534
_SYSTEM_FOLDER = Path("/var/lib/imiconnect")


@dataclass(frozen=True)
class Isolation:
    """Where the programs and the data are, and how a program of them is started."""

    programs: Path
    data: Path
    enter: tuple[str, ...] = ()
    uid: int | None = None

    def give(self, path: Path) -> None:
        """Hand a file to the user that the programs run as."""
        if self.uid is not None:
            os.chown(path, self.uid, self.uid)


def isolate(programs: Path, folder: Path) -> Isolation:
    """Return how PostgreSQL's programs run with their data in ``folder``.

    An ordinary user runs them as they are. Root runs them in a user namespace, in which
    root's own files belong to nobody: no file changes its owner or its mode. Where the
    kernel refuses that (containers often do), copies of the programs and the data live in
    a system folder and belong to the user nobody.
    """
    if os.geteuid() != 0:
        return Isolation(programs, folder / "data")
    enter = _namespace()
    if enter:
        return Isolation(programs, folder / "data", enter=enter)
    try:
        return _in_system_folder(programs, folder)
    except OSError as error:
        raise StartError(sentence_of(error, _SYSTEM_FOLDER)) from error


def _namespace() -> tuple[str, ...]:
    unshare = shutil.which("unshare")
    if not unshare:
        return ()
    command = (unshare, "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}")
    tried = subprocess.run([*command, "true"], capture_output=True)  # noqa: S603 - util-linux
    return command if tried.returncode == 0 else ()


def _in_system_folder(programs: Path, folder: Path) -> Isolation:
    uid = pwd.getpwnam("nobody").pw_uid
    _SYSTEM_FOLDER.mkdir(mode=0o755, exist_ok=True)
    copy = _SYSTEM_FOLDER / f"programs-{_fingerprint(programs)}"
    if not copy.exists():
        _copy_programs(programs, copy)
    home = _SYSTEM_FOLDER / sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    home.mkdir(mode=0o700, exist_ok=True)
    os.chown(home, uid, uid)
    return Isolation(copy / programs.parent.name / programs.name, home / "data", uid=uid)


def _copy_programs(programs: Path, copy: Path) -> None:
    """Copy the programs, and their libraries, which the wheel keeps beside its package."""
    package = programs.parent
    building = copy.with_suffix(f".{os.getpid()}")
    shutil.copytree(programs, building / package.name / programs.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, building / libraries.name)
    os.replace(building, copy)


def _fingerprint(programs: Path) -> str:
    server = (programs / "bin" / "postgres").stat()
    return sha256(f"{server.st_size}:{server.st_mtime_ns}".encode()).hexdigest()[:12]

"""Private folders and files: what the engines keep is for the user who started them."""

import errno
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from imiconnect.engines.errors import StartError


def private_folder(path: Path) -> Path:
    """Create the folder with mode 0700 where it is missing, and return it.

    A folder that exists keeps its mode, and so does each of its parents. Raises
    ``StartError`` when the folder cannot be made or written.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(sentence_of(error, path)) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise StartError(sentence_of(PermissionError(errno.EACCES, ""), path))
    return path


def write_private(path: Path, text: str) -> None:
    """Replace a file by the text at once, readable by its owner only."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise StartError(sentence_of(error, path)) from error


def read_json(path: Path) -> dict[str, Any]:
    """Return the object kept in a file, or an empty one where there is no readable file."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def sentence_of(error: OSError, path: Path) -> str:
    """Say in one sentence what an operating system error means for the path."""
    if error.errno == errno.ENOSPC:
        return (
            f"The disk that holds {path} is full. "
            "Free some space, or set DATA_DIR to a folder on another disk."
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return (
            f"The folder {path} cannot be written. "
            "Make it writable, or set DATA_DIR to another folder."
        )
    return (
        f"The folder {path} cannot be used ({error.strerror}). Set DATA_DIR to another folder."
    )

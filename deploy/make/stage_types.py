"""Lay the project out for the type checkers as an installed package has it.

They do not run ``imiconnect/__init__.py``, which makes the app folders importable, so
``build/types/imiconnect`` holds a relative link for each of its parts and for each of those
folders.
"""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAGE = ROOT / "build" / "types"
#: The folders that are imported as parts of ``imiconnect``.
FOLDERS = ("numbers", "apps", "rtm", "sharing")


def stage() -> Path:
    """Build the tree anew and return it."""
    shutil.rmtree(STAGE, ignore_errors=True)
    package = STAGE / "imiconnect"
    package.mkdir(parents=True)
    parts = [path for path in (ROOT / "imiconnect").iterdir() if path.name != "__pycache__"]
    for path in [*parts, *(ROOT / name for name in FOLDERS)]:
        (package / path.name).symlink_to(os.path.relpath(path, package))
    return STAGE


if __name__ == "__main__":
    stage()

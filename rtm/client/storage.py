"""What is kept over a restart: tokens, seen messages, and what waits to be sent."""

import json
import os
from pathlib import Path
from typing import Any, Protocol


class Store(Protocol):
    """JSON values by name. One store belongs to one app."""

    def read(self, name: str, fallback: Any) -> Any:
        """Return the value, or the fallback where nothing readable is kept."""

    def write(self, name: str, value: Any) -> None:
        """Keep a value."""

    def remove(self, name: str) -> None:
        """Forget a value."""


class MemoryStore:
    """Keeps values as long as the process lives."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._values: dict[str, str] = {}

    def read(self, name: str, fallback: Any) -> Any:
        """Return the value, or the fallback."""
        return json.loads(self._values[name]) if name in self._values else fallback

    def write(self, name: str, value: Any) -> None:
        """Keep a copy."""
        self._values[name] = json.dumps(value)

    def remove(self, name: str) -> None:
        """Forget a value."""
        self._values.pop(name, None)


class FileStore:
    """Keeps each value in a file of its own that only the owner may read.

    A file is replaced as a whole, so a process that is killed leaves the old or the new value.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder where it is missing."""
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def read(self, name: str, fallback: Any) -> Any:
        """Return the value, or the fallback."""
        try:
            return json.loads(self._path(name).read_text())
        except (OSError, ValueError):
            return fallback

    def write(self, name: str, value: Any) -> None:
        """Replace the file."""
        path = self._path(name)
        fresh = path.with_suffix(".new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(value, file)
        fresh.replace(path)

    def remove(self, name: str) -> None:
        """Delete the file."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        # Names of ours and device ids, which may have any character but a few.
        return self._folder / f"{name.encode().hex()}.json"

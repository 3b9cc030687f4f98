"""Ports on the loopback address: kept from start to start where they are still free."""

import errno
import json
import random
import socket
from pathlib import Path

from imiconnect.engines.errors import StartError
from imiconnect.engines.folders import read_json, write_private

LOOPBACK = "127.0.0.1"
#: Below the range that the kernel hands out to outgoing connections (32768 on Linux).
_CHOICES = range(20_000, 32_000)


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether a server could listen on the port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def check_listen_address(host: str, port: int) -> None:
    """Raise ``StartError`` when the web server could not listen at the address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartError(_why_not(error, host, port)) from error


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken by another program. "
            f"Stop it, or choose another port: make run PORT={port + 1}."
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"Port {port} is reserved for the system. Choose another: make run PORT=8000."
    return f"The address {host} is not one of this machine. Set HOST to 127.0.0.1 or 0.0.0.0."


class Ports:
    """The ports of one data folder, remembered in ``ports.json`` there."""

    def __init__(self, folder: Path, *, keep: bool = False) -> None:
        """Read what the last start used; ``keep`` returns those ports without a check."""
        self._keep_known = keep
        self._path = folder / "ports.json"
        self._known = read_json(self._path)
        self._taken: set[int] = set()

    def choose(self, name: str, preferred: int | None = None) -> int:
        """Return the port of this name: the last one, the preferred one, or a free one."""
        if self._keep_known and name in self._known:
            return int(self._known[name])
        for port in (self._known.get(name), preferred):
            if port and port not in self._taken and is_free(port):
                return self._keep(name, port)
        for port in random.sample(_CHOICES, len(_CHOICES)):
            if port not in self._taken and is_free(port):
                return self._keep(name, port)
        raise StartError(
            "No port between 20000 and 32000 is free. Stop some programs and start again."
        )

    def _keep(self, name: str, port: int) -> int:
        self._taken.add(port)
        if self._known.get(name) != port:
            self._known[name] = port
            write_private(self._path, json.dumps(self._known, indent=1))
        return port

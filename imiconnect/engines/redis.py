"""The embedded Redis: Celery's broker, the channel layer and the cache."""

import socket
from pathlib import Path
from textwrap import dedent

from imiconnect.engines.folders import private_folder, write_private
from imiconnect.engines.program import Program
from imiconnect.engines.programs import redis_program
from imiconnect.engines.tcp import LOOPBACK

DATABASES = 64


class Redis:
    """One Redis with an append-only file, reached over the loopback address with a password."""

    name = "redis"
    title = "Redis"

    def __init__(self, folder: Path, port: int, credentials: dict[str, str]) -> None:
        """Describe the server that keeps its file in the folder."""
        self._folder = folder
        self._port = port
        self._password = credentials["redis"]

    def exports(self) -> dict[str, str]:
        """Return the settings that this engine supplies."""
        return {"REDIS_URL": f"redis://:{self._password}@{LOOPBACK}:{self._port}/0"}

    def prepare(self) -> Program:
        """Write the configuration and return the program."""
        path = private_folder(self._folder) / "redis.conf"
        write_private(path, self._settings())
        return Program(self.name, self.title, (str(redis_program()), str(path)))

    def _settings(self) -> str:
        folder = str(self._folder).replace("\\", "\\\\").replace('"', '\\"')
        return dedent(f"""\
            bind {LOOPBACK}
            port {self._port}
            requirepass {self._password}
            dir "{folder}"
            databases {DATABASES}
            appendonly yes
            appendfsync everysec
            save ""
            maxmemory-policy noeviction
            tcp-backlog 511
            daemonize no
            loglevel warning
            """)

    def is_ready(self) -> bool:
        """Tell whether the server answers; while it reads its file it does not."""
        try:
            with socket.create_connection((LOOPBACK, self._port), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    received = connection.recv(256)
                    if not received:
                        return False
                    answer += received
        except OSError:
            return False
        return answer.endswith(b"+PONG\r\n")

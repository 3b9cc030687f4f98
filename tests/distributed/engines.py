"""External engines of one machine: Debian's programs and the wheel's NATS, in one folder.

HAProxy and NATS run the files of ``deploy/compose``, with this machine's ports and folders in
the place of the containers'.
"""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import dedent

import nkeys
import psycopg

from imiconnect import ROOT
from imiconnect.engines.programs import nats_program
from imiconnect.engines.tcp import is_free
from tests.certificates import Certificates
from tests.distributed.members import Task, wrapper

#: Program to Debian's package of it.
PACKAGES = {
    "postgres": "postgresql",
    "pgbouncer": "pgbouncer",
    "redis-server": "redis-server",
    "rabbitmq-server": "rabbitmq-server",
    "epmd": "erlang-base",
    "haproxy": "haproxy",
    "setpriv": "util-linux",
}
NODES = (1, 2, 3)
_COMPOSE = ROOT / "deploy" / "compose"
_FOLDERS = ("/usr/lib/rabbitmq/bin", "/usr/sbin")
_WHO = "imiconnect"


def _path() -> str:
    """Return where programs are looked for: Debian has some outside of PATH."""
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    newest = sorted(versions, key=lambda folder: int(folder.parent.name))[-1:]
    return ":".join([*_FOLDERS, *map(str, newest), os.environ["PATH"]])


def check_programs() -> None:
    """End with one sentence that names every package which is missing."""
    missing = [
        package for name, package in PACKAGES.items() if not shutil.which(name, path=_path())
    ]
    if missing:
        sys.exit(f"Engines are not installed: apt-get install {' '.join(missing)}")


def program(name: str) -> str:
    """Return the path of a program."""
    found = shutil.which(name, path=_path())
    assert found, name
    return found


@dataclass
class Engines:
    """Everything that the engines share: their folder, ports, passwords and certificates."""

    folder: Path
    tls: Certificates
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    seed: str = field(
        default_factory=lambda: nkeys.encode_seed(
            os.urandom(32), nkeys.PREFIX_BYTE_ACCOUNT
        ).decode()
    )
    _ports: dict[str, int] = field(default_factory=dict)

    def port(self, name: str) -> int:
        """Return the port of something, always the same."""
        if name not in self._ports:
            taken = set(self._ports.values())
            free = (n for n in range(21_000, 22_000) if n not in taken and is_free(n))
            self._ports[name] = next(free)
        return self._ports[name]

    def settings(self) -> dict[str, str]:
        """Return what the platform has to know of them."""
        who, where = f"{_WHO}:{self.password}", "127.0.0.1"
        mqtt = ",".join(f"localhost:{self.port(f'mqtt-{node}')}" for node in NODES)
        nats = ",".join(f"{where}:{self.port(f'nats-{node}')}" for node in NODES)
        return {
            "DATABASE_URL": f"postgresql://{who}@{where}:{self.port('pgbouncer')}/{_WHO}",
            "DATABASE_DIRECT_URL": f"postgresql://{who}@{where}:{self.port('postgres')}/{_WHO}",
            "REDIS_URL": f"redis://:{self.password}@{where}:{self.port('redis')}/0",
            "CELERY_BROKER_URL": f"amqp://{who}@{where}:{self.port('rabbitmq')}//",
            "RTM_BROKER_URL": f"mqtts://gateway:{self.password}@{mqtt}",
            "RTM_BROKER_KIND": "nats",
            "RTM_DEVICE_TCP_URL": f"mqtts://{where}:{self.port('8883')}",
            "RTM_AUTH_CALLOUT_URL": f"nats://callout:{self.password}@{nats}",
            "RTM_AUTH_CALLOUT_SEED": self.seed,
        }

    def tasks(self) -> list[Task]:
        """Prepare all and return them in the order of their start."""
        return [
            self._postgres(),
            self._pgbouncer(),
            self._redis(),
            self._epmd(),
            self._rabbitmq(),
            *(self._nats(node) for node in NODES),
        ]

    def proxy(self, web: list[int]) -> Task:
        """Return HAProxy in front of web servers and NATS nodes."""
        text = self._own_tls((_COMPOSE / "haproxy.cfg").read_text())
        # Sockets that an ordinary user may open.
        text = text.replace("maxconn 60000", "maxconn 4000")
        for number, port in enumerate(web, 1):
            text = text.replace(f" web-{number}:8000", f" 127.0.0.1:{port}")
        for node in NODES:
            text = text.replace(f" nats-{node}:8883", f" 127.0.0.1:{self.port(f'mqtt-{node}')}")
        for public in ("80", "443", "8884", "8883"):
            text = re.sub(rf"bind :{public}\b", f"bind 127.0.0.1:{self.port(public)}", text)
        path = self._write("haproxy.cfg", text)
        command = (program("haproxy"), "-db", "-f", str(path))
        return Task("haproxy", command, is_ready=self._listens("443"))

    def _own_tls(self, text: str) -> str:
        return text.replace("/tls/", f"{self.tls.certificate.parent}/")

    def _write(self, name: str, text: str, *, user: str = "") -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
        self._give(path, user)
        return path

    def _give(self, path: Path, user: str) -> None:
        if user and os.geteuid() == 0:
            shutil.chown(path, user, user)

    def _listens(self, name: str) -> "Listens":
        return Listens(self.port(name))

    def _postgres(self) -> Task:
        folder = self.folder / "postgres"
        folder.mkdir()
        self._give(folder, "postgres")
        password = self._write("postgres/password", self.password, user="postgres")
        data = folder / "data"
        subprocess.run(
            [
                *wrapper("postgres"),
                program("initdb"),
                f"--pgdata={data}",
                f"--username={_WHO}",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"listen_addresses = '127.0.0.1'\nport = {self.port('postgres')}\n"
                "unix_socket_directories = ''\nmax_connections = 200\nshared_buffers = 256MB\n"
                "wal_compression = on\n"
            )
        url = self.settings()["DATABASE_DIRECT_URL"]

        def is_ready() -> bool:
            """Make the database as well, as the image does."""
            try:
                server = psycopg.connect(url.rsplit("/", 1)[0] + "/postgres", autocommit=True)
            except psycopg.OperationalError:
                return False
            with server:
                known = "SELECT 1 FROM pg_database WHERE datname = %s"
                if not server.execute(known, [_WHO]).fetchone():
                    server.execute(b"CREATE DATABASE %b" % _WHO.encode())
            return True

        command = (program("postgres"), "-D", str(data))
        return Task(
            "postgres", command, user="postgres", stop_signal=signal.SIGINT, is_ready=is_ready
        )

    def _pgbouncer(self) -> Task:
        users = self._write(
            "pgbouncer/users.txt", f'"{_WHO}" "{self.password}"\n', user="postgres"
        )
        self._give(users.parent, "postgres")
        text = dedent(f"""\
            [databases]
            * = host=127.0.0.1 port={self.port("postgres")}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {self.port("pgbouncer")}
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = {users}
            pool_mode = transaction
            default_pool_size = 60
            max_client_conn = 1000
            server_login_retry = 1
            """)
        path = self._write("pgbouncer/pgbouncer.ini", text, user="postgres")
        command = (program("pgbouncer"), str(path))
        return Task(
            "pgbouncer", command, user="postgres", stop_signal=signal.SIGINT,
            is_ready=self._listens("pgbouncer"),
        )  # fmt: skip

    def _redis(self) -> Task:
        # Nothing is kept on disk: what Redis has is made again.
        command = (
            program("redis-server"), "--bind", "127.0.0.1", "--port", str(self.port("redis")),
            "--requirepass", self.password, "--save", "", "--dir", str(self.folder),
        )  # fmt: skip
        return Task("redis", command, is_ready=self._listens("redis"))

    def _epmd(self) -> Task:
        """Return Erlang's name server, which RabbitMQ would leave running."""
        command = (program("epmd"), "-port", str(self.port("epmd")), "-address", "127.0.0.1")
        return Task("epmd", command, is_ready=self._listens("epmd"))

    def _rabbitmq(self) -> Task:
        folder = self.folder / "rabbitmq"
        conf = self._write(
            "rabbitmq/rabbitmq.conf",
            f"listeners.tcp.local = 127.0.0.1:{self.port('rabbitmq')}\n"
            f"default_user = {_WHO}\ndefault_pass = {self.password}\n"
            "loopback_users = none\ndisk_free_limit.absolute = 50MB\n",
            user="rabbitmq",
        )
        self._give(folder, "rabbitmq")
        environment = {
            "HOME": str(folder),
            "RABBITMQ_NODENAME": "imiconnect@localhost",
            "RABBITMQ_CONFIG_FILE": str(conf),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(
                self._write("rabbitmq/enabled_plugins", "[].\n", user="rabbitmq")
            ),
            "RABBITMQ_DIST_PORT": str(self.port("rabbitmq-nodes")),
            "ERL_EPMD_PORT": str(self.port("epmd")),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        return Task(
            "rabbitmq", (program("rabbitmq-server"),), environment,
            user="rabbitmq", program="beam.smp", is_ready=self._listens("rabbitmq"),
        )  # fmt: skip

    def _nats(self, node: int) -> Task:
        routes = ", ".join(f'"nats://127.0.0.1:{self.port(f"route-{n}")}"' for n in NODES)
        store = self.folder / f"nats-{node}"
        text = self._own_tls((_COMPOSE / "nats.conf").read_text())
        for there, here in (
            (r"^port: 4222", f"host: 127.0.0.1\nport: {self.port(f'nats-{node}')}"),
            (r"port: 8883", f"host: 127.0.0.1\n  port: {self.port(f'mqtt-{node}')}"),
            (r"port: 6222", f"host: 127.0.0.1\n  port: {self.port(f'route-{node}')}"),
            (r"routes: \[.*\]", f"routes: [{routes}]"),
            (r'store_dir: "/data"', f'store_dir: "{store}"'),
        ):
            text, found = re.subn(there, here, text, flags=re.M)
            assert found == 1, there
        path = self._write(f"nats-{node}.conf", text)
        passwords = (f"NATS_{who}_PASSWORD" for who in ("GATEWAY", "CALLOUT", "SYSTEM"))
        environment = dict.fromkeys(passwords, self.password) | {
            "NATS_ISSUER": nkeys.from_seed(self.seed.encode()).public_key.decode()
        }
        command = (str(nats_program()), "--config", str(path), "--name", f"nats-{node}")
        # A node takes MQTT when the cluster has a leader, so the first does not wait for it.
        task = Task(f"nats-{node}", command, environment)
        if node != NODES[-1]:
            return task
        return replace(task, is_ready=self._listens(f"mqtt-{node}"))


@dataclass(frozen=True)
class Listens:
    """Asks whether something takes connections at a port of the loopback address."""

    port: int

    def __call__(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

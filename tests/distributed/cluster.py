"""A distributed platform on one machine: the units of ``deploy/systemd``, external engines."""

import json
import os
import re
import secrets
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from imiconnect import ROOT
from imiconnect.vault import new_field_key
from tests.certificates import make_certificates
from tests.distributed.engines import Engines, Listens
from tests.distributed.members import Member, Task
from tests.waiting import wait_until

_UNITS = ROOT / "deploy" / "systemd"
#: Unit to its instances, in the order of their start; web servers are named by port.
INSTANCES = {
    "authcallout": ("1", "2"),
    "uplink": ("0-7", "8-15"),
    "gateway": ("1", "2"),
    "receipts": ("1", "2"),
    "outbound": ("1", "2"),
    "beat": ("1", "2"),
}


class Cluster:
    """Two of everything, as ``tests.running.Started`` for one of everything."""

    def __init__(self, folder: Path, *, code: Path = ROOT) -> None:
        """Describe it; ``code`` is the version that runs at first."""
        self.folder, self.code = folder, code
        self._data, self._logs = folder / "data", folder / "log"
        for each in (self._data, self._logs, folder / "tls"):
            each.mkdir()
        # PostgreSQL and PgBouncer are another user's, who must pass through.
        folder.chmod(0o711)
        self.engines = Engines(folder, make_certificates(folder / "tls"))
        self.members: dict[str, Member] = {}
        self.port = self.engines.port("443")
        self.ca = str(self.engines.tls.authority)
        self.url = f"https://127.0.0.1:{self.port}"
        self._environment = {
            **self.engines.settings(),
            "HOME": str(folder),
            "DATA_DIR": str(self._data),
            "SECRET_KEY": secrets.token_urlsafe(60),
            "FIELD_KEYS": new_field_key(),
            "HTTPS": "1",
            "TRUSTED_PROXIES": "1",
            "PUBLIC_URL": self.url,
            "ALLOWED_HOSTS": "127.0.0.1",
            "ALLOW_PRIVATE_CALLBACKS": "1",
            "LOG_LEVEL": "INFO",
            "RTM_DRAINS": "2",
            # The gateway checks the brokers' certificate.
            "SSL_CERT_FILE": self.ca,
        }

    def start(self) -> None:
        """Start the engines, migrate, then start the platform."""
        for task in self.engines.tasks():
            self._add(task)
        self.run("migrate", "--noinput", **self._quick())
        self.run("setup_demo")
        self._write_settings()
        for task in self.platform():
            self._add(task)
        web = [self.engines.port("web-1"), self.engines.port("web-2")]
        self._add(self.engines.proxy(web))
        wait_until(self.is_ready, self._missing)

    def _known_to(self, code: Path) -> dict[str, str]:
        """Return the settings; one address of each engine to a version that knew no more."""
        if "def nodes(" in (code / "imiconnect" / "urls_of_engines.py").read_text():
            return self._environment
        one = {"DATABASE_URL": self._environment["DATABASE_DIRECT_URL"]}
        for name in ("RTM_BROKER_URL", "RTM_AUTH_CALLOUT_URL"):
            one[name] = self._environment[name].split(",", 1)[0]
        return self._environment | one

    def _quick(self) -> dict[str, str]:
        """Return settings for the first migrations, which need not survive anything."""
        direct = self._environment["DATABASE_DIRECT_URL"]
        return {"DATABASE_URL": f"{direct}?options=-csynchronous_commit%3Doff"}

    def platform(self) -> Iterator[Task]:
        """Yield what the units of ``deploy/systemd`` run."""
        web = [str(self.engines.port(f"web-{number}")) for number in (1, 2)]
        for number, port in enumerate(web, 1):
            answers = Listens(int(port))
            yield replace(self._unit("web", port), name=f"web-{number}", is_ready=answers)
        for unit, instances in INSTANCES.items():
            for instance in instances:
                yield self._unit(unit, instance)

    def _unit(self, unit: str, instance: str) -> Task:
        text = (_UNITS / f"imiconnect-{unit}@.service").read_text()
        line = re.findall(r"^ExecStart=(.*)$", text, re.M)[0]
        line = line.replace("%i", instance).replace("%%", "%")
        words = line.replace("/srv/imiconnect/.venv/bin", str(Path(sys.executable).parent))
        own = shlex.split(re.findall(r"^Environment=(.*)$", text, re.M)[0])
        environment = self._known_to(self.code) | dict(pair.split("=", 1) for pair in own)
        return Task(
            f"{unit}-{instance}", tuple(shlex.split(words)), environment, folder=self.code
        )

    def move(self, code: Path) -> None:
        """Restart the platform on another version: one of each process, then the others."""
        self.code = code
        tasks = list(self.platform())
        for half in (tasks[0:1] + tasks[2::2], tasks[1:2] + tasks[3::2]):
            with ThreadPoolExecutor(len(half)) as pool:
                list(pool.map(self._replace, half))

    def _replace(self, task: Task) -> None:
        self.members[task.name].task = task
        self.members[task.name].restart()

    def _add(self, task: Task) -> None:
        member = Member(task, self._logs / f"{task.name}.log")
        self.members[task.name] = member
        member.start()

    def is_ready(self) -> bool:
        """Tell whether ``/readyz`` says that every part is there."""
        try:
            return httpx.get(f"{self.url}/readyz", verify=self.ca, timeout=10).is_success
        except httpx.HTTPError:
            return False

    def _missing(self) -> str:
        try:
            answer = httpx.get(f"{self.url}/readyz", verify=self.ca, timeout=10).text
        except httpx.HTTPError as error:
            answer = repr(error)
        return f"{answer}\nThe logs are in {self._logs}."

    def _write_settings(self) -> None:
        path = self._data / "cluster.json"
        path.write_text(json.dumps(self._environment))
        path.chmod(0o600)

    def settings(self) -> dict[str, str]:
        """The addresses; the database's is PostgreSQL's own."""
        return self._environment | {"DATABASE_URL": self._environment["DATABASE_DIRECT_URL"]}

    def demo(self) -> dict[str, Any]:
        """What the demo organization's clients need."""
        demo: dict[str, Any] = json.loads((self._data / "demo.json").read_text())
        return demo

    def manage(
        self, *arguments: str, code: Path | None = None, **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run a management command."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=code or self.code,
            env={
                "PATH": os.environ["PATH"],
                **self._known_to(code or self.code),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *arguments: str, code: Path | None = None, **environment: str) -> str:
        """Run a management command that must succeed; return what it said."""
        done = self.manage(*arguments, code=code, **environment)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def pid_of(self, name: str) -> int:
        """The process of one member."""
        return self.members[name].pid

    def close(self) -> None:
        """End everything, the platform first."""
        for member in reversed(self.members.values()):
            member.stop()
        # Give those that the kernel ends a moment.
        time.sleep(0.2)

"""A pytest plugin: the tests run against embedded engines of their own under ``var/test``.

It is loaded before pytest-django, which reads the settings: ``-p`` in ``addopts``, and
``python -m pytest`` so that the project is importable that early. Addresses in the
environment win: such an engine is not started.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from imiconnect import ROOT
from imiconnect.engines.embedded import Embedded, embedded_engines
from imiconnect.engines.folders import private_folder, read_json
from imiconnect.engines.runner import Runner

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
#: The settings that the embedded broker supplies, and where the controller names them.
_BROKER = (
    "RTM_BROKER_URL",
    "RTM_BROKER_KIND",
    "RTM_DEVICE_TCP_URL",
    "RTM_AUTH_CALLOUT_URL",
    "RTM_AUTH_CALLOUT_SEED",
)
_SHARED = "IMICONNECT_TESTS_SHARE"
_NO_ENGINES = {"-h", "--help", "-V", "--version", "--markers", "--fixtures"}


class _Engines:
    """The engines of one test run and the folder they hold."""

    def __init__(self) -> None:
        self._runner: Runner | None = None
        self._temporary: Path | None = None
        self._lock: IO[str] | None = None

    def start(self) -> None:
        folder = self._own_folder()
        embedded = embedded_engines(folder, mqtt_port=None, durable=False)
        if not _is_running(embedded):
            self._runner = Runner(embedded)
            self._runner.start()
        os.environ.update(embedded.settings, DATA_DIR=str(embedded.data_dir))
        os.environ[_SHARED] = " ".join(name for name in _BROKER if name in embedded.settings)

    def start_broker(self) -> None:
        """Give an xdist worker a broker of its own, unless the broker is an external one.

        Otherwise a device of one worker's test would ask the auth callout of another's.
        """
        shared = os.environ.get(_SHARED, "").split()
        if "RTM_BROKER_URL" not in shared:
            return
        environ = {name: value for name, value in os.environ.items() if name not in shared}
        folder = private_folder(private_folder(Path(environ["DATA_DIR"]) / "workers") / _WORKER)
        embedded = embedded_engines(folder, environ, mqtt_port=None, durable=False)
        self._runner = Runner(embedded)
        self._runner.start()
        os.environ.update({name: embedded.settings[name] for name in shared})

    def stop(self) -> None:
        if self._runner:
            self._runner.stop()
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)
        if self._lock:
            self._lock.close()

    def _own_folder(self) -> Path:
        """Return ``var/test``, or a folder of this run alone while another run holds it."""
        folder = private_folder(ROOT / "var" / "test")
        self._lock = (folder / ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._temporary = Path(tempfile.mkdtemp(prefix="test-", dir=folder.parent))
            return self._temporary
        return folder


def _is_running(embedded: Embedded) -> bool:
    """Tell whether ``manage.py engines`` has them running already; then take its settings."""
    published = read_json(embedded.settings_path)
    if not published:
        return False
    running = embedded_engines(
        embedded.data_dir, mqtt_port=None, durable=False, keep_ports=True
    )
    if not all(engine.is_ready() for engine in running.engines):
        return False
    embedded.settings = running.settings
    return True


_engines = _Engines()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, args: list[str]
) -> Iterator[Any]:
    """Start the engines before any plugin reads the settings; xdist's workers share most."""
    if _WORKER:
        os.environ["REDIS_URL"] = worker_redis_url(os.environ["REDIS_URL"], _WORKER)
        early_config.add_cleanup(_engines.stop)
        _engines.start_broker()
    elif not _NO_ENGINES.intersection(args):
        # A clean-up runs whatever else fails, and after every other plugin's end.
        early_config.add_cleanup(_engines.stop)
        _engines.start()
    return (yield)


def worker_redis_url(url: str, worker: str) -> str:
    """Return the address of the Redis database of one xdist worker (``gw0``, ``gw1``, ...).

    Each worker has two databases of its own: the second one holds the cache.
    """
    number = 2 * (int(worker.removeprefix("gw")) + 1)
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))

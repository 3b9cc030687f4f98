"""``manage.py up``: start the engines and the platform, watch them, and stop them in order."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

from django.core.exceptions import ImproperlyConfigured

from imiconnect.engines.checks import check_machine, lock_folder
from imiconnect.engines.credentials import load_credentials
from imiconnect.engines.demand import Demand
from imiconnect.engines.embedded import Engine, embedded_engines
from imiconnect.engines.errors import StartError
from imiconnect.engines.folders import private_folder, read_json, write_private
from imiconnect.engines.narrator import Narrator
from imiconnect.engines.processes import processes
from imiconnect.engines.program import Program
from imiconnect.engines.readiness import host_header, missing_parts
from imiconnect.engines.runner import last_words, prepare_all
from imiconnect.engines.schema import Schema, run_django
from imiconnect.engines.supervision import Supervision
from imiconnect.engines.tcp import Ports
from imiconnect.environment import Environment, read_environment

_ENGINE_SECONDS = 60
_PLATFORM_SECONDS = 180
#: A process that has died this often during the start will not come up by itself.
_DEATHS = 3


class Stopped(BaseException):
    """Somebody has asked for the end, by Ctrl-C or by a signal."""


class Platform:
    """One start of the platform from one data folder."""

    def __init__(self, data_dir: Path, say: Callable[[str], None]) -> None:
        """Take the folder; ``say`` gets each sentence for the terminal."""
        self._data_dir = data_dir.resolve()
        self._say = say
        self._began = time.monotonic()

    def run(self) -> int:
        """Run until somebody asks for the end; raises ``StartError`` when it cannot start."""
        with lock_folder(self._data_dir, self._say) as lock:
            self._embedded = embedded_engines(self._data_dir)
            self._environment = self._checked_environment()
            for remark in check_machine(
                self._data_dir, self._environment.HOST, self._environment.PORT
            ):
                self._say(remark)
            self._supervision = self._make_supervision()
            _stop_on_signals()
            try:
                self._start(lock.fileno())
                self._watch()
            except Stopped:
                return 0
            finally:
                self._stop()

    def _checked_environment(self) -> Environment:
        """Check every setting now, together with those that the engines will supply."""
        os.environ["DATA_DIR"] = str(self._data_dir)
        self._embedded.publish()
        try:
            return read_environment()
        except ImproperlyConfigured as error:
            self._embedded.withdraw()
            raise StartError(str(error)) from error

    def _make_supervision(self) -> Supervision:
        folder = private_folder(self._data_dir / "engines")
        port = Ports(folder).choose("supervisor")
        return Supervision(self._data_dir, port, load_credentials(folder)["supervisor"])

    def _start(self, lock: int) -> None:
        engines = self._embedded.engines
        self._say(_starting(engines))
        programs = prepare_all(engines)
        later = processes(self._environment)
        titles = {program.name: program.title for program in [*programs, *later]}
        self._narrator = Narrator(titles, self._say)
        self._supervision.start(programs, later, lock)
        threading.Thread(target=self._listen, daemon=True).start()
        for engine in engines:
            self._wait_for_engine(engine)
        self._migrate()
        self._say("Starting the web server, the workers and the gateway.")
        self._supervision.start_platform()
        self._demand = Demand(later, self._environment.DATABASE_URL, self._supervision)
        self._wait_for_platform(later)
        self._greet()

    def _listen(self) -> None:
        for line in self._supervision.lines():
            self._narrator.hear(line)

    def _wait_for_engine(self, engine: Engine) -> None:
        deadline = time.monotonic() + _ENGINE_SECONDS
        while not engine.is_ready():
            self._give_up_on_deaths({engine.name: engine.title})
            if time.monotonic() > deadline:
                what = f"did not answer in {_ENGINE_SECONDS} s"
                raise StartError(last_words(engine.title, self._log(engine.name), what))
            time.sleep(0.03)

    def _migrate(self) -> None:
        schema = Schema(self._data_dir, self._environment.DATABASE_URL)
        wanted = self._data_dir / "engines" / "demo-wanted"
        if schema.is_new() and os.environ.get("DEMO", "1") != "0":
            wanted.touch()
        if not schema.is_current():
            self._say("Bringing the database up to date.")
            schema.migrate()
        if wanted.exists():
            self._say("Loading the demo organizations.")
            # Migrating has made the checks.
            run_django("setup_demo", "--skip-checks")
            wanted.unlink()

    def _wait_for_platform(self, later: list[Program]) -> None:
        titles = {program.name: program.title for program in later}
        deadline = time.monotonic() + _PLATFORM_SECONDS
        environment = self._environment
        header = host_header(environment.ALLOWED_HOSTS)
        while (missing := missing_parts(environment.HOST, environment.PORT, header)) != []:
            self._give_up_on_deaths(titles)
            # What the database wants is missing until it is started, too.
            self._demand.look()
            if time.monotonic() > deadline:
                names = ", ".join(missing or ["the web server"])
                raise StartError(
                    f"The platform is not ready after {_PLATFORM_SECONDS} s; missing: {names}. "
                    f"The logs are in {self._supervision.logs}."
                )
            time.sleep(0.1)

    def _give_up_on_deaths(self, titles: dict[str, str]) -> None:
        for name, title in titles.items():
            if self._narrator.deaths.get(name, 0) >= _DEATHS:
                what = f"ended {_DEATHS} times while starting"
                raise StartError(last_words(title, self._log(name), what))
        self._check_manager()

    def _check_manager(self) -> None:
        if not self._supervision.is_running():
            raise StartError(
                "The process manager has died, and with it all that it ran. Start again; "
                f"its log is {self._log('supervisord')}."
            )

    def _log(self, name: str) -> Path:
        return self._supervision.logs / f"{name}.log"

    def _greet(self) -> None:
        seconds = time.monotonic() - self._began
        environment = self._environment
        url = environment.PUBLIC_URL or f"http://{environment.HOST}:{environment.PORT}"
        self._say(f"\nIMIconnect is ready after {seconds:.1f} s: {url}")
        if environment.SANDBOX:
            self._say(
                "The sandbox is on: doubles stand in for the providers (Tools, Sandbox), and "
                "nothing leaves this machine. SANDBOX=0 uses the real ones."
            )
        accounts = self._demo_accounts(url)
        if accounts:
            self._say(
                "Sign in as one of the demo people (also in demo.json of the data folder):"
            )
        for row in accounts:
            who = f"{row['email']:<34} {row['password']:<26}"
            self._say(f"  {who} {row['role']}, {row['organization']}")
        self._say("Ctrl-C stops everything.\n")

    def _demo_accounts(self, url: str) -> list[dict[str, str]]:
        """Return the demo's sign-ins; what is on disk names the address of this start."""
        path = self._data_dir / "demo.json"
        demo = read_json(path)
        if demo and demo.get("url") != url:
            write_private(path, json.dumps({**demo, "url": url}, indent=2) + "\n")
        accounts: list[dict[str, str]] = demo.get("accounts", [])
        return accounts

    def _watch(self) -> NoReturn:
        while True:
            self._check_manager()
            self._demand.look()
            time.sleep(0.5)

    def _stop(self) -> None:
        """Stop what runs; a second Ctrl-C does it at once."""
        if self._supervision.is_running():
            self._say("Stopping: first the platform, then the engines.")
            try:
                self._supervision.stop()
            except Stopped:
                self._supervision.kill()
            self._say("Everything has stopped.")
        self._embedded.withdraw()


def _starting(engines: list[Engine]) -> str:
    if not engines:
        return "Every engine is external; none is started here."
    return f"Starting {', '.join(engine.title for engine in engines)}."


def _stop_on_signals() -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)

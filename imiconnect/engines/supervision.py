"""The process manager: ``supervisord`` with a generated configuration, as a child of ours."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from xmlrpc.client import Fault, ServerProxy

from imiconnect.engines.folders import private_folder, write_private
from imiconnect.engines.program import Program, wrapped, wrapper, write_programs
from imiconnect.engines.tcp import LOOPBACK

#: A program that lives shorter than this is started again with a growing pause.
_YOUNG_SECONDS = 10
#: Never give up: a broker may be away for a night.
_RETRIES = 1_000_000
ENGINES, PLATFORM, ON_DEMAND = "engines", "platform", "ondemand"

_HEAD = """\
[supervisord]
nodaemon = true
logfile = %(ENV_IMICONNECT_LOGS)s/supervisord.log
logfile_maxbytes = 5MB
logfile_backups = 2
pidfile = %(ENV_IMICONNECT_LOGS)s/supervisord.pid
childlogdir = %(ENV_IMICONNECT_LOGS)s
loglevel = info
{user}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[inet_http_server]
port = {host}:{port}
username = supervisor
password = {password}
"""

# Folder names may hold any character; only expansions are safe from the parser's comments.
_PROGRAM = """
[program:{name}]
command = %(ENV_IMICONNECT_RUN)s {name}
autostart = {autostart}
autorestart = true
startsecs = {young}
startretries = {retries}
stopsignal = {signal}
stopwaitsecs = {patience}
killasgroup = true
redirect_stderr = true
stdout_logfile = %(ENV_IMICONNECT_PROGRAM_LOGS)s/{name}.log
stdout_logfile_maxbytes = 20MB
stdout_logfile_backups = 3
"""


class Supervision:
    """One ``supervisord``: first it runs the engines, then what it is told to start."""

    def __init__(self, data_dir: Path, port: int, password: str) -> None:
        """Describe it; ``port`` is for its own commands on the loopback address."""
        self.logs = data_dir / "log"
        self._folder = data_dir / "engines"
        self._address = (port, password)
        self._process: subprocess.Popen[str] | None = None

    def start(self, engines: Sequence[Program], later: Sequence[Program], lock: int) -> None:
        """Write the configuration and start the engines.

        ``lock`` is an open file that the process holds until it has stopped everything.
        """
        listed = self._folder / "programs.json"
        manager = _manager(self._folder / "supervisord.conf")
        private_folder(self.logs)
        write_programs(listed, [*engines, *later, manager])
        write_private(self._folder / "supervisord.conf", self._configuration(engines, later))
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
            wrapped(listed, manager.name),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=_environment(self.logs, listed),
            pass_fds=[lock],
            # Out of the terminal's reach: Ctrl-C is for us, who stop things in order.
            start_new_session=True,
        )

    def start_platform(self) -> None:
        """Start the processes that need the engines; returns at once."""
        self._commands().supervisor.startProcessGroup(PLATFORM, False)

    def demand(self, name: str, *, wanted: bool) -> None:
        """Start or stop a program that runs on demand; one that does so already is left."""
        commands, known = self._commands().supervisor, f"{ON_DEMAND}:{name}"
        try:
            if wanted:
                commands.startProcess(known, False)
            else:
                commands.stopProcess(known, False)
        except (Fault, OSError):
            return  # it runs, or does not, as wanted; else the next look tries again

    def is_running(self) -> bool:
        """Tell whether it has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def lines(self) -> Iterator[str]:
        """Yield its log line by line until it ends."""
        if self._process is not None and self._process.stdout is not None:
            for line in self._process.stdout:
                yield line.rstrip()

    def stop(self) -> None:
        """Stop the platform, then the engines, and wait until all have ended."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait()

    def kill(self) -> None:
        """End it at once; its programs end with their parent."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _commands(self) -> ServerProxy:
        port, password = self._address
        return ServerProxy(f"http://supervisor:{password}@{LOOPBACK}:{port}/RPC2")

    def _configuration(self, engines: Sequence[Program], later: Sequence[Program]) -> str:
        port, password = self._address
        user = f"user = {os.geteuid()}" if os.geteuid() == 0 else ""
        parts = [_HEAD.format(user=user, host=LOOPBACK, port=port, password=password)]
        # The group with the higher number starts last and stops first.
        always = [program for program in later if not program.wanted]
        on_demand = [program for program in later if program.wanted]
        groups = ((ENGINES, engines), (PLATFORM, always), (ON_DEMAND, on_demand))
        for priority, (group, programs) in enumerate(groups):
            if not programs:
                continue
            names = ",".join(program.name for program in programs)
            parts.append(f"\n[group:{group}]\nprograms = {names}\npriority = {priority}\n")
            parts += [_section(program, starts=group == ENGINES) for program in programs]
        return "".join(parts)


def _section(program: Program, *, starts: bool) -> str:
    return _PROGRAM.format(
        name=program.name,
        autostart=str(starts).lower(),
        young=_YOUNG_SECONDS,
        retries=_RETRIES,
        signal=program.stop_signal.name.removeprefix("SIG"),
        patience=program.stop_seconds,
    )


def _manager(configuration: Path) -> Program:
    command = (sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration))
    return Program("supervisord", "the process manager", command)


def _environment(logs: Path, listed: Path) -> dict[str, str]:
    run = shlex.join(wrapper(listed))
    return {
        **os.environ,
        "IMICONNECT_LOGS": str(logs),
        # supervisord expands the log file of a program twice, and the rest once.
        "IMICONNECT_PROGRAM_LOGS": str(logs).replace("%", "%%"),
        "IMICONNECT_RUN": run,
    }

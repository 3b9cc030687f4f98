"""Make sure that the tests have Chromium and Mosquitto, or say which tests are skipped.

Debian's packages are installed where that is allowed and possible: as root, on a machine with
``apt-get``. Mosquitto is a service, which would be started with each start of the machine:
it is installed only where no systemd runs, as in a container.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

#: The first is the same engine without the parts that draw a window: it takes half the time.
_BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin"


def find_browser() -> str | None:
    """Return the path of a Chromium on this machine: ``CHROMIUM`` names another one."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, _BROWSERS)), None)


def find_mosquitto() -> str | None:
    """Return the path of Mosquitto's broker on this machine."""
    return shutil.which("mosquitto", path=_SBIN)


def _install(*choices: str) -> None:
    """Install the first of the packages that this machine's sources have."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    sys.stdout.write(f"Installing Debian's package {choices[0]}.\n")
    sys.stdout.flush()
    # Runlevel 1: packages of services do not start them.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    _apt(environment, "update", "--quiet")
    for package in choices:
        if _apt(environment, "install", "--yes", "--no-install-recommends", package):
            return


def _apt(environment: Mapping[str, str], *arguments: str) -> bool:
    command = ["apt-get", *arguments]
    return not subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode


def _main() -> None:
    if not find_browser():
        _install(*_BROWSERS[:2])
    if not find_mosquitto() and not Path("/run/systemd/system").exists():
        _install("mosquitto")
    if not find_browser():
        sys.stdout.write(
            "There is no Chromium, so the tests in tests/browser are skipped. "
            "Install the package 'chromium-headless-shell' or 'chromium', or set CHROMIUM "
            "to a browser's path.\n"
        )
    if not find_mosquitto():
        sys.stdout.write(
            "There is no Mosquitto, so the tests against a second broker are skipped. "
            "Install the package 'mosquitto'; its service need not run.\n"
        )


if __name__ == "__main__":
    _main()

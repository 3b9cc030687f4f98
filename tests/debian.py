"""Make sure that the tests have Chromium and Mosquitto, or say which tests are skipped.

Debian's packages are installed where that is allowed and possible: as root, on a machine with
``apt-get``. Mosquitto is a service, which would be started with each start of the machine:
it is installed only where no systemd runs, as in a container.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

#: The same engine without the parts that draw windows, which takes half the time.
_SHELL = "chromium-headless-shell"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin"


def find_browser() -> str | None:
    """Return the path of a Chromium on this machine: ``CHROMIUM`` names another one."""
    return os.environ.get("CHROMIUM") or shutil.which(_SHELL) or find_whole_browser()


def find_whole_browser() -> str | None:
    """Return the path of a Chromium that knows notifications, which its shell does not."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, _BROWSERS)), None)


def find_mosquitto() -> str | None:
    """Return the path of Mosquitto's broker on this machine."""
    return shutil.which("mosquitto", path=_SBIN)


def _install(packages: Sequence[str]) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    # Runlevel 1: packages of services do not start them.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}

    def succeeds(*arguments: str) -> bool:
        command = ["apt-get", *arguments]
        return not subprocess.run(
            command, env=environment, stdout=subprocess.DEVNULL
        ).returncode

    if succeeds("update", "--quiet"):
        for package in packages:
            sys.stdout.write(f"Installing Debian's package {package}.\n")
            sys.stdout.flush()
            succeeds("install", "--yes", "--no-install-recommends", package)


def _main() -> None:
    missing = [] if find_whole_browser() else ["chromium"]
    if not os.environ.get("CHROMIUM") and not shutil.which(_SHELL):
        missing.append(_SHELL)
    if not find_mosquitto() and not Path("/run/systemd/system").exists():
        missing.append("mosquitto")
    if missing:
        _install(missing)
    if not find_browser():
        sys.stdout.write(
            "There is no Chromium, so the tests in tests/browser are skipped. "
            "Install the package 'chromium', or set CHROMIUM to a browser's path.\n"
        )
    if not find_mosquitto():
        sys.stdout.write(
            "There is no Mosquitto, so the tests against a second broker are skipped. "
            "Install the package 'mosquitto'; its service need not run.\n"
        )


if __name__ == "__main__":
    _main()

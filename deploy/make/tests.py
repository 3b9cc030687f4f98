"""Run the suite, or with ``--sweep`` what it takes samples of; failures run once more, alone.

Tests of processes and browsers run side by side on few cores, and one may starve there. A
failure that comes again by itself fails the run, and so do more than a handful: what was only
starved is named in the last line, so that it does not go unseen.
"""

import json
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_LOG = _ROOT / "build" / "pytest.log"
_FAILED = _ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
_HANDFUL = 5
#: Where this many fail, something that all share is broken: the rest would only cost time.
_ENOUGH = 20
_SOME_FAILED = 1  # pytest's exit status


def _pytest(*arguments: str) -> int:
    """Run pytest; what it prints goes to the terminal and to the end of the log."""
    command = [sys.executable, "-m", "pytest", *arguments]
    with (
        _LOG.open("a") as log,
        subprocess.Popen(  # noqa: S603 - pytest itself
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=_ROOT
        ) as process,
    ):
        for line in process.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            log.write(line)
    return process.returncode


def main(arguments: list[str]) -> int:
    """Return pytest's exit status of the run, or of the second one."""
    _LOG.parent.mkdir(exist_ok=True)
    _LOG.write_text("")
    status = _pytest("--cache-clear", f"--maxfail={_ENOUGH}", *arguments)
    if status != _SOME_FAILED or not _FAILED.exists():
        return status
    failed = sorted(json.loads(_FAILED.read_text()))
    if len(failed) > _HANDFUL:
        return status
    said = f"Once more, by themselves: {', '.join(failed)}\n"
    sys.stdout.write(said)
    sweep = [argument for argument in arguments if argument == "--sweep"]
    status = _pytest("--last-failed", "--last-failed-no-failures=none", "-n", "0", *sweep)
    if status == 0:
        said = f"Passed. Failed beside other tests, but not alone: {', '.join(failed)}\n"
        sys.stdout.write(said)
        with _LOG.open("a") as log:
            log.write(said)
    return status


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

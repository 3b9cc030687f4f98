"""``make upgrade``: an older version under load becomes this one, and accepts all the while.

The older version is a commit (``UPGRADE_FROM``; unless set, the one before the
newest migration) in a work tree of its own. Under the load of ``make chaos`` the new version's
migrations run, then its processes take the place of the old ones, half of them at a time,
as ``docs/operations.md`` says. Ends with 1 when an order was refused, a message was lost, or
the load ended before the last restart (``UPGRADE_SECONDS``).
Writes ``DATA_DIR/upgrade.json``.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from imiconnect import ROOT
from imiconnect.engines.folders import private_folder
from tests.bench.__main__ import machine
from tests.bench.gateway import Gateway
from tests.chaos.__main__ import DEVICES, HEAD, PER_SECOND, print_row
from tests.chaos.sink import Sink
from tests.chaos.trial import Result, Trial
from tests.distributed.cluster import Cluster
from tests.distributed.engines import check_programs

#: The load must last longer than migrations and restarts; the trial says when it did not.
SECONDS = int(os.environ.get("UPGRADE_SECONDS") or 360)
_LEAD_SECONDS = 20
_NO_ENGINES = {
    "DATABASE_URL": "postgres://none/none",
    "REDIS_URL": "redis://none",
    "RTM_BROKER_URL": "mqtt://none",
    "SECRET_KEY": "only-to-look-at-models-nothing-is-signed",
    "FIELD_KEYS": "k1:only-to-look",
}


class Upgrade(Trial):
    """An upgrade in the place of a fault."""

    def lead(self) -> float:
        """Return the seconds of load that the older version has for itself."""
        return _LEAD_SECONDS

    def strike(self, fault: str) -> None:
        """Migrate with the new version while the old one runs, then restart by halves."""
        cluster = self.gateway.started
        assert isinstance(cluster, Cluster)
        began = time.monotonic()
        said = cluster.run("migrate", "--noinput", code=ROOT)
        applied = [line.strip() for line in said.splitlines() if line.endswith(" OK")]
        migrated = time.monotonic()
        cluster.move(ROOT)
        sys.stdout.write(
            f"{len(applied)} migrations in {migrated - began:.1f} s, then every process was "
            f"restarted in {time.monotonic() - migrated:.1f} s\n"
        )


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def _is_whole(code: Path) -> bool:
    """Tell whether a version's migrations make what its models say."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "makemigrations", "--check", "--dry-run"],
        cwd=code,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(code / "data"), **_NO_ENGINES},
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


@contextmanager
def older(folder: Path) -> Iterator[tuple[Path, str]]:
    """Check the older version out; yield its folder and what it is."""
    # A squashed migration brings an installation nothing.
    steps = ("*/migrations/0*.py", ":(exclude)*_squashed_*")
    added = ("log", "-20", "--format=%H^", "--diff-filter=A", "--", *steps)
    named = os.environ.get("UPGRADE_FROM")
    commits = [named] if named else _git(*added).split()
    code = folder / "older"
    _git("worktree", "add", "--detach", "--quiet", str(code), commits[0])
    try:
        # Some commits lie between a model and its migration: nobody has run those.
        for commit in commits:
            _git("-C", str(code), "checkout", "--quiet", "--detach", commit)
            if named or _is_whole(code):
                break
        # Static files are no matter of the schema.
        shutil.copytree(ROOT / "build" / "static", code / "build" / "static")
        yield code, _git("log", "-1", "--format=%h %s", commit)
    finally:
        _git("worktree", "remove", "--force", str(code))


def upgrade(folder: Path, code: Path, scale: float) -> Result:
    """Run the older version, and upgrade it under load."""
    sink = Sink()
    cluster = Cluster(folder, code=code)
    try:
        cluster.start()
        gateway = Gateway(cluster, devices=max(20, int(DEVICES * scale)))
        gateway.database.close()
        result = Upgrade(gateway, sink, PER_SECOND * scale, SECONDS).run("upgrade")
        checked = cluster.manage("check_messages")
        if checked.returncode:
            result.problems.append(checked.stdout + checked.stderr)
    finally:
        cluster.close()
        sink.close()
    return result


def main() -> int:
    """Upgrade; 1 when anything was refused or lost."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    check_programs()
    target = private_folder(Path(os.environ.get("DATA_DIR") or ROOT / "var"))
    scale = float(os.environ.get("CHAOS_SCALE") or 0.2)
    with tempfile.TemporaryDirectory(prefix="upgrade-") as name:
        folder = Path(name)
        (folder / "cluster").mkdir()
        folder.chmod(0o711)
        with older(folder) as (code, what):
            sys.stdout.write(f"{time.strftime('%Y-%m-%d')}, {machine()}\nfrom {what}\n")
            result = upgrade(folder / "cluster", code, scale)
    sys.stdout.write(HEAD)
    print_row("upgrade", result)
    sys.stdout.write(f"{result.repeated} requests had to be said again\n")
    for problem in result.problems[:20]:
        sys.stdout.write(f"{problem}\n")
    path = target / "upgrade.json"
    path.write_text(json.dumps(result.told() | {"from": what}, indent=1) + "\n")
    sys.stdout.write(f"Written to {path}\n")
    return 0 if result.is_good else 1


if __name__ == "__main__":
    sys.exit(main())

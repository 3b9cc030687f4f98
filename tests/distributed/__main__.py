"""``make distributed``: two of everything on external engines, one of each killed under load.

As ``make chaos`` (``tests.chaos``), with the same load, devices and counting, over TLS: three
NATS nodes, RabbitMQ, PostgreSQL behind PgBouncer in transaction mode, Redis, HAProxy, and the
units of ``deploy/systemd``. Writes ``DATA_DIR/distributed.json``. ``CHAOS_SCALE`` scales it,
``CHAOS_FAULTS`` names members, separated by commas.
"""

import os
import signal
import sys
import tempfile
from pathlib import Path

from imiconnect import ROOT
from imiconnect.engines.folders import private_folder
from tests.chaos.__main__ import asked, tried, written
from tests.chaos.sink import Sink
from tests.chaos.trial import Result
from tests.distributed.cluster import Cluster
from tests.distributed.drill import drill
from tests.distributed.engines import check_programs

#: Member to what people call it.
FAULTS = {
    "web-1": "ASGI server 1 of 2",
    "gateway-1": "worker (MT) 1 of 2",
    "receipts-1": "worker (DR) 1 of 2",
    "outbound-1": "worker (callb.) 1 of 2",
    "beat-1": "beat 1 of 2",
    "uplink-0-7": "uplink listener 1 of 2",
    "authcallout-1": "auth callout 1 of 2",
    "nats-1": "NATS node 1 of 3",
    "nats-2": "NATS node 2 of 3",
    "nats-3": "NATS node 3 of 3",
    "rabbitmq": "RabbitMQ",
    "redis": "Redis",
    "pgbouncer": "PgBouncer",
    "postgres": "PostgreSQL",
    "haproxy": "HAProxy",
}


def distributed(folder: Path, scale: float, faults: list[str]) -> dict[str, Result]:
    """Run a cluster and the faults on it, one after the other."""
    sink = Sink()
    cluster = Cluster(folder)
    try:
        cluster.start()
        results = tried(cluster, sink, scale, {fault: FAULTS[fault] for fault in faults})
        sys.stdout.write(drill(cluster, folder / "backup") + "\n")
    finally:
        cluster.close()
        sink.close()
        _keep_logs(folder)
    return results


def _keep_logs(folder: Path) -> None:
    """Copy the logs to ``DISTRIBUTED_LOGS``, where that is set."""
    if target := os.environ.get("DISTRIBUTED_LOGS"):
        Path(target).mkdir(parents=True, exist_ok=True)
        for log in (folder / "log").iterdir():
            (Path(target) / log.name).write_bytes(log.read_bytes())


def main() -> int:
    """Kill one of everything; 1 when anything was lost."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    check_programs()
    target = private_folder(Path(os.environ.get("DATA_DIR") or ROOT / "var"))
    scale, faults = asked(FAULTS)
    with tempfile.TemporaryDirectory(prefix="distributed-") as folder:
        results = distributed(Path(folder), scale, faults)
    return written(target / "distributed.json", FAULTS, results)


if __name__ == "__main__":
    sys.exit(main())

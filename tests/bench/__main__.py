"""``make bench``: measure the broker alone and the gateway end to end, in one run.

Writes ``DATA_DIR/bench.json`` (name to value) and ``plans.txt``, and prints a table. The
platform runs in a folder of its own that is removed afterwards. Aims are those of two cores. A
machine on which the broker alone is slow gets fewer messages, so that a run ends in ten minutes
there too.

``BENCH_SCALE=0.1`` makes every run a tenth as long. ``BENCH_LOG`` adds so many messages to the
log, measures again, and archives the oldest weeks in passing (``make bench-large``).
"""

import datetime as dt
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import psutil

from imiconnect import ROOT
from imiconnect.engines.credentials import load_credentials
from imiconnect.engines.folders import private_folder
from imiconnect.engines.nats import GATEWAY_USER, Nats
from imiconnect.engines.program import wrapped, write_programs
from imiconnect.engines.tcp import Ports
from imiconnect.rtm.protocol.envelopes import Downlink
from imiconnect.rtm.protocol.envelopes import downlink as encode
from imiconnect.rtm.protocol.topics import downlink, uplink
from tests.bench.cost import per_message, spent
from tests.bench.gateway import DEVICES, TEXT, Gateway
from tests.bench.processes import RUN, fleet, run
from tests.running import Started

#: Further measurements: ``tests.bench.<name>`` with ``run() -> dict[str, float]``, each in a
#: process of its own with the addresses of the platform that runs.
PARTS = ("fanout", "connected", "numbers", "sharing")
RUNS = 3
#: What the broker does alone on a machine that gets the full number of messages.
_FULL_SPEED = 20_000
_LONGEST_PART_SECONDS = 1800


class Bench:
    """The figures of one run."""

    def __init__(self, folder: Path, scale: float, path: Path) -> None:
        """``scale`` makes everything smaller, for a trial; figures go to ``path``."""
        self.folder, self.scale, self.path = folder, scale, path
        self.figures: dict[str, float] = {}
        self.failed: list[str] = []

    def many(self, count: int) -> int:
        """Return a number of messages, a multiple of a batch."""
        return max(200, int(count * self.scale) // 100 * 100)

    def note(self, name: str, value: float) -> None:
        """Keep a figure and print it."""
        self.figures[name] = round(value, 3)
        self.path.write_text(json.dumps(self.figures, indent=1) + "\n")
        sys.stdout.write(f"  {name:44} {value:12,.2f}\n")
        sys.stdout.flush()

    def latencies(self, name: str, values: list[float]) -> None:
        """Note p50, p95 and p99 in milliseconds."""
        cuts = statistics.quantiles(values, n=100, method="inclusive")
        for percent in (50, 95, 99):
            self.note(f"{name}_p{percent}_ms", cuts[percent - 1])

    def broker_alone(self) -> None:
        """Measure the embedded broker with nothing else running."""
        folder = private_folder(self.folder / "broker")
        credentials, ports = load_credentials(folder), Ports(folder)
        port = ports.choose("mqtt")
        nats = Nats(folder / "nats", ports.choose("nats"), port, credentials)
        listed = folder / "programs.json"
        write_programs(listed, [nats.prepare()])
        server = subprocess.Popen(wrapped(listed, "nats"), stderr=subprocess.DEVNULL)
        try:
            while not nats.is_ready():
                time.sleep(0.05)
            self._broker_runs(port, credentials["broker_gateway"], server.pid)
        finally:
            server.terminate()
            server.wait(20)

    def _broker_runs(self, port: int, password: str, pid: int) -> None:
        users = [f"user-{number}" for number in range(DEVICES)]
        where = {"host": "127.0.0.1", "port": port}
        who = {"username": GATEWAY_USER, "password": password}
        devices = [
            who
            | {
                "client_id": f"AB00000000/{user}/bench",
                "topic": downlink("AB00000000", user),
                "uplink": uplink("AB00000000", user, "bench"),
            }
            for user in users
        ]
        messages = self.many(30_000)
        job = (
            where
            | who
            | {
                "topics": [device["topic"] for device in devices],
                "payload": _payload(),
                "messages": messages,
                "window": 2000,
            }
        )
        with fleet(where | {"websocket": False, "devices": devices}) as running:
            run("broker", job | {"messages": 2000})
            running.report()
            before = spent(pid)
            seconds = statistics.median(run("broker", job) for _ in range(RUNS))
            self.note("broker_alone_msgs_per_s", messages / seconds)
            cost = per_message(before, spent(pid), messages * RUNS)["all"]
            self.note("broker_alone_cpu_us_per_msg", cost)
            self.latencies("broker_alone_to_device", running.report()["latencies"])
        self.scale *= min(1.0, self.figures["broker_alone_msgs_per_s"] / _FULL_SPEED)

    def gateway(self, gateway: Gateway) -> None:
        """Measure the platform."""
        with gateway.fleet(websocket=False) as devices:
            gateway.end_to_end(devices, self.many(3000), batch=100)
            self.end_to_end(gateway, devices, "end_to_end")
            self.latency(gateway, devices, "accept_to_device")
        with gateway.fleet(websocket=True) as devices:
            self.end_to_end(gateway, devices, "end_to_end_websocket")
            self.latency(gateway, devices, "accept_to_device_websocket")
        self.accept(gateway)
        rates = [gateway.receipts(self.many(20_000)) for _ in range(RUNS)]
        self.note("receipts_per_s", statistics.median(rates))

    def end_to_end(self, gateway: Gateway, devices: Any, name: str) -> None:
        """REST in batches to delivered and committed, as fast as it goes."""
        messages, before = self.many(20_000), spent(gateway.started.process.pid)
        runs = [gateway.end_to_end(devices, messages, batch=100)[0] for _ in range(RUNS)]
        after = spent(gateway.started.process.pid)
        rate = statistics.median(runs)
        self.note(f"{name}_msgs_per_s", rate)
        for kind, cost in per_message(before, after, messages * RUNS).items():
            self.note(f"{name}_cpu_us_per_msg_{kind}", cost)
        self.note(f"{name}_ratio", rate / self.figures["broker_alone_msgs_per_s"])
        single = gateway.end_to_end(devices, self.many(5000), batch=1)[0]
        self.note(f"{name}_single_msgs_per_s", single)

    def latency(self, gateway: Gateway, devices: Any, name: str) -> None:
        """500 single messages a second, due at fixed times."""
        time.sleep(2)
        devices.report()
        gateway.send(self.many(10_000), batch=1, connections=64, rate=500)
        gateway.wait_quiet()
        self.latencies(name, devices.report()["latencies"])

    def accept(self, gateway: Gateway) -> None:
        """Count what is accepted; the MT processor works meanwhile, to users without device."""
        for name, count, batch, connections in (
            ("accept_single_per_s", 8000, 1, 64),
            ("accept_batch_msgs_per_s", 40_000, 100, 8),
        ):
            rates, waits = [], []
            for _ in range(RUNS):
                messages = self.many(count)
                sent = gateway.send(messages, batch=batch, connections=connections, to="none")
                rates.append(messages / sent["seconds"])
                waits += sent["latencies"]
                gateway.wait_quiet()
            self.note(name, statistics.median(rates))
            self.latencies(name.replace("_per_s", "").replace("_msgs", ""), waits)

    def part(self, started: Started, *named: str) -> None:
        """Run one further measurement; one that fails is named at the end, the rest goes on."""
        for figure, value in self._asked(started, *named).items():
            self.note(figure, value)

    def plans(self, started: Started) -> None:
        """Write how PostgreSQL reads the list of numbers and the stock to ``plans.txt``."""
        found = self._asked(started, "numbers", "plans")
        text = "\n\n".join(f"{name}\n{plan}" for name, plan in found.items())
        self.path.with_name("plans.txt").write_text(text + "\n")

    def _asked(self, started: Started, *named: str) -> dict[str, Any]:
        """Return what a function of a part says; nothing where it fails."""
        try:
            done = subprocess.run(
                [sys.executable, RUN, "bench.part", *named],
                cwd=ROOT,
                env={**os.environ, "DATA_DIR": str(started.folder)},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
                timeout=_LONGEST_PART_SECONDS,
            )
        except subprocess.SubprocessError as error:
            self.failed.append(f"{' '.join(named)}: {error}")
            return {}
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def large(self, gateway: Gateway) -> None:
        """Measure again over a log of ``BENCH_LOG`` messages, and while weeks of it go."""
        self.part(gateway.started, "large")
        with gateway.fleet(websocket=False) as devices:
            gateway.end_to_end(devices, self.many(3000), batch=100)
            self.end_to_end(gateway, devices, "large_log_end_to_end")
            archiving = threading.Thread(
                target=self.part, args=(gateway.started, "large", "archive")
            )
            archiving.start()
            waits: list[float] = []
            while archiving.is_alive():
                sent = gateway.send(200, batch=1, connections=8, rate=100)
                waits += sent["latencies"]
            archiving.join()
            self.latencies("large_log_accept_while_archiving", waits)


def _payload() -> str:
    message = Downlink(
        tid=uuid.uuid4(),
        app_id="AB00000000",
        user_id="user-100",
        device_id="",
        payload={"message": {"text": TEXT}},
        thread=None,
        created_at=dt.datetime.now(dt.UTC),
    )
    return encode(message).decode().replace(str(message.tid), "<<TID>>")


def machine() -> str:
    """Say on what this runs, and what else does."""
    lines = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = next(
        (line.split(":")[1].strip() for line in lines.splitlines() if "model name" in line),
        platform.processor(),
    )
    gib = psutil.virtual_memory().total / 2**30
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    return (
        f"{psutil.cpu_count()} cores ({model}), {gib:.0f} GiB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}; load before: {load}"
    )


def main() -> int:
    """Measure everything."""
    # So that nothing is left running when somebody stops it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = time.monotonic()
    target = Path(os.environ.get("DATA_DIR") or ROOT / "var")
    scale = float(os.environ.get("BENCH_SCALE") or 1)
    sys.stdout.write(f"{time.strftime('%Y-%m-%d')}, {machine()}\n")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=private_folder(target)) as folder:
        bench = Bench(Path(folder), scale, target / "bench.json")
        bench.broker_alone()
        started = Started(Path(folder) / "data", demo=True)
        try:
            started.wait_until_ready()
            gateway = Gateway(started)
            with gateway.database:
                bench.gateway(gateway)
                for name in PARTS:
                    bench.part(started, name)
                bench.plans(started)
                if os.environ.get("BENCH_LOG"):
                    bench.large(gateway)
        finally:
            started.close()
    bench.note("bench_seconds", time.monotonic() - began)
    sys.stdout.write(f"written to {bench.path}\n")
    for sentence in bench.failed:
        sys.stderr.write(f"could not be measured: {sentence}\n")
    return bool(bench.failed)


if __name__ == "__main__":
    sys.exit(main())

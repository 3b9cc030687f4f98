"""One fault under load: who is killed when, and what is found afterwards."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

import psycopg

from imiconnect import ROOT
from tests.bench.gateway import MESSAGING, Gateway
from tests.bench.processes import RUN, run
from tests.chaos.sink import Sink
from tests.running import Platform

#: Program of the process manager to what people call it.
FAULTS = {
    "gateway": "worker (MT, retry)",
    "receipts": "worker (DR, MO, expiry)",
    "outbound": "worker (callbacks)",
    "beat": "beat",
    "uplink": "uplink listener",
    "authcallout": "auth callout",
    "web": "ASGI server",
    "nats": "broker",
    "redis": "Redis",
    "postgres": "PostgreSQL",
}
BATCH = 5
#: Of so many orders one asks for receipts, which its customer's server compares.
_TOLD = 10
_DROPPING = 0.2
#: Seconds until every message that was accepted must have its outcome.
PATIENCE = int(os.environ.get("CHAOS_PATIENCE") or 240)
_TEXT = "Your card ending in 4711 was used. sent:<<SENT>>"
_DELIVERED = (2, 3)
_WAITING = """
SELECT 1 FROM rtm_openmessage
UNION ALL SELECT 1 FROM rtm_callback WHERE state = 'pending' LIMIT 1
"""
_STORED = """
SELECT correlation_id, id::text, address, state FROM rtm_message WHERE correlation_id LIKE %s
"""
_TWO_STATES = """
SELECT count(*) FROM rtm_message
WHERE state IN (4, 5) AND delivered_at IS NOT NULL OR state IN (2, 3) AND is_failed
"""


@dataclass
class Result:
    """What one fault has done; ``problems`` are sentences with examples."""

    accepted: int = 0
    lost: int = 0
    two_terminal_states: int = 0
    delivered_twice_after_dedup: int = 0
    #: Seconds from the kill until no message waited for longer than two seconds any more,
    #: of devices that stayed connected.
    recovery_s: float = 0.0
    #: Requests that were said again: without an answer, or refused for the moment.
    repeated: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost or doubled."""
        wrong = self.lost + self.two_terminal_states + self.delivered_twice_after_dedup
        return self.accepted > 0 and not wrong and not self.problems

    def told(self) -> dict[str, Any]:
        """Return what ``chaos.json`` has of it."""
        return asdict(self)


class Devices:
    """A running ``tests.chaos.devices``."""

    def __init__(self, started: Platform, devices: list[dict[str, str]]) -> None:
        """Start it and wait until all have subscribed once."""
        tcp = int(started.settings()["RTM_DEVICE_TCP_URL"].rsplit(":", 1)[1])
        self._process = subprocess.Popen(
            [sys.executable, RUN, "chaos.devices"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        spec = {
            "host": "127.0.0.1",
            "ca": started.ca,
            "ways": [
                {"websocket": False, "port": tcp},
                {"websocket": True, "port": started.port},
            ],
            "dropping": _DROPPING,
            "devices": devices,
        }
        assert self.ask(json.dumps(spec)) == "ready", "the devices could not connect"

    def ask(self, line: str) -> Any:
        """Return the answer to a question."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End all devices."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(20)


class Trial:
    """One fault on a running platform."""

    def __init__(self, gateway: Gateway, sink: Sink, per_second: float, seconds: float) -> None:
        """Prepare a load of so many messages a second for so long."""
        self.gateway, self.sink = gateway, sink
        self.per_second, self.seconds = per_second, seconds
        self.result = Result()

    def run(self, fault: str) -> Result:
        """Load, kill, wait, compare."""
        devices = Devices(self.gateway.started, self.gateway.devices)
        try:
            mark = f"{fault}-{uuid.uuid4().hex[:6]}"
            killed, load = self._load_and_kill(fault, mark)
            devices.ask("stay")
            is_quiet = self._wait()
            self._compare(mark, load, devices.ask("shown"))
            late = [came for due, came in devices.ask("waited") if due > killed - 5]
            self.result.recovery_s = round(max([0.0, *(came - killed for came in late)]), 1)
            if not is_quiet:
                self.result.problems.append(f"not everything was done after {PATIENCE} s")
        finally:
            devices.close()
        return self.result

    def _load_and_kill(self, fault: str, mark: str) -> tuple[float, dict[str, Any]]:
        answers: list[dict[str, Any]] = []
        job = self._job(mark)
        sender = threading.Thread(target=lambda: answers.append(run("chaos.load", job)))
        sender.start()
        time.sleep(self.lead())
        killed = time.monotonic()
        self.strike(fault)
        if not sender.is_alive():
            self.result.problems.append("the load was over before what it was to meet")
        sender.join()
        assert answers, "sending has failed"
        return killed, answers[0]

    def lead(self) -> float:
        """Return the seconds of load before the strike."""
        return self.seconds / 3

    def strike(self, fault: str) -> None:
        """Do what is tried; the load goes on meanwhile."""
        os.kill(self.gateway.started.pid_of(fault), signal.SIGKILL)

    def _job(self, mark: str) -> dict[str, Any]:
        orders = max(10, int(self.per_second * self.seconds / BATCH))
        users = [device["topic"].split("/")[1] for device in self.gateway.devices]
        return {
            "url": f"{self.gateway.started.url}{MESSAGING}",
            "ca": self.gateway.started.ca,
            "key": self.gateway.demo["service_key"],
            "names": [f"{mark}-{order}" for order in range(orders)],
            "bodies": [self._body(mark, order, users) for order in range(orders)],
            "per_second": self.per_second / BATCH,
            "patience": PATIENCE,
        }

    def _body(self, mark: str, order: int, users: list[str]) -> str:
        numbers = range(order * BATCH, order * BATCH + BATCH)
        body: dict[str, Any] = {
            "deliverychannel": "rt",
            "appid": self.gateway.demo["app_id"],
            "destination": [
                {
                    "userid": [users[number % len(users)]],
                    "correlationid": f"{mark}-{order}.{number}",
                }
                for number in numbers
            ],
            "channels": {"rt": {"message": {"text": _TEXT}}},
        }
        if order % _TOLD == 0:
            body["notifyurl"] = self.sink.url
        return json.dumps(body)

    def _wait(self) -> bool:
        """Wait until nothing is open, nor any callback; tell whether that came."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(psycopg.OperationalError):
                if not self._rows(_WAITING):
                    return True
            time.sleep(0.2)
        return False

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask over a connection of its own: PostgreSQL is among those that are killed."""
        url = self.gateway.started.settings()["DATABASE_URL"]
        with psycopg.connect(url, autocommit=True) as database:
            return database.execute(query, values).fetchall()

    def _compare(self, mark: str, load: dict[str, Any], shown: dict[str, list[str]]) -> None:
        result = self.result
        result.problems += [f"refused: {line}" for line in load["refused"][:5]]
        result.repeated = load["tries"] - len(load["accepted"]) - len(load["refused"])
        rows: dict[str, list[tuple[str, str, int]]] = {}
        for name, tid, user, state in self._rows(_STORED, f"{mark}-%"):
            rows.setdefault(name, []).append((tid, user, state))
        seen = {topic.split("/")[1]: tids for topic, tids in shown.items()}
        for order in load["accepted"]:
            number = int(order.rsplit("-", 1)[1])
            for each in range(number * BATCH, number * BATCH + BATCH):
                self._one(f"{order}.{each}", rows.pop(f"{order}.{each}", []), seen)
        unasked = [name for name in rows if name.rsplit(".", 1)[0] not in load["accepted"]]
        if unasked and not load["refused"]:
            result.problems.append(f"{len(unasked)} stored that nobody sent")
        two_states = int(self._rows(_TWO_STATES)[0][0])
        result.two_terminal_states += len(self.sink.told_twice()) + two_states

    def _one(
        self, name: str, rows: list[tuple[str, str, int]], seen: dict[str, list[str]]
    ) -> None:
        result = self.result
        result.accepted += 1
        if len(rows) > 1:
            result.problems.append(f"{name} is stored {len(rows)} times")
        if not rows:
            result.lost += 1
            result.problems.append(f"{name} is not stored")
            return
        tid, user, state = rows[0]
        times = seen[user].count(tid)
        if state not in _DELIVERED or not times:
            result.lost += 1
            result.problems.append(
                f"{tid} of {user} has state {state} and was shown {times} times"
            )
        result.delivered_twice_after_dedup += times > 1

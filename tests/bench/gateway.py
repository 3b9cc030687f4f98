"""What is measured of the gateway, against one running platform."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg

from imiconnect.rtm.protocol.topics import downlink
from tests.bench.processes import Fleet, fleet, run
from tests.running import Platform

DEVICES = 200
MESSAGING = "/resources/v1/messaging"
TEXT = "Your card ending in 4711 was used. Was it you? Answer YES or NO. sent:<<SENT>>"
#: Seconds within which everything that was accepted must be through.
_PATIENCE = 180


class Gateway:
    """One platform with its demo app, and devices of it."""

    def __init__(self, started: Platform, *, devices: int = DEVICES) -> None:
        """Register the devices."""
        self.started = started
        self.demo = started.demo()
        self.database = psycopg.connect(started.settings()["DATABASE_URL"], autocommit=True)
        self.devices = list(self._register(devices))

    def _register(self, count: int) -> Iterator[dict[str, str]]:
        app = self.demo["app_id"]
        trust = self.started.ca or True
        with httpx.Client(base_url=self.started.url, verify=trust, timeout=30) as web:
            for number in range(count):
                answer = web.post(
                    f"/rtmsAPI/api/v3/{app}/register",
                    headers={"secretKey": self.demo["client_key"]},
                    json={"userId": f"user-{number}", "deviceId": f"bench-{number}"},
                ).json()
                assert "clientId" in answer, answer
                yield {
                    "client_id": answer["clientId"],
                    "username": f"{app}/user-{number}",
                    "password": answer["accessToken"],
                    "topic": downlink(app, f"user-{number}"),
                    "uplink": answer["uplinkTopic"],
                }

    def fleet(self, *, websocket: bool) -> Any:
        """Return a context with all devices connected."""
        tcp = self.started.settings()["RTM_DEVICE_TCP_URL"].rsplit(":", 1)[1]
        port = self.started.port if websocket else int(tcp)
        spec = {"host": "127.0.0.1", "port": port, "websocket": websocket}
        return fleet(spec | {"devices": self.devices})

    def send(
        self, messages: int, *, batch: int, connections: int, rate: float = 0, to: str = "user"
    ) -> dict[str, Any]:
        """Send messages over REST; ``to`` begins the user ids."""
        return self._load(self._bodies(batch, to), messages // batch, connections, rate)

    def _load(
        self, bodies: list[str], requests: int, connections: int, rate: float
    ) -> dict[str, Any]:
        job = {
            "host": "127.0.0.1",
            "port": self.started.port,
            "path": MESSAGING,
            "headers": {"key": self.demo["service_key"]},
            "bodies": bodies,
            "requests": requests,
            "connections": connections,
            "rate": rate,
        }
        result: dict[str, Any] = run("load", job)
        accepted = result["statuses"].get("202", 0) + result["statuses"].get("200", 0)
        assert accepted == requests, f"not all were accepted: {result['statuses']}"
        return result

    def _bodies(self, batch: int, to: str) -> list[str]:
        users = [
            f"{to}-{number % len(self.devices)}" for number in range(batch * len(self.devices))
        ]
        return [
            json.dumps(
                {
                    "deliverychannel": "rt",
                    "appid": self.demo["app_id"],
                    "destination": [
                        {"userid": [user], "correlationid": f"c{number}"}
                        for number, user in enumerate(users[start : start + batch])
                    ],
                    "channels": {"rt": {"message": {"text": TEXT}}},
                }
            )
            for start in range(0, len(users), batch)
        ]

    def _nudge(self) -> None:
        """Let a device confirm by REST, which wakes the DR processor as every receipt does."""
        device = self.devices[0]
        httpx.post(
            f"http://127.0.0.1:{self.started.port}/rtmsAPI/api/v3/"
            f"{self.demo['app_id']}/deliveryupdate",
            headers={
                "secretKey": self.demo["client_key"],
                "accessToken": device["password"],
            },
            json={"clientId": device["client_id"], "status": 2, "tid": str(uuid.uuid4())},
        ).raise_for_status()

    def wait_empty(self, query: str, *, patience: float = _PATIENCE) -> float:
        """Wait until a query has no row; return the monotonic time of that."""
        deadline = time.monotonic() + patience
        while self.database.execute(query).fetchone():
            assert time.monotonic() < deadline, f"still there: {query}"
            time.sleep(0.02)
        return time.monotonic()

    def wait_quiet(self) -> None:
        """Wait until nothing is due any more."""
        self.wait_empty("SELECT 1 FROM rtm_messagebatch LIMIT 1")
        self.wait_empty("SELECT 1 FROM rtm_openmessage WHERE due_at <= now() LIMIT 1")
        self.wait_empty("SELECT 1 FROM rtm_receiptbatch LIMIT 1")
        self.wait_empty(
            "SELECT 1 FROM rtm_receipt WHERE due_at <= now() AND attempts = 0 LIMIT 1"
        )

    def end_to_end(self, devices: Fleet, messages: int, *, batch: int) -> tuple[float, Any]:
        """Return messages per second until the last one is committed as delivered."""
        self.database.execute("DELETE FROM rtm_messagebatch")
        self.database.execute("DELETE FROM rtm_openmessage")
        devices.report()
        sent = self.send(messages, batch=batch, connections=4 if batch > 1 else 32)
        done = self.wait_empty("SELECT 1 FROM rtm_openmessage LIMIT 1")
        report = devices.report()
        assert report["received"] >= messages, report["received"]
        return messages / (done - sent["began"]), report

    def receipts(self, count: int) -> float:
        """Return how many receipts the DR processor applies and commits per second.

        They are put where the uplink listener puts them, in one commit, and all of them
        change a message.
        """
        self.send(count, batch=100, connections=2, to="away")
        self.wait_quiet()
        with self.database.transaction():
            self.database.execute(_CONFIRM, [f"away-{uuid.uuid4().hex[:6]}"])
        began = time.monotonic()
        self._nudge()
        return count / (self.wait_empty(_WAITING) - began)


#: The receipt of the nudge matches nothing and stays.
_WAITING = "SELECT 1 FROM rtm_receipt WHERE address LIKE 'away-%' LIMIT 1"
_CONFIRM = """
INSERT INTO rtm_receipt (tid, app_id, address, device_id, kind, code, reason, detail,
  received_at, due_at, attempts)
SELECT id, app_id, address, %s, 2, 0, '', '{}', now(), now(), 0
FROM rtm_openmessage WHERE address LIKE 'away-%%' ORDER BY id
"""

"""What a connected device costs: memory of broker and relay, and how fast devices come.

Measured for growing numbers of devices over TCP and WebSocket, so that a cost that grows with
them is seen. ``BENCH_SCALE`` makes the numbers smaller.
"""

import json
import os
import time
from pathlib import Path

import httpx
import psutil

from imiconnect.rtm.protocol.topics import downlink
from tests.bench.processes import fleet

#: 5,000 is what is aimed at; a process holds its sockets twice, for device and broker.
COUNTS = (500, 5000)
_SETTLE_SECONDS = 3.0


def run() -> dict[str, float]:
    """Return bytes per device and devices per second, by way and number of devices."""
    folder = Path(os.environ["DATA_DIR"])
    scale = float(os.environ.get("BENCH_SCALE") or 1)
    demo = json.loads((folder / "demo.json").read_text())
    tcp = json.loads((folder / "engines.json").read_text())["RTM_DEVICE_TCP_URL"]
    web = httpx.URL(demo["url"])
    devices = _registered(demo, max(50, int(COUNTS[-1] * scale)))
    figures: dict[str, float] = {}
    for count in COUNTS:
        number = max(50, int(count * scale))
        for way, port in (("tcp", int(tcp.rsplit(":", 1)[1])), ("websocket", web.port or 80)):
            spec = {"host": "127.0.0.1", "port": port, "websocket": way == "websocket"}
            before, began = _memory(folder), time.monotonic()
            with fleet(spec | {"devices": devices[:number]}):
                seconds = time.monotonic() - began
                time.sleep(_SETTLE_SECONDS)
                after = _memory(folder)
            name = f"{number}_devices_{way}"
            figures[f"{name}_connects_per_s"] = number / seconds
            for program in before:
                grown = max(0, after[program] - before[program])
                figures[f"{name}_{program}_bytes_each"] = grown / number
            time.sleep(_SETTLE_SECONDS)
    return figures


def _registered(demo: dict[str, str], count: int) -> list[dict[str, str]]:
    app, found = demo["app_id"], []
    with httpx.Client(base_url=demo["url"], timeout=30) as web:
        for number in range(count):
            answer = web.post(
                f"/rtmsAPI/api/v3/{app}/register",
                headers={"secretKey": demo["client_key"]},
                json={"userId": f"crowd-{number}", "deviceId": "bench"},
            ).json()
            found.append(
                {
                    "client_id": answer["clientId"],
                    "username": answer["username"],
                    "password": answer["accessToken"],
                    "topic": downlink(app, f"crowd-{number}"),
                    "uplink": answer["uplinkTopic"],
                }
            )
    return found


def _memory(folder: Path) -> dict[str, int]:
    """Return the resident memory of those that hold connections."""
    log = (folder / "log" / "supervisord.log").read_text()
    sizes = {}
    for name in ("nats", "web"):
        pid = int(log.rsplit(f"spawned: '{name}' with pid ", 1)[1].split("\n", 1)[0])
        sizes[name] = psutil.Process(pid).memory_info().rss
    return sizes

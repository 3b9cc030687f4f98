"""Simulated devices, many in one process: each confirms every message that it gets.

Started as ``python tests/run.py bench.devices``. The first line of standard input says in JSON
whom to be: ``host``, ``port``, ``websocket``, and ``devices`` with ``client_id``,
``username``, ``password``, ``topic``, ``uplink``. It prints ``ready`` when all have subscribed.
Each further line is a question, answered by a line: ``report`` gives the number of messages
and the latencies since the last one (milliseconds from ``sent:<ns>`` in the text, by the
machine's monotonic clock), ``seen`` the ids of all messages of each device. A device whose
connection is lost connects again.
"""

import asyncio
import json
import sys
import time
from typing import Any

import uvloop

from imiconnect.rtm.protocol.frames import Connect, Packet, write_publish
from tests.bench.wire import QOS_1, Connection, WebSocketConnection

_TID, _SENT = b'"tid":"', b"sent:"
_PAUSE_SECONDS = 0.5
#: How many connect at a time: a broker asks the gateway about each.
_AT_ONCE = 50


class Device:
    """One device: what it has seen, and how it confirms."""

    def __init__(self, told: dict[str, str]) -> None:
        """Take what the spec says of it."""
        self.uplink, self.topic = told["uplink"], told["topic"]
        self.connect = Connect(told["client_id"], told["username"], told["password"])
        self.seen: set[str] = set()

    def on_publish(self, packet: Packet, connection: Connection) -> bytes:
        """Note the message and return its receipt, QoS 1 as the SDK sends it."""
        now, body = time.monotonic_ns(), packet.body
        begin = body.find(_TID) + len(_TID)
        if begin < len(_TID):
            return b""
        tid = body[begin : begin + 36]
        sent = body.find(_SENT)
        if sent >= 0:
            digits = body[sent + 5 : sent + 24]
            latencies.append((now - int(digits)) / 1e6)
        self.seen.add(tid.decode())
        received[0] += 1
        receipt = b'{"op":"deliveryupdate","status":2,"tid":"%b"}' % tid
        return write_publish(QOS_1, self.uplink, connection.next_id() + receipt)


received = [0]
latencies: list[float] = []


async def stay(device: Device, spec: dict[str, Any], gate: asyncio.Semaphore) -> None:
    """Be connected for ever; the first time counts for ``ready``."""
    loop = asyncio.get_running_loop()
    kind = WebSocketConnection if spec["websocket"] else Connection
    while True:
        try:
            async with gate:
                _, connection = await loop.create_connection(
                    lambda: kind(device.connect, [(device.topic, 0)], device.on_publish),
                    spec["host"],
                    spec["port"],
                )
                await asyncio.wait_for(connection.ready, 20)
            spec["left"].discard(device.topic)
            await connection.lost
        except (OSError, TimeoutError):
            pass
        await asyncio.sleep(_PAUSE_SECONDS)


async def main() -> None:
    """Connect, then answer questions until standard input ends."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=1 << 26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    spec = json.loads(await lines.readline())
    devices = [Device(told) for told in spec["devices"]]
    spec["left"] = {device.topic for device in devices}
    gate = asyncio.Semaphore(_AT_ONCE)
    tasks = [asyncio.create_task(stay(device, spec, gate)) for device in devices]
    while spec["left"]:
        await asyncio.sleep(0.02)
    say("ready")
    while line := (await lines.readline()).strip():
        say(json.dumps(_answer(line, devices)))
    for task in tasks:
        task.cancel()


def say(line: str) -> None:
    """Write a line to whoever asked."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _answer(line: bytes, devices: list[Device]) -> Any:
    if line == b"seen":
        return {device.topic: sorted(device.seen) for device in devices}
    answer = {"received": received[0], "latencies": list(latencies)}
    received[0] = 0
    latencies.clear()
    return answer


if __name__ == "__main__":
    uvloop.run(main())

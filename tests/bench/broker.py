"""The broker by itself: the same devices and payloads, and a publisher that waits for receipts.

Started as ``python tests/run.py bench.broker`` with ``host``, ``port``, ``username``,
``password``, ``topics``, ``payload`` (``<<TID>>`` and ``<<SENT>>`` are filled in), ``messages``
and ``window`` (how many are on their way at most) as JSON on standard input. It publishes as
the gateway does (QoS 0 on NATS) and reads the uplink as the gateway does (QoS 1, acknowledged).
Prints the seconds from the first publish to the last receipt.
"""

import asyncio
import json
import sys
import time
import uuid
from typing import Any

import uvloop

from imiconnect.rtm.protocol.frames import Connect, Kind, Packet, read_publish, write_publish
from imiconnect.rtm.protocol.topics import uplink_filters
from tests.bench.wire import Connection


class Peer:
    """Publishes and counts receipts."""

    def __init__(self, spec: dict[str, Any]) -> None:
        """Take the job."""
        self.spec = spec
        self.sent = self.receipts = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> float:
        """Return the seconds for all messages."""
        spec = self.spec
        connect = Connect("gateway-bench", spec["username"], spec["password"])
        filters = [(name, 1) for name in uplink_filters()]
        _, self.link = await asyncio.get_running_loop().create_connection(
            lambda: Connection(connect, filters, self.on_receipt), spec["host"], spec["port"]
        )
        await self.link.ready
        began = time.monotonic()
        self.fill()
        await self.done
        return time.monotonic() - began

    def fill(self) -> None:
        """Publish until the window is full."""
        packets = []
        while self.sent < min(self.receipts + self.spec["window"], self.spec["messages"]):
            topic = self.spec["topics"][self.sent % len(self.spec["topics"])]
            payload = self.spec["payload"].replace("<<TID>>", str(uuid.uuid4()))
            payload = payload.replace("<<SENT>>", f"{time.monotonic_ns():019d}")
            packets.append(write_publish(0, topic, payload.encode()))
            self.sent += 1
        if packets:
            self.link.send(b"".join(packets))

    def on_receipt(self, packet: Packet, _connection: Connection) -> bytes:
        """Acknowledge; publish on when a part of the window is free."""
        self.receipts += 1
        if self.receipts % 50 == 0:
            self.fill()
        if self.receipts >= self.spec["messages"] and not self.done.done():
            self.done.set_result(None)
        _, rest = read_publish(packet.body)
        if not packet.flags & 0b0110:
            return b""
        return bytes([Kind.PUBACK << 4, 2]) + rest[:2]


async def main() -> None:
    """Run once."""
    sys.stdout.write(json.dumps(await Peer(json.loads(sys.stdin.read())).run()) + "\n")


if __name__ == "__main__":
    uvloop.run(main())

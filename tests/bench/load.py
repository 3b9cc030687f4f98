"""REST load from a process of its own: keep-alive connections that do as little as possible.

Started as ``python tests/run.py bench.load`` with the job as JSON on standard input: ``host``,
``port``, ``path``, ``headers``, ``bodies`` (used in turn; ``<<SENT>>`` becomes the monotonic
clock in nanoseconds, 19 digits), ``requests``, ``connections``, and ``rate`` per second or 0.
Without a rate each connection sends as soon as it has its answer. With a rate requests are
due at fixed times whatever the answers do (open loop), and latency counts from the due time.
Prints one line of JSON: seconds, latencies in milliseconds, and the number of each status.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from typing import Any, cast

import uvloop

_MARK = b"<<SENT>>"


class Client(asyncio.Protocol):
    """One connection: a request at a time."""

    def __init__(self) -> None:
        """Wait for nothing yet."""
        self._answer: asyncio.Future[int] | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Finish the answer when all of its body is there."""
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) >= length and self._answer is not None:
            self._buffer = b""
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the request that waits."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(0)

    async def post(self, head: bytes, body: bytes) -> int:
        """Return the status of the answer, 0 when the connection was lost."""
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return await self._answer


class Job:
    """The requests and what came of them."""

    def __init__(self, spec: dict[str, Any]) -> None:
        """Prepare the bytes."""
        self.spec = spec
        lines = [f"POST {spec['path']} HTTP/1.1", f"Host: {spec['host']}:{spec['port']}"]
        lines += [f"{name}: {value}" for name, value in spec["headers"].items()]
        lines.append("Content-Type: application/json\r\n")
        self.head = "\r\n".join(lines).encode()
        self.bodies = [body.encode() for body in spec["bodies"]]
        self.left = iter(range(spec["requests"]))
        self.latencies: list[float] = []
        self.statuses: Counter[int] = Counter()

    async def run(self) -> dict[str, Any]:
        """Send everything."""
        loop = asyncio.get_running_loop()
        address = self.spec["host"], self.spec["port"]
        clients = [
            (await loop.create_connection(Client, *address))[1]
            for _ in range(self.spec["connections"])
        ]
        began = time.monotonic_ns()
        await asyncio.gather(*(self._work(client, began) for client in clients))
        seconds = (time.monotonic_ns() - began) / 1e9
        return {
            "began": began / 1e9,
            "seconds": seconds,
            "latencies": self.latencies,
            "statuses": self.statuses,
        }

    async def _work(self, client: Client, began: int) -> None:
        rate = self.spec["rate"]
        for number in self.left:
            due = time.monotonic_ns()
            if rate:
                due = began + int(number * 1e9 / rate)
                await asyncio.sleep(max(0, due - time.monotonic_ns()) / 1e9)
            body = self.bodies[number % len(self.bodies)]
            body = body.replace(_MARK, b"%019d" % due)
            status = await client.post(self.head, body)
            self.latencies.append((time.monotonic_ns() - due) / 1e6)
            self.statuses[status] += 1
            if not status:
                return


if __name__ == "__main__":
    sys.stdout.write(json.dumps(uvloop.run(Job(json.loads(sys.stdin.read())).run())) + "\n")

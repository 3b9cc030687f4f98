"""Devices under faults, many in one process: a part of them keeps dropping and returning.

Started as ``python tests/run.py chaos.devices`` with the spec as the first line of standard
input: ``ways`` (``websocket`` true or false, and ``port``, of which devices use one in turn),
``host``, ``ca`` (the authority of its certificates, null without TLS), ``dropping`` (the
share that drops) and ``devices`` as of ``tests.bench.devices``.
Prints ``ready`` when all have subscribed once. Each line is then a question, answered by one:
``stay`` ends the dropping, ``shown`` gives by topic what each has shown its user, in order
and after the duplicate suppression of the Python client, and ``waited`` the messages that
devices which stayed had to wait for: ``[due, arrival]`` in seconds of the monotonic clock.
"""

import asyncio
import json
import random
import ssl
import sys
import time
from typing import Any

import uvloop

from imiconnect.rtm.client.backoff import delay_after
from imiconnect.rtm.client.seen import Seen
from imiconnect.rtm.client.storage import MemoryStore
from imiconnect.rtm.protocol.frames import Connect, Kind, Packet, write_publish
from tests.bench.wire import QOS_1, Connection, WebSocketConnection

_TID, _SENT = b'"tid":"', b"sent:"
#: Later than this after it was due, a message counts as one that had to wait.
LATE_SECONDS = 2.0
_UP, _AWAY = (3.0, 8.0), (1.0, 4.0)
#: How many connect at a time: a broker asks the gateway about each.
_AT_ONCE = 50
_ANSWER_SECONDS = 20


class Forgetful(MemoryStore):
    """Keeps nothing: these devices live as long as the process."""

    def write(self, name: str, value: Any) -> None:
        """Drop it."""


class Device:
    """One device: it shows what is new, and confirms whatever comes."""

    def __init__(self, told: dict[str, str], way: dict[str, Any], *, drops: bool) -> None:
        """Take what the spec says of it."""
        self.topic, self.uplink = told["topic"], told["uplink"]
        self.connect = Connect(told["client_id"], told["username"], told["password"])
        self.way, self.drops = way, drops
        self.seen = Seen(Forgetful(), told["client_id"])
        self.shown: list[str] = []

    def on_publish(self, packet: Packet, connection: Connection) -> bytes:
        """Show the message once and return its receipt, QoS 1 as the SDK sends it."""
        body = packet.body
        begin = body.find(_TID) + len(_TID)
        if begin < len(_TID):
            return b""
        tid = body[begin : begin + 36]
        if self.seen.add(tid=tid.decode()):
            self.shown.append(tid.decode())
            self._note(body)
        receipt = b'{"op":"deliveryupdate","status":2,"tid":"%b"}' % tid
        return write_publish(QOS_1, self.uplink, connection.next_id() + receipt)

    def _note(self, body: bytes) -> None:
        at = body.find(_SENT)
        if at < 0 or self.drops:
            return
        now, due = time.monotonic(), int(body[at + 5 : at + 24]) / 1e9
        if now - due > LATE_SECONDS:
            waited.append((due, now))


waited: list[tuple[float, float]] = []


class Fleet:
    """All devices of the process."""

    def __init__(self, spec: dict[str, Any]) -> None:
        """Choose who drops and who connects how."""
        ways, share = spec["ways"], spec["dropping"]
        self.host = spec["host"]
        ca = spec["ca"]
        self.tls = ssl.create_default_context(cafile=ca) if ca else None
        self.devices = [
            Device(
                told, ways[number % len(ways)], drops=(number * share) % 1 + share > 1 - 1e-9
            )
            for number, told in enumerate(spec["devices"])
        ]
        self.left = {device.topic for device in self.devices}
        self.gate = asyncio.Semaphore(_AT_ONCE)
        self.staying = asyncio.Event()

    async def live(self, device: Device) -> None:
        """Be connected, or away for a while, until cancelled."""
        failures = 0
        while True:
            try:
                connection = await self._connected(device)
            except (OSError, TimeoutError):
                failures += 1
                await asyncio.sleep(delay_after(failures))
                continue
            failures = 0
            self.left.discard(device.topic)
            if not device.drops or self.staying.is_set():
                await connection.lost
                await asyncio.sleep(delay_after(1))
                continue
            await self._drop(connection)

    async def _connected(self, device: Device) -> Connection:
        kind = WebSocketConnection if device.way["websocket"] else Connection
        async with self.gate:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: kind(device.connect, [(device.topic, 0)], device.on_publish),
                self.host,
                device.way["port"],
                ssl=self.tls,
            )
            try:
                await asyncio.wait_for(connection.ready, _ANSWER_SECONDS)
            except BaseException:
                connection.close()
                raise
        return connection

    async def _drop(self, connection: Connection) -> None:
        """Stay for some seconds, go with a word or without, and be away for some seconds."""
        stay = asyncio.ensure_future(self.staying.wait())
        await asyncio.wait(
            [connection.lost, stay],
            timeout=random.uniform(*_UP),
            return_when=asyncio.FIRST_COMPLETED,
        )
        stay.cancel()
        if self.staying.is_set():
            await connection.lost
            return
        if random.random() < 0.5 and not connection.lost.done():
            connection.send(bytes([Kind.DISCONNECT << 4, 0]))
        connection.close()
        await asyncio.sleep(random.uniform(*_AWAY))

    def answer(self, question: str) -> Any:
        """Answer a question."""
        if question == "stay":
            self.staying.set()
            return "ok"
        if question == "waited":
            told = list(waited)
            waited.clear()
            return told
        return {device.topic: device.shown for device in self.devices}


async def main() -> None:
    """Connect, then answer questions until standard input ends."""
    lines = asyncio.StreamReader(limit=1 << 26)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    fleet = Fleet(json.loads(await lines.readline()))
    tasks = [asyncio.create_task(fleet.live(device)) for device in fleet.devices]
    for task in tasks:
        task.add_done_callback(_ended)
    while fleet.left:
        await asyncio.sleep(0.02)
    say('"ready"')
    while line := (await lines.readline()).strip():
        say(json.dumps(fleet.answer(line.decode())))
    for task in tasks:
        task.cancel()


def _ended(task: "asyncio.Task[None]") -> None:
    """A device that ends by itself is a fault of this program."""
    if not task.cancelled():
        sys.stderr.write(f"A device has ended: {task.exception()!r}\n")


def say(line: str) -> None:
    """Write a line to whoever asked."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main())

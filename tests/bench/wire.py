"""Connections of the simulated devices: MQTT on a TCP socket or inside of WebSocket frames.

Both feed the same ``Device``. Cheap on purpose, so that the clients do not set the figures:
one ``asyncio.Protocol`` per connection, everything that one read brings is answered by one
write, and WebSocket frames are masked with the key zero, which leaves the bytes as they are.
"""

import asyncio
import base64
import os
from collections.abc import Callable
from typing import Protocol, cast

from imiconnect.rtm.protocol.frames import (
    Connect,
    FrameReader,
    Kind,
    Packet,
    read_connack,
    write_connect,
    write_subscribe,
)

LIMIT = 1 << 20
QOS_1 = 0b0010


class Handler(Protocol):
    """What a connection does with a PUBLISH that came; returns what to send."""

    def __call__(self, packet: Packet, connection: "Connection") -> bytes: ...


class Connection(asyncio.Protocol):
    """One MQTT session over TCP: connects, subscribes, and hands every PUBLISH over."""

    def __init__(
        self, connect: Connect, filters: list[tuple[str, int]], on_publish: Handler
    ) -> None:
        """Know what to say first; ``ready`` is done with the SUBACK."""
        self._connect, self._filters, self._on_publish = connect, filters, on_publish
        self._reader = FrameReader(LIMIT)
        self._transport: asyncio.Transport | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.packet_id = 0
        self.on_ack: Callable[[], None] = lambda: None

    def next_id(self) -> bytes:
        """Return the packet id of the next PUBLISH of QoS 1."""
        self.packet_id = self.packet_id % 0xFFFF + 1
        return self.packet_id.to_bytes(2, "big")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send CONNECT."""
        self._transport = cast(asyncio.Transport, transport)
        self.send(write_connect(self._connect))

    def data_received(self, data: bytes) -> None:
        """Answer everything that a read has brought at once."""
        answers = [self._answer(packet) for packet in self._reader.feed(data)]
        if answer := b"".join(answers):
            self.send(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if not self.ready.done():
            self.ready.set_exception(exc or ConnectionError("closed before SUBACK"))
        if not self.lost.done():
            self.lost.set_result(None)

    def send(self, data: bytes) -> None:
        """Write MQTT packets."""
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()

    def _answer(self, packet: Packet) -> bytes:
        if packet.kind == Kind.PUBLISH:
            return self._on_publish(packet, self)
        if packet.kind == Kind.PUBACK:
            self.on_ack()
        elif packet.kind == Kind.CONNACK:
            code = read_connack(packet.body)
            if code:
                self.ready.set_exception(ConnectionError(f"CONNACK {code}"))
            elif self._filters:
                return write_subscribe(1, self._filters)
            else:
                self.ready.set_result(None)
        elif packet.kind == Kind.SUBACK and not self.ready.done():
            self.ready.set_result(None)
        return b""


class WebSocketConnection(Connection):
    """The same inside of binary frames (RFC 6455)."""

    host = "localhost"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the change of protocol; CONNECT follows the answer."""
        self._transport = cast(asyncio.Transport, transport)
        self._open, self._rest = False, b""
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET /mqtt HTTP/1.1\r\nHost: {self.host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Take the frames off."""
        data = self._rest + data
        if not self._open:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self.ready.set_exception(ConnectionError(head[:60].decode("latin-1")))
                self.close()
                return
            self._open = True
            self.send(write_connect(self._connect))
        payloads, self._rest = _unframed(data)
        if payloads:
            super().data_received(payloads)

    def send(self, data: bytes) -> None:
        """Write one masked binary frame."""
        size = len(data)
        if size < 126:
            head = bytes([0x82, 0x80 | size])
        elif size < 1 << 16:
            head = bytes([0x82, 0xFE]) + size.to_bytes(2, "big")
        else:
            head = bytes([0x82, 0xFF]) + size.to_bytes(8, "big")
        super().send(head + b"\0\0\0\0" + data)


def _unframed(data: bytes) -> tuple[bytes, bytes]:
    """Return the contents of the whole data frames, and what is left."""
    parts, start = [], 0
    while len(data) - start >= 2:
        size, begin = data[start + 1] & 0x7F, start + 2
        if size > 125:
            width = 2 if size == 126 else 8
            size = int.from_bytes(data[begin : begin + width], "big")
            begin += width
        if len(data) < begin + size:
            break
        if data[start] & 0x0F in (0, 2):
            parts.append(data[begin : begin + size])
        start = begin + size
    return b"".join(parts), data[start:]

"""One connection to the MQTT broker for publishing: a whole batch in one write, no thread.

A client library sends each publish by itself, which costs a system call for each. Here a
batch is one write, and ``publish`` returns when the broker has answered for it.
"""

import socket
import time
from collections.abc import Iterator, Sequence

from imiconnect.rtm.connect.broker import Broker
from imiconnect.rtm.protocol import frames
from imiconnect.rtm.protocol.frames import Connect, FrameReader, Kind, MalformedPacket, Packet

CONNECT_SECONDS = 3.0
ACK_SECONDS = 10.0
#: A broker ends a connection that has been silent for one and a half times this (3.1.2.10).
KEEPALIVE_SECONDS = 60
#: Publishes of QoS 1 that may be unacknowledged at a time; also the most packet ids in use.
IN_FLIGHT = 1000
_QOS_1 = 0b0010
#: What a broker says to a publisher is a few bytes.
_LONGEST_ANSWER = 1024


class Refused(OSError):
    """The broker does not want this client; ``code`` is that of CONNACK."""

    def __init__(self, code: int) -> None:
        """Keep the code."""
        super().__init__(f"refused with code {code}")
        self.code = code


class Wire:
    """A connection that is used by one thread at a time; it never restores itself."""

    def __init__(self, target: Broker, client_id: str) -> None:
        """Connect; raises ``Refused``, ``OSError`` and ``MalformedPacket``."""
        self._socket = target.open(CONNECT_SECONDS)
        self._reader = FrameReader(_LONGEST_ANSWER)
        self._used_at = time.monotonic()
        self.is_open = True
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._greet(target, client_id)
        except BaseException:
            self.drop()
            raise

    @property
    def is_stale(self) -> bool:
        """Tell whether the broker or somebody between may have given the connection up."""
        return not self.is_open or time.monotonic() - self._used_at > KEEPALIVE_SECONDS

    def publish(self, batch: Sequence[tuple[str, bytes]], qos: int) -> list[bool]:
        """Publish ``(topic, payload)`` pairs; return for each whether the broker has taken it.

        After a failure the connection is closed. With QoS 0 a ping follows the batch: packets
        are handled in their order, so its answer says that all before it were read.
        """
        taken: list[bool] = []
        for start in range(0, len(batch), IN_FLIGHT):
            if self.is_open:
                part = batch[start : start + IN_FLIGHT]
                taken += self._acknowledged(part) if qos else self._read_by_broker(part)
        return taken + [False] * (len(batch) - len(taken))

    def close(self) -> None:
        """Say goodbye and close."""
        try:
            self._socket.sendall(frames.write_bare(Kind.DISCONNECT))
        except OSError:
            pass
        self.drop()

    def drop(self) -> None:
        """Close this process's end, without a word to the broker."""
        self.is_open = False
        self._socket.close()

    def _greet(self, target: Broker, client_id: str) -> None:
        self._socket.sendall(
            frames.write_connect(
                Connect(
                    client_id,
                    target.username,
                    target.password,
                    keep_alive=KEEPALIVE_SECONDS,
                )
            )
        )
        packet = next(self._answers(time.monotonic() + CONNECT_SECONDS))
        if packet.kind != Kind.CONNACK:
            raise MalformedPacket("the broker does not answer CONNECT")
        if code := frames.read_connack(packet.body):
            raise Refused(code)

    def _read_by_broker(self, part: Sequence[tuple[str, bytes]]) -> list[bool]:
        packets = [frames.write_publish(0, topic, payload) for topic, payload in part]
        packets.append(frames.write_bare(Kind.PINGREQ))
        try:
            for answer in self._exchange(b"".join(packets)):
                if answer.kind == Kind.PINGRESP:
                    return [True] * len(part)
        except (OSError, MalformedPacket):
            self.drop()
        return [False] * len(part)

    def _acknowledged(self, part: Sequence[tuple[str, bytes]]) -> list[bool]:
        waiting = {number.to_bytes(2, "big") for number in range(1, len(part) + 1)}
        packets = [
            frames.write_publish(_QOS_1, topic, number.to_bytes(2, "big") + payload)
            for number, (topic, payload) in enumerate(part, 1)
        ]
        try:
            for answer in self._exchange(b"".join(packets)):
                if answer.kind == Kind.PUBACK:
                    waiting.discard(answer.body[:2])
                    if not waiting:
                        break
        except (OSError, MalformedPacket):
            self.drop()
        return [n.to_bytes(2, "big") not in waiting for n in range(1, len(part) + 1)]

    def _exchange(self, data: bytes) -> Iterator[Packet]:
        deadline = time.monotonic() + ACK_SECONDS
        self._socket.settimeout(ACK_SECONDS)
        self._socket.sendall(data)
        self._used_at = time.monotonic()
        return self._answers(deadline)

    def _answers(self, deadline: float) -> Iterator[Packet]:
        """Yield what the broker sends; raises ``OSError`` when it closes or is too slow."""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            data = self._socket.recv(65536)
            if not data:
                raise ConnectionResetError
            yield from self._reader.feed(data)

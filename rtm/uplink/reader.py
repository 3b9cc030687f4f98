"""The uplink listener's connection to the broker: a batch is one read and one acknowledgement.

A client library reads a packet in several system calls, and wakes a thread for each
acknowledgement.
"""

import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from imiconnect.rtm.connect.broker import Broker
from imiconnect.rtm.protocol import frames
from imiconnect.rtm.protocol.frames import Connect, FrameReader, Kind, MalformedPacket, Packet
from imiconnect.rtm.wire import CONNECT_SECONDS, Refused

KEEPALIVE_SECONDS = 20
#: A broker that says nothing for so long, though it was asked, is gone.
_SILENCE_SECONDS = 1.5 * KEEPALIVE_SECONDS
#: The longest packet that MQTT knows (2.2.3): what devices may send, the broker decides.
_LONGEST = 1 << 28
_READ = 1 << 18
_SUBSCRIBED = 1
_PUBACK = bytes([Kind.PUBACK << 4, 2])


class Published(NamedTuple):
    """What somebody has published; ``packet_id`` is empty where nobody waits for an answer."""

    packet_id: bytes
    topic: str
    payload: bytes


class Reader:
    """A session that outlives its connections, read by one thread; it never restores itself.

    Every method raises ``OSError`` or ``MalformedPacket`` when the connection is of no use any
    more. What was not acknowledged comes again over the next one.
    """

    def __init__(self, target: Broker, client_id: str, filters: Sequence[str]) -> None:
        """Connect and subscribe at QoS 1; raises ``Refused`` too."""
        self._socket = target.open(CONNECT_SECONDS)
        self._frames = FrameReader(_LONGEST)
        self._waiting: list[Published] = []
        self._said_at = self._heard_at = time.monotonic()
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._greet(target, client_id, filters)
        except BaseException:
            self.drop()
            raise

    def wait(self, seconds: float) -> bool:
        """Wait until something was published; return whether anything was."""
        deadline = time.monotonic() + seconds
        while not self._waiting and (left := deadline - time.monotonic()) > 0:
            self._take(left)
            self.keep_alive()
        return bool(self._waiting)

    def read(self, most: int) -> list[Published]:
        """Return what has arrived, about ``most`` at once, without waiting."""
        while len(self._waiting) < most and self._take(0):
            pass
        batch, self._waiting = self._waiting[:most], self._waiting[most:]
        return batch

    def acknowledge(self, batch: Sequence[Published]) -> None:
        """Tell the broker that a batch need not come again."""
        answers = b"".join(_PUBACK + item.packet_id for item in batch if item.packet_id)
        if answers:
            self._say(answers)

    def keep_alive(self) -> None:
        """Ask a broker that has not been spoken to for a while, and hear what it says."""
        now = time.monotonic()
        if now - self._said_at > KEEPALIVE_SECONDS / 2:
            self._say(frames.write_bare(Kind.PINGREQ))
        if now - self._heard_at > KEEPALIVE_SECONDS / 2:
            self._take(0)
        if now - self._heard_at > _SILENCE_SECONDS:
            raise TimeoutError("the broker is silent")

    def close(self) -> None:
        """Say goodbye and close; the session stays."""
        try:
            self._say(frames.write_bare(Kind.DISCONNECT))
        except OSError:
            pass
        self.drop()

    def drop(self) -> None:
        """Close this process's end, without a word to the broker."""
        self._socket.close()

    def _say(self, data: bytes) -> None:
        self._socket.settimeout(CONNECT_SECONDS)
        self._socket.sendall(data)
        self._said_at = time.monotonic()

    def _take(self, seconds: float) -> bool:
        """Read once; return whether there was anything."""
        return self._others(seconds) is not None

    def _others(self, seconds: float) -> list[Packet] | None:
        """Read once and keep what was published; return the other packets, None for nothing."""
        self._socket.settimeout(seconds)
        try:
            data = self._socket.recv(_READ)
        except (BlockingIOError, TimeoutError, ssl.SSLWantReadError):
            return None
        if not data:
            raise ConnectionResetError("the broker has closed the connection")
        self._heard_at = time.monotonic()
        others = []
        for packet in self._frames.feed(data):
            if packet.kind == Kind.PUBLISH:
                self._waiting.append(_published(packet))
            else:
                others.append(packet)
        return others

    def _greet(self, target: Broker, client_id: str, filters: Sequence[str]) -> None:
        connect = Connect(
            client_id,
            target.username,
            target.password,
            clean=False,
            keep_alive=KEEPALIVE_SECONDS,
        )
        self._say(frames.write_connect(connect))
        answers = self._answers(time.monotonic() + CONNECT_SECONDS)
        if code := frames.read_connack(_expect(answers, Kind.CONNACK)):
            raise Refused(code)
        self._say(frames.write_subscribe(_SUBSCRIBED, [(name, 1) for name in filters]))
        _, codes = frames.read_suback(_expect(answers, Kind.SUBACK))
        if frames.REFUSED in codes:
            raise Refused(frames.REFUSED)

    def _answers(self, deadline: float) -> Iterator[Packet]:
        """Yield what the broker answers; what was published meanwhile is kept."""
        while (left := deadline - time.monotonic()) > 0:
            yield from self._others(left) or ()
        raise TimeoutError("the broker does not answer")


def _expect(answers: Iterator[Packet], kind: Kind) -> bytes:
    packet = next(answers)
    if packet.kind != kind:
        raise MalformedPacket(f"the broker says {packet.kind} instead of {kind.name}")
    return packet.body


def _published(packet: Packet) -> Published:
    topic, rest = frames.read_publish(packet.body)
    if packet.flags & 0b0110:
        return Published(rest[:2], topic, rest[2:])
    return Published(b"", topic, rest)

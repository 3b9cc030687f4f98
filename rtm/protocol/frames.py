"""MQTT 3.1.1 control packets as bytes: those that a relay between device and broker reads.

No input or output here: bytes in, packets out. A relay passes most packets through, so it
needs the frame of every packet (first byte, length, body) and the contents of six kinds only.
Section numbers are those of the OASIS standard "MQTT Version 3.1.1".
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

LEVEL = 4
#: What SUBACK says of a refused filter (3.9.3).
REFUSED = 0x80
_RETAIN = 0b0001
_MAX_LENGTH_BYTES = 4


class Kind(IntEnum):
    """The kinds of control packets (2.2.1)."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14


class ConnectCode(IntEnum):
    """The answer to CONNECT (3.2.2.3)."""

    ACCEPTED = 0
    WRONG_VERSION = 1
    CLIENT_ID_REFUSED = 2
    UNAVAILABLE = 3
    BAD_CREDENTIALS = 4
    NOT_AUTHORIZED = 5


class MalformedPacket(ValueError):
    """The other side does not speak MQTT 3.1.1, or sends more than it may."""


class UnsupportedLevel(MalformedPacket):
    """CONNECT of another version of MQTT; ``level`` is the one asked for."""

    def __init__(self, level: int) -> None:
        """Keep the level for the answer, whose form depends on it."""
        super().__init__(f"protocol level {level}")
        self.level = level


class Packet(NamedTuple):
    """One control packet; ``raw`` is all of it, ``body`` what follows the fixed header."""

    kind: int
    flags: int
    body: bytes
    raw: bytes


@dataclass(slots=True)
class FrameReader:
    """Cuts a stream of bytes into packets of at most ``limit`` bytes.

    ``first`` is the limit of the first packet, where whoever sends it is not known before.
    """

    limit: int
    first: int | None = None
    _rest: bytes = b""

    def feed(self, data: bytes) -> list[Packet]:
        """Return the packets completed by ``data``; raises ``MalformedPacket``."""
        if self._rest:
            data = self._rest + data
        packets, start = [], 0
        while (end := self._end_of_packet(data, start)) is not None:
            header, after = end
            packets.append(
                Packet(
                    data[start] >> 4, data[start] & 15, data[header:after], data[start:after]
                )
            )
            start, self.first = after, None
        self._rest = data[start:]
        return packets

    def _end_of_packet(self, data: bytes, start: int) -> tuple[int, int] | None:
        """Return where body and packet end, or None while bytes are missing."""
        length = 0
        for index in range(_MAX_LENGTH_BYTES):
            position = start + 1 + index
            if position >= len(data):
                return None
            length |= (data[position] & 0x7F) << (7 * index)
            if data[position] < 0x80:
                break
        else:
            raise MalformedPacket("the length has more than four bytes")
        after = position + 1 + length
        if after - start > (self.limit if self.first is None else self.first):
            raise MalformedPacket("the packet is too large")
        return (position + 1, after) if after <= len(data) else None


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes when the client is lost (3.1.2.5)."""

    topic: str
    payload: bytes
    qos: int
    retain: bool


@dataclass(frozen=True, slots=True)
class Connect:
    """The contents of CONNECT (3.1); ``keep_alive`` in seconds, 0 for none."""

    client_id: str
    username: str = ""
    password: str = ""
    clean: bool = True
    keep_alive: int = 60
    will: Will | None = None


class _Fields:
    """Reads the fields of a body one after the other."""

    __slots__ = ("_body", "_position")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._position = 0

    def byte(self) -> int:
        return self._take(1)[0]

    def number(self) -> int:
        return int.from_bytes(self._take(2), "big")

    def data(self) -> bytes:
        return self._take(self.number())

    def text(self) -> str:
        try:
            text = self.data().decode()
        except UnicodeDecodeError:
            raise MalformedPacket("a text is not UTF-8") from None
        if "\0" in text:
            raise MalformedPacket("a text has a null character")
        return text

    def at_end(self) -> bool:
        return self._position >= len(self._body)

    def rest(self) -> bytes:
        return self._body[self._position :]

    def _take(self, count: int) -> bytes:
        end = self._position + count
        if end > len(self._body):
            raise MalformedPacket("a field goes beyond the packet")
        taken = self._body[self._position : end]
        self._position = end
        return taken


def read_connect(body: bytes) -> Connect:
    """Return the contents of CONNECT.

    Raises ``UnsupportedLevel`` for another version and ``MalformedPacket`` for nonsense.
    """
    fields = _Fields(body)
    if fields.text() not in {"MQTT", "MQIsdp"}:
        raise MalformedPacket("not MQTT")
    level, flags = fields.byte(), fields.byte()
    if level != LEVEL:
        raise UnsupportedLevel(level)
    if flags & 0x01:
        raise MalformedPacket("the reserved flag is set")
    keep_alive, client_id = fields.number(), fields.text()
    will = _read_will(fields, flags) if flags & 0x04 else None
    return Connect(
        client_id=client_id,
        username=fields.text() if flags & 0x80 else "",
        password=fields.text() if flags & 0x40 else "",
        clean=bool(flags & 0x02),
        keep_alive=keep_alive,
        will=will,
    )


def _read_will(fields: _Fields, flags: int) -> Will:
    topic, payload = fields.text(), fields.data()
    qos = flags >> 3 & 3
    if qos == 3:
        raise MalformedPacket("the will has QoS 3")
    return Will(topic, payload, qos, bool(flags & 0x20))


def write_connect(connect: Connect) -> bytes:
    """Return CONNECT as bytes."""
    flags = 0x80 * bool(connect.username) | 0x40 * bool(connect.password) | 0x02 * connect.clean
    payload = _text(connect.client_id)
    if connect.will:
        flags |= 0x04 | connect.will.qos << 3 | 0x20 * connect.will.retain
        payload += _text(connect.will.topic) + _data(connect.will.payload)
    payload += _text(connect.username) if connect.username else b""
    payload += _text(connect.password) if connect.password else b""
    header = _text("MQTT") + bytes([LEVEL, flags]) + connect.keep_alive.to_bytes(2, "big")
    return _packet(Kind.CONNECT, 0, header + payload)


def write_connack(code: int, *, level: int = LEVEL) -> bytes:
    """Return the CONNACK of a refusal, in the form of the client's ``level``.

    MQTT 5 has another form and other codes (0x84: this version is not supported).
    """
    if level >= 5:
        return _packet(Kind.CONNACK, 0, bytes([0, 0x84, 0]))
    return _packet(Kind.CONNACK, 0, bytes([0, code]))


def read_connack(body: bytes) -> int:
    """Return the code of CONNACK."""
    fields = _Fields(body)
    fields.byte()
    return fields.byte()


def read_subscribe(body: bytes) -> tuple[int, list[tuple[str, int]]]:
    """Return the packet id of SUBSCRIBE and its filters with the QoS asked for."""
    fields = _Fields(body)
    packet_id, filters = fields.number(), []
    while not fields.at_end():
        topic, qos = fields.text(), fields.byte()
        if qos > 2:
            raise MalformedPacket("the QoS is above 2")
        filters.append((topic, qos))
    if not filters:
        raise MalformedPacket("no filter")
    return packet_id, filters


def write_subscribe(packet_id: int, filters: list[tuple[str, int]]) -> bytes:
    """Return SUBSCRIBE as bytes."""
    body = b"".join(_text(topic) + bytes([qos]) for topic, qos in filters)
    return _packet(Kind.SUBSCRIBE, 2, packet_id.to_bytes(2, "big") + body)


def read_suback(body: bytes) -> tuple[int, bytes]:
    """Return the packet id of SUBACK and one code for each filter."""
    fields = _Fields(body)
    return fields.number(), fields.rest()


def write_suback(packet_id: int, codes: bytes) -> bytes:
    """Return SUBACK as bytes."""
    return _packet(Kind.SUBACK, 0, packet_id.to_bytes(2, "big") + codes)


def read_unsubscribe(body: bytes) -> tuple[int, list[str]]:
    """Return the packet id of UNSUBSCRIBE and its filters."""
    fields = _Fields(body)
    packet_id, filters = fields.number(), []
    while not fields.at_end():
        filters.append(fields.text())
    if not filters:
        raise MalformedPacket("no filter")
    return packet_id, filters


def write_unsubscribe(packet_id: int, filters: list[str]) -> bytes:
    """Return UNSUBSCRIBE as bytes."""
    body = b"".join(_text(topic) for topic in filters)
    return _packet(Kind.UNSUBSCRIBE, 2, packet_id.to_bytes(2, "big") + body)


def write_unsuback(packet_id: int) -> bytes:
    """Return UNSUBACK as bytes."""
    return _packet(Kind.UNSUBACK, 0, packet_id.to_bytes(2, "big"))


def read_publish(body: bytes) -> tuple[str, bytes]:
    """Return the topic of PUBLISH and what follows it (packet id where QoS > 0, payload)."""
    fields = _Fields(body)
    return fields.text(), fields.rest()


def write_publish(flags: int, topic: str, rest: bytes) -> bytes:
    """Return PUBLISH as bytes; ``rest`` as ``read_publish`` gives it."""
    return _packet(Kind.PUBLISH, flags, _text(topic) + rest)


def write_bare(kind: Kind) -> bytes:
    """Return a packet that is nothing but its kind: PINGREQ, DISCONNECT (3.12, 3.14)."""
    return _packet(kind, 0, b"")


def without_retain(flags: int) -> int:
    """Return the flags of a PUBLISH that the broker does not keep."""
    return flags & ~_RETAIN


def _text(text: str) -> bytes:
    return _data(text.encode())


def _data(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _packet(kind: Kind, flags: int, body: bytes) -> bytes:
    length, encoded = len(body), bytearray()
    while True:
        length, digit = length >> 7, length & 0x7F
        encoded.append(digit | 0x80 if length else digit)
        if not length:
            return bytes([kind << 4 | flags]) + bytes(encoded) + body

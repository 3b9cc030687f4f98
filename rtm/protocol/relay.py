"""One device's session with the broker, seen from between them; without input or output.

``Relay`` takes the packets of both sides and says what goes where. It lets a device subscribe
to the topics of its grant only (SUBACK 0x80 for others), closes on a PUBLISH to anything but
its own uplink, asks the broker for no higher QoS than it may, and translates topics whose
name on the broker differs from the id that the device uses. Everything else passes as it is.
"""

from collections.abc import Mapping
from typing import NamedTuple

from imiconnect.rtm.protocol import frames
from imiconnect.rtm.protocol.frames import Kind, Packet

_FROM_DEVICE = frozenset(
    {Kind.PUBACK, Kind.PUBREC, Kind.PUBREL, Kind.PUBCOMP, Kind.PINGREQ, Kind.DISCONNECT}
)


class Names(NamedTuple):
    """The names that one device may use, each with its topic on the broker.

    ``shared`` is one object for all devices of an app, because there are many devices.
    """

    own: Mapping[str, str]
    shared: Mapping[str, str]
    publish: Mapping[str, str]

    def subscribed(self, name: str) -> str | None:
        """Return the topic that a filter names, or None when it may not be read."""
        return self.own.get(name) or self.shared.get(name)

    def readable(self) -> list[str]:
        """Return the topics on the broker that may be read."""
        return list(dict.fromkeys((*self.own.values(), *self.shared.values())))


class Step(NamedTuple):
    """What to send where after one packet; ``close``: end the connection then."""

    to_broker: bytes = b""
    to_device: bytes = b""
    close: bool = False


class Relay:
    """The state of one session after CONNECT was accepted."""

    __slots__ = ("_awaited", "_max_qos", "_names", "_pending", "_spoken", "is_listening")

    def __init__(self, names: Names, max_qos: int) -> None:
        """Start with nothing subscribed; ``max_qos`` caps what the device is granted."""
        self._names = names
        self._max_qos = max_qos
        #: SUBSCRIBE packets that were forwarded in part: packet id to which filters were.
        self._pending: dict[int, list[bool]] | None = None
        #: Topics of the broker to the other name by which the device has subscribed to them.
        self._spoken: dict[str, str] | None = None
        #: The SUBSCRIBE with the device's own topic, until the broker answers it.
        self._awaited: int | None = None
        #: Whether the broker has granted a subscription of the device's own topic.
        self.is_listening = False

    def from_device(self, packet: Packet) -> Step:
        """Return what follows from a packet of the device; raises ``MalformedPacket``."""
        if packet.kind == Kind.PUBLISH:
            return self._publish(packet)
        if packet.kind in _FROM_DEVICE:
            return Step(to_broker=packet.raw)
        if packet.kind == Kind.SUBSCRIBE:
            return self._subscribe(packet)
        if packet.kind == Kind.UNSUBSCRIBE:
            return self._unsubscribe(packet)
        return Step(close=True)

    def from_broker(self, packet: Packet) -> bytes:
        """Return what a packet of the broker becomes for the device."""
        if packet.kind == Kind.PUBLISH and self._spoken:
            topic, rest = frames.read_publish(packet.body)
            return frames.write_publish(packet.flags, self._spoken.get(topic, topic), rest)
        if packet.kind == Kind.SUBACK:
            return self._suback(packet)
        return packet.raw

    def _publish(self, packet: Packet) -> Step:
        topic, rest = frames.read_publish(packet.body)
        target = self._names.publish.get(topic)
        if target is None:
            return Step(close=True)
        flags = frames.without_retain(packet.flags)
        if target == topic and flags == packet.flags:
            return Step(to_broker=packet.raw)
        return Step(to_broker=frames.write_publish(flags, target, rest))

    def _subscribe(self, packet: Packet) -> Step:
        packet_id, filters = frames.read_subscribe(packet.body)
        targets = [self._names.subscribed(name) for name, _ in filters]
        allowed = [
            (target, min(qos, self._max_qos))
            for (_, qos), target in zip(filters, targets, strict=True)
            if target is not None
        ]
        if not allowed:
            refusals = bytes([frames.REFUSED] * len(filters))
            return Step(to_device=frames.write_suback(packet_id, refusals))
        for (name, _), target in zip(filters, targets, strict=True):
            self._remember(name, target)
        if any(name in self._names.own for name, _ in filters):
            self._awaited = packet_id
        if len(allowed) < len(filters):
            self._pending = self._pending or {}
            self._pending[packet_id] = [target is not None for target in targets]
        return Step(to_broker=frames.write_subscribe(packet_id, allowed))

    def _remember(self, name: str, target: str | None) -> None:
        if target is None:
            return
        if name != target:
            self._spoken = self._spoken or {}
            self._spoken[target] = name
        elif self._spoken:
            self._spoken.pop(target, None)

    def _suback(self, packet: Packet) -> bytes:
        packet_id, granted = frames.read_suback(packet.body)
        if packet_id == self._awaited:
            self._awaited = None
            self.is_listening = any(code != frames.REFUSED for code in granted)
        forwarded = self._pending.pop(packet_id, None) if self._pending else None
        if forwarded is None:
            return packet.raw
        codes = iter(granted)
        merged = bytes(
            next(codes, frames.REFUSED) if was_forwarded else frames.REFUSED
            for was_forwarded in forwarded
        )
        return frames.write_suback(packet_id, merged)

    def _unsubscribe(self, packet: Packet) -> Step:
        packet_id, filters = frames.read_unsubscribe(packet.body)
        found = (self._names.subscribed(name) for name in filters)
        targets = [target for target in found if target is not None]
        if not targets:
            return Step(to_device=frames.write_unsuback(packet_id))
        return Step(to_broker=frames.write_unsubscribe(packet_id, targets))

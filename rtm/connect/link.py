"""One device's connection through this process: from CONNECT to its end.

A ``Link`` joins a device (a WebSocket, or TCP in front of a broker that cannot ask) to a
connection of its own to the broker. It authenticates, then moves bytes as ``Relay`` says.
Each side is read only as fast as the other one takes. The broker keeps the keep-alive time
and takes an older connection of the same client id over; when the broker goes, the device is
let go too and connects again. An idle device costs no task and no buffer here.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from django.db import Error as DatabaseError

from imiconnect.rtm.connect.broker import Broker, broker
from imiconnect.rtm.connect.broker_side import BrokerSide, connected
from imiconnect.rtm.connect.decision import Grant, Refusal, read_claim
from imiconnect.rtm.connect.load import authorize
from imiconnect.rtm.connect.presence import Event, Holder, ask_for_pending_of, record
from imiconnect.rtm.protocol import frames
from imiconnect.rtm.protocol.frames import (
    Connect,
    ConnectCode,
    FrameReader,
    Kind,
    MalformedPacket,
    Packet,
    UnsupportedLevel,
)
from imiconnect.rtm.protocol.relay import Relay

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10
MAX_PACKET = 1024 * 1024
#: Nobody unknown sends more than this: client id, user name and password.
MAX_CONNECT = 4096
_HIGH_WATER = 64 * 1024
_background: set[asyncio.Task[None]] = set()


class DeviceSide(Protocol):
    """The connection to the device."""

    async def send(self, data: bytes) -> None:
        """Send; returns when the device can take more; raises ``OSError`` when it is gone."""

    async def close(self) -> None:
        """Close the connection; nothing happens when it is closed."""


class Link:
    """One device's connection; feed it with ``receive`` and end it with ``lost``."""

    __slots__ = (
        "_broker_side", "_closed", "_flusher", "_grant", "_holder", "_listening", "_origin",
        "_outgoing", "_outgoing_size", "_present", "_reader", "_relay", "_side", "_timer",
    )  # fmt: skip

    def __init__(self, side: DeviceSide, holder: Holder, *, origin: str = "") -> None:
        """Wait for CONNECT; ``origin`` is that of the page, where there is one."""
        self._side = side
        self._holder = holder
        self._origin = origin
        self._reader = FrameReader(MAX_PACKET, first=MAX_CONNECT)
        self._relay: Relay | None = None
        self._grant: Grant | None = None
        self._broker_side: BrokerSide | None = None
        self._outgoing: list[bytes] = []
        self._outgoing_size = 0
        self._flusher: asyncio.Task[None] | None = None
        self._closed = self._present = self._listening = False
        loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = loop.call_later(
            CONNECT_SECONDS, self._end_soon
        )

    async def receive(self, data: bytes) -> None:
        """Take bytes from the device."""
        try:
            for packet in self._reader.feed(data):
                if self._closed:
                    return
                await self._take(packet)
            if self._broker_side is not None:
                await self._broker_side.writable()
        except MalformedPacket as error:
            log.info("Closed a connection: %s.", error)
            await self.end()

    async def lost(self) -> None:
        """The device has gone."""
        await self.end()

    async def end(self) -> None:
        """End the connection on both sides."""
        if self._closed:
            return
        self._closed = True
        self._stop_timer()
        if self._broker_side is not None:
            self._broker_side.close()
        self._leave()
        await self._side.close()

    async def _take(self, packet: Packet) -> None:
        if self._relay is None or self._broker_side is None:
            await self._connect(packet)
            return
        step = self._relay.from_device(packet)
        if step.to_broker:
            self._broker_side.write(step.to_broker)
        if step.to_device:
            self._deliver(step.to_device)
        if step.close:
            log.info("Closed a device's connection: it wrote where it may not.")
            await self.end()

    async def _connect(self, packet: Packet) -> None:
        if packet.kind != Kind.CONNECT:
            await self.end()
            return
        try:
            connect = frames.read_connect(packet.body)
        except UnsupportedLevel as error:
            await self._refuse(ConnectCode.WRONG_VERSION, level=error.level)
            return
        grant = await self._authorize(connect)
        if isinstance(grant, ConnectCode):
            await self._refuse(grant)
        elif not self._closed:
            await self._join(connect, grant)

    async def _authorize(self, connect: Connect) -> Grant | ConnectCode:
        claim = read_claim(
            connect.client_id,
            connect.username,
            connect.password,
            origin=self._origin,
            will=connect.will,
        )
        try:
            answer = claim if isinstance(claim, Refusal) else await authorize(claim)
            if isinstance(answer, Grant):
                await self._holder.start()
                return answer
        except DatabaseError:
            log.exception("A device could not be looked up.")
            return ConnectCode.UNAVAILABLE
        log.info("Refused a device: %s.", answer.reason)
        return answer.code

    async def _join(self, connect: Connect, grant: Grant) -> None:
        target = broker()
        try:
            self._broker_side = await connected(self, target, 2 * MAX_PACKET)
        except OSError as error:
            log.warning("The broker cannot be reached: %s", error)
            await self._refuse(ConnectCode.UNAVAILABLE)
            return
        if self._closed:
            self._broker_side.close()
            return
        self._grant = grant
        self._relay = Relay(grant.names, target.max_qos)
        self._broker_side.write(frames.write_connect(_for_broker(connect, grant, target)))

    async def _refuse(self, code: ConnectCode, *, level: int = frames.LEVEL) -> None:
        if not self._closed:
            await self._send(frames.write_connack(code, level=level))
        await self.end()

    def from_broker(self, packets: list[Packet]) -> None:
        """Take packets from the broker."""
        if self._relay is None:
            return
        for packet in packets:
            if packet.kind == Kind.CONNACK and not self._answered(packet):
                return
            self._deliver(self._relay.from_broker(packet))
        if self._relay.is_listening and not self._listening and self._grant is not None:
            self._listening = True
            _start(ask_for_pending_of, self._grant.device)

    def broker_lost(self) -> None:
        """The broker has closed: it stops, or the device is connected anew elsewhere."""
        self._end_soon()

    def _answered(self, packet: Packet) -> bool:
        """Note the broker's answer to CONNECT and tell whether it accepts."""
        code = frames.read_connack(packet.body)
        if code == ConnectCode.ACCEPTED:
            self._stop_timer()
            self._present = True
            self._note(connected=True)
            return True
        log.error("The broker refuses the gateway with code %d; see RTM_BROKER_URL.", code)
        self._deliver(frames.write_connack(ConnectCode.UNAVAILABLE))
        return False

    def _leave(self) -> None:
        if self._present:
            self._present = False
            self._note(connected=False)

    def _note(self, *, connected: bool) -> None:
        if self._grant is not None:
            grant, holder = self._grant, self._holder.name
            _start(record, Event(grant.device, grant.epoch, connected, holder))

    def _deliver(self, data: bytes) -> None:
        self._outgoing.append(data)
        self._outgoing_size += len(data)
        if self._outgoing_size > _HIGH_WATER and self._broker_side is not None:
            self._broker_side.pause()
        if self._flusher is None:
            self._flusher = asyncio.get_running_loop().create_task(self._flush())

    async def _flush(self) -> None:
        try:
            while self._outgoing:
                data = b"".join(self._outgoing)
                self._outgoing, self._outgoing_size = [], 0
                await self._send(data)
                if self._broker_side is not None:
                    self._broker_side.resume()
        finally:
            self._flusher = None

    async def _send(self, data: bytes) -> None:
        try:
            await self._side.send(data)
        except (OSError, RuntimeError):
            await self.end()

    def _end_soon(self) -> None:
        if not self._closed:
            _start(self._end_after_flush)

    async def _end_after_flush(self) -> None:
        if self._flusher is not None:
            await asyncio.wait([self._flusher], timeout=1)
        await self.end()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _for_broker(connect: Connect, grant: Grant, target: Broker) -> Connect:
    """Return CONNECT as the broker gets it: its own client id and the gateway's credentials.

    On NATS the session is clean: it could keep nothing of subscriptions with QoS 0.
    """
    will = connect.will
    if will is not None:
        topic = grant.names.publish[will.topic]
        will = frames.Will(topic, will.payload, will.qos, retain=False)
    return Connect(
        client_id=grant.broker_client_id,
        username=target.username,
        password=target.password,
        clean=connect.clean or target.is_nats,
        keep_alive=connect.keep_alive,
        will=will,
    )


def _start(work: Callable[..., Awaitable[None]], *arguments: Any) -> None:
    """Run a coroutine function beside; a failure is logged.

    It is called by the task: one that ends with its loop before its first step leaves none
    that was never awaited.
    """
    task = asyncio.get_running_loop().create_task(_logged(work, *arguments))
    _background.add(task)
    task.add_done_callback(_background.discard)


async def _logged(work: Callable[..., Awaitable[None]], *arguments: Any) -> None:
    try:
        await work(*arguments)
    except DatabaseError:
        log.exception("A device's presence could not be written.")

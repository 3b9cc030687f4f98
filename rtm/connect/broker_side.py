"""A link's own connection to the broker."""

import asyncio
import logging
from typing import Protocol, cast

from imiconnect.rtm.connect.broker import Broker
from imiconnect.rtm.protocol.frames import FrameReader, MalformedPacket, Packet

log = logging.getLogger(__name__)


class PacketTaker(Protocol):
    """What the connection tells its link."""

    def from_broker(self, packets: list[Packet]) -> None:
        """Take packets from the broker."""

    def broker_lost(self) -> None:
        """Learn that the connection has ended."""


class BrokerSide(asyncio.Protocol):
    """The link's connection to the broker."""

    __slots__ = ("_link", "_reader", "_resumed", "_transport")

    def __init__(self, link: PacketTaker, limit: int) -> None:
        """Belong to a link; no packet of the broker is larger than ``limit`` bytes."""
        self._link = link
        self._reader = FrameReader(limit)
        self._resumed: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # uvloop's transports do not inherit from asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Hand packets to the link."""
        try:
            self._link.from_broker(self._reader.feed(data))
        except MalformedPacket:
            log.exception("The broker sent what is not MQTT 3.1.1.")
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the link."""
        self.resume_writing()
        self._link.broker_lost()

    def pause_writing(self) -> None:
        """The broker does not take more for now."""
        self._resumed = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """The broker takes more."""
        if self._resumed is not None and not self._resumed.done():
            self._resumed.set_result(None)
        self._resumed = None

    async def writable(self) -> None:
        """Wait until the broker takes more."""
        if self._resumed is not None:
            await self._resumed

    def write(self, data: bytes) -> None:
        """Send to the broker."""
        if self._transport is not None:
            self._transport.write(data)

    def pause(self) -> None:
        """Stop reading: the device is slower."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """Close the connection; what is written goes out first."""
        if self._transport is not None:
            self._transport.close()


async def connected(link: PacketTaker, target: Broker, limit: int) -> BrokerSide:
    """Connect a link to a node of the broker; raises ``OSError`` when none answers."""
    loop = asyncio.get_running_loop()
    failure = OSError("no node is named")
    for host, port in target.nodes.in_any_order():
        try:
            _, side = await loop.create_connection(
                lambda: BrokerSide(link, limit), host, port, ssl=target.tls
            )
        except OSError as error:
            failure = error
        else:
            return side
    raise failure

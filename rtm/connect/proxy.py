"""MQTT over TCP in front of a broker that cannot ask who may connect (Mosquitto).

The same ``Link`` as for WebSocket. Devices connect here; only this process and the gateway
reach the broker, whose own port stays closed to them.
"""

import asyncio
import ssl

from imiconnect.rtm.connect.link import Link
from imiconnect.rtm.connect.presence import Holder

_READ = 64 * 1024


class Proxy:
    """A small TCP server for devices."""

    def __init__(self) -> None:
        """Hold connections under a name of its own."""
        self._holder = Holder("tcp")

    async def start(
        self, host: str, port: int, tls: ssl.SSLContext | None = None
    ) -> asyncio.Server:
        """Listen; the server runs until it is closed. Raises ``OSError`` for a busy port."""
        return await asyncio.start_server(self._serve, host, port, ssl=tls, backlog=1024)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(_Stream(writer), self._holder)
        try:
            while data := await reader.read(_READ):
                await link.receive(data)
        except OSError:
            # The device is gone without a word.
            return
        finally:
            await link.lost()


class _Stream:
    """The device's side of a link."""

    __slots__ = ("_writer",)

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def close(self) -> None:
        self._writer.close()

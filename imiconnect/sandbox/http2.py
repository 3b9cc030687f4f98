"""A server of HTTP/2 alone for a twin (RFC 9113), inside a process that has an event loop.

The web server speaks HTTP/1.1, and some providers do not. ``h2`` does the protocol; the bodies
that come and go here are a few kilobytes, far below every flow-control window.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RequestReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import ProtocolError

from imiconnect.sandbox.calls import Call, Reply

Answer = Callable[[Call], Awaitable[Reply]]
#: More than any provider takes; a longer body is cut, and the twin says what is wrong with it.
LONGEST = 256 * 1024


@dataclass
class _Stream:
    headers: dict[str, str]
    body: bytearray = field(default_factory=bytearray)


class Http2(asyncio.Protocol):
    """One connection: each stream is one call of the twin."""

    def __init__(self, answer: Answer) -> None:
        """Take the twin."""
        self._answer = answer
        self._http = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._streams: dict[int, _Stream] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport: asyncio.Transport
        self._certificate = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with our settings."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass.
        tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        self._certificate = (tls.getpeercert(binary_form=True) if tls else None) or b""
        self._http.initiate_connection()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was asked on it."""
        for task in self._tasks:
            task.cancel()

    def data_received(self, data: bytes) -> None:
        """Take in bytes; a client that speaks something else is cut off."""
        try:
            events = self._http.receive_data(data)
        except ProtocolError:
            self._flush()
            self._transport.close()
            return
        for event in events:
            self._take(event)
        self._flush()

    def _take(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            headers = {str(name): str(value) for name, value in event.headers}
            self._streams[event.stream_id] = _Stream(headers)
        elif isinstance(event, DataReceived):
            stream = self._streams.get(event.stream_id)
            if stream and len(stream.body) < LONGEST:
                stream.body += event.data
            self._http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            self._begin(event.stream_id)
        elif isinstance(event, StreamReset):
            self._streams.pop(event.stream_id, None)
        elif isinstance(event, ConnectionTerminated):
            self._transport.close()

    def _begin(self, stream_id: int) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(stream_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, stream_id: int) -> None:
        stream = self._streams.pop(stream_id)
        named = stream.headers
        call = Call(
            method=named[":method"],
            path=named[":path"],
            headers={name: v for name, v in named.items() if not name.startswith(":")},
            body=bytes(stream.body),
            origin=f"{named.get(':scheme', 'https')}://{named.get(':authority', '')}",
            http_version="2",
            certificate=self._certificate,
        )
        try:
            self._send(stream_id, await self._answer(call))
        except ProtocolError:
            return  # The client has given the stream up meanwhile.
        except Exception:
            self._http.reset_stream(stream_id, ErrorCodes.INTERNAL_ERROR)
            raise
        finally:
            self._flush()

    def _send(self, stream_id: int, reply: Reply) -> None:
        headers = [(":status", str(reply.status)), *reply.headers.items()]
        content = reply.content
        self._http.send_headers(stream_id, headers, end_stream=not content)
        if content:
            self._http.send_data(stream_id, content, end_stream=True)

    def _flush(self) -> None:
        if data := self._http.data_to_send():
            self._transport.write(data)

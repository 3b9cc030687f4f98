"""Django behind ASGI with one hand-over to a thread for each request.

Django's own ASGI handler crosses between the event loop and a thread for every synchronous
middleware, view and signal, and each crossing costs up to a millisecond. Here the whole
chain (signals, middleware, view, closing) runs synchronously in one thread of a pool, as it
does under WSGI. ``docs/performance.md`` has the figures.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from os import SEEK_END
from typing import IO, Any

from asgiref.sync import sync_to_async
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import set_script_prefix

Scope = Mapping[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: One thread for each connection of the process's database pool.
THREADS = 8
#: Bytes of a request's body, which is read before any view: the largest file that a page takes
#: has 20 million.
MAX_BODY = 24 * 1024 * 1024
#: A streamed answer is passed on when this much has gathered, or after this time.
_GATHER_BYTES = 256 * 1024
_GATHER_SECONDS = 0.05


class TooLong(Exception):
    """The body is longer than ``MAX_BODY``."""


class OneHopHandler(ASGIHandler):
    """Django's handler, with the synchronous middleware chain that WSGI has."""

    def __init__(self) -> None:
        """Load the middleware once."""
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="django")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        declared = _declared_length(scope)
        try:
            if declared is not None and declared > MAX_BODY:
                raise TooLong
            body = await self.read_body(receive)
        except RequestAborted:
            return
        except TooLong:
            await _refuse_length(send)
            return
        if declared is None:
            scope = _with_length(scope, body)
        response = await self._in_thread(self._respond, scope, body)
        await send(_start(response))
        if not response.streaming:
            # Closed already, in the same hop: content outlives it.
            await send({"type": "http.response.body", "body": response.content})
            return
        try:
            await self._stream(response, receive, send)
        finally:
            await self._in_thread(response.close)

    async def read_body(self, receive: Receive) -> IO[bytes]:
        """Return the whole body; raises ``RequestAborted``, or ``TooLong``."""
        left = MAX_BODY

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            # Django closes what it has of the body when the client goes.
            return message if left >= 0 else {"type": "http.disconnect"}

        try:
            body: IO[bytes] = await super().read_body(counted)
        except RequestAborted:
            if left < 0:
                raise TooLong from None
            raise
        return body

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        # sync_to_async lets async_to_sync inside the thread find this event loop again.
        call = sync_to_async(function, thread_sensitive=False, executor=self._pool)
        return await call(*arguments)

    def _respond(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        """Run the whole request; closes the answer too unless it is streamed."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, response = self.create_request(scope, body)
        answer: Any = response if request is None else self.get_response(request)
        answer._handler_class = self.__class__
        if isinstance(answer, FileResponse):
            answer.block_size = self.chunk_size
        if answer.streaming:
            answer._resource_closers.append(body.close)
        else:
            answer.close()
            body.close()
        return answer  # type: ignore[no-any-return]  # it has private parts that stubs lack

    async def _stream(
        self, response: StreamingHttpResponse, receive: Receive, send: Send
    ) -> None:
        """Pass on the parts as they come, and stop when the client has gone."""
        gone = asyncio.create_task(_wait_for_disconnect(receive))
        try:
            async for part in self._parts(response):
                if gone.done():
                    return
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await gone

    async def _parts(self, response: StreamingHttpResponse) -> AsyncIterator[bytes]:
        if response.is_async:
            async for part in response:
                yield part
            return
        content = iter(response)
        while part := await self._in_thread(_gather, content):
            yield part


def _declared_length(scope: Scope) -> int | None:
    """Return the length that the request declares, or None: then the body comes in chunks."""
    value = dict(scope["headers"]).get(b"content-length", b"")
    return int(value) if value.isdigit() else None


def _with_length(scope: Scope, body: IO[bytes]) -> Scope:
    """Add the length of a body that came in chunks: Django's limits go by the header."""
    body.seek(0, SEEK_END)
    length = (b"content-length", str(body.tell()).encode())
    body.seek(0)
    return {**scope, "headers": [*scope["headers"], length]}


async def _refuse_length(send: Send) -> None:
    text = b"The request is too long."
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(text)).encode()),
        # What is left of the body is not read.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def _gather(content: Iterator[bytes]) -> bytes:
    """Return the next parts joined: as many as are large enough or come fast enough."""
    parts: list[bytes] = []
    size, deadline = 0, time.monotonic() + _GATHER_SECONDS
    for part in content:
        parts.append(part)
        size += len(part)
        if size and (size >= _GATHER_BYTES or time.monotonic() > deadline):
            break
    return b"".join(parts)


def _start(response: HttpResponseBase) -> Message:
    headers = [
        (name.encode("ascii").lower(), value.encode("latin1"))
        for name, value in response.items()
    ]
    cookies = [
        (b"set-cookie", cookie.output(header="").encode("ascii").strip())
        for cookie in response.cookies.values()
    ]
    return {
        "type": "http.response.start",
        "status": response.status_code,
        "headers": headers + cookies,
    }


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

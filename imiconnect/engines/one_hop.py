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
#: A streamed answer is passed on when this much has gathered, or after this time.
_GATHER_BYTES = 256 * 1024
_GATHER_SECONDS = 0.05


class OneHopHandler(ASGIHandler):
    """Django's handler, with the synchronous middleware chain that WSGI has."""

    def __init__(self) -> None:
        """Load the middleware once."""
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="django")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
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

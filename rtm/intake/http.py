"""As much of HTTP as the hot routes need, over ASGI."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from imiconnect.sources import address_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: A request of 1,000 destinations with long names and a long text fits in.
MAX_BODY = 512 * 1024
JSON = (b"content-type", b"application/json")


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass
class Request:
    """A whole request; header names are in small letters, values as Latin-1 text."""

    method: str
    path: str
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""
    #: The other end of the connection.
    peer: str | None = None

    @property
    def source(self) -> str | None:
        """The client's address, past as many proxies as are trusted."""
        return address_of(self.header(b"x-forwarded-for"), self.peer)

    def header(self, name: bytes) -> str:
        """Return a header's value, empty when there is none."""
        return self.headers.get(name, b"").decode("latin-1").strip()


class TooLong(Exception):
    """The body is longer than ``MAX_BODY``."""


class Gone(Exception):
    """The client went away before its body was whole."""


async def read(scope: Scope, receive: Receive) -> Request:
    """Return the request with its body; raises ``TooLong`` or ``Gone``."""
    request = Request(scope["method"], scope["path"], dict(scope["headers"]))
    request.peer = (scope.get("client") or (None,))[0]
    declared = request.header(b"content-length")
    if declared.isdecimal() and int(declared) > MAX_BODY:
        raise TooLong
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            raise TooLong
        parts.append(part)
        if not message.get("more_body"):
            request.body = parts[0] if len(parts) == 1 else b"".join(parts)
            return request


async def respond(send: Send, answer: Answer) -> None:
    """Send an answer."""
    length = (b"content-length", str(len(answer.body)).encode())
    typed = (JSON, length) if answer.body else (length,)
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [*typed, *answer.headers],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})

"""A twin's side of one HTTP call, and the adapter that serves a twin as an ASGI app.

A twin is a function from ``Call`` to ``Reply``: it can stand behind any server, such as one
that speaks HTTP/2 alone.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class Memory(Protocol):
    """What a twin remembers: things by kind and key, and what it is told to do wrong."""

    def put(self, kind: str, key: str, /, **data: Any) -> dict[str, Any]:
        """Keep a thing, in place of one with the same key."""

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """Return a thing, or None."""

    def all(self, kind: str, /, **wanted: Any) -> list[tuple[str, dict[str, Any]]]:
        """Return key and data of the things of a kind, oldest first."""

    def misbehaves(self, how: str) -> bool:
        """Tell whether it is told to do wrong in this way."""


class Forgetful:
    """A memory that ends with the process."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._things: dict[tuple[str, str], dict[str, Any]] = {}
        self.switches: set[str] = set()

    def put(self, kind: str, key: str, /, **data: Any) -> dict[str, Any]:
        """Keep a thing, in place of one with the same key."""
        self._things[kind, key] = data
        return data

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """Return a thing, or None."""
        return self._things.get((kind, key))

    def all(self, kind: str, /, **wanted: Any) -> list[tuple[str, dict[str, Any]]]:
        """Return key and data of the things of a kind, oldest first."""
        return [
            (key, data)
            for (known, key), data in self._things.items()
            if known == kind and wanted.items() <= data.items()
        ]

    def misbehaves(self, how: str) -> bool:
        """Tell whether it is told to do wrong in this way."""
        return how in self.switches


@dataclass(frozen=True)
class Call:
    """A call as it came; names of headers are in small letters, ``origin`` is the server's.

    ``certificate`` is the client's of TLS in DER, where it showed one that is trusted.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    origin: str
    http_version: str = "1.1"
    certificate: bytes = b""

    def form(self) -> dict[str, str]:
        """Return the fields of a form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace")))

    def json(self) -> Any:
        """Return the body as JSON; None for what is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True)
class Reply:
    """What the twin answers; a ``body`` that is no bytes is written as JSON."""

    status: int
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The body in bytes."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def asgi(answer: Callable[[Call], Reply]) -> Any:
    """Return an ASGI app of a twin."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        reply = answer(await _read(scope, receive))
        headers = [(name.encode(), value.encode()) for name, value in reply.headers.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.content})

    return app


async def _live(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"].removeprefix("lifespan.")
        await send({"type": f"lifespan.{kind}.complete"})
        if kind == "shutdown":
            return


async def _read(scope: Scope, receive: Receive) -> Call:
    body, more = b"", True
    while more:
        event = await receive()
        body += event.get("body", b"")
        more = event.get("more_body", False)
    headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
    host, port = scope["server"]
    return Call(
        method=scope["method"],
        path=scope["path"],
        headers=headers,
        body=body,
        origin=f"{scope['scheme']}://{headers.get('host', f'{host}:{port}')}",
        http_version=scope["http_version"],
    )

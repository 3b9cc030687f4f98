"""The one public port: sockets to Channels, the hot routes to the gateway, the rest to Django.

``imiconnect.rtm.intake`` supplies ``serves(method, path) -> bool``, ``app``, a plain ASGI
callable for what it serves, and ``lifespan()``, an asynchronous context manager around the
server's life. A package with sockets supplies ``websocket_urlpatterns`` in ``routing``.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imiconnect.settings")
django.setup(set_prefix=False)

# These need the settings and the models.
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from imiconnect.engines.memory import settle  # noqa: E402
from imiconnect.engines.one_hop import OneHopHandler  # noqa: E402
from imiconnect.sandbox.serving import beside  # noqa: E402

Scope = Mapping[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_ROUTINGS = ("imiconnect.console.routing", "imiconnect.rtm.routing")
_INTAKE = "imiconnect.rtm.intake"
#: Sockets of devices: pages of any site may open them, and no session is looked up.
_OPEN_PATHS = frozenset({"/mqtt", "/mqtt/"})


class Router:
    """Hands each connection to what serves it."""

    def __init__(self) -> None:
        """Load Django once, with its middleware in one synchronous chain."""
        patterns = [
            pattern
            for name in _ROUTINGS
            if find_spec(name)
            for pattern in import_module(name).websocket_urlpatterns
        ]
        self._pages = OneHopHandler()
        self._intake: Any = import_module(_INTAKE) if find_spec(_INTAKE) else None
        self._devices: Any = URLRouter(patterns)
        self._people: Any = AllowedHostsOriginValidator(AuthMiddlewareStack(self._devices))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            if self._intake and self._intake.serves(scope["method"], scope["path"]):
                await self._intake.app(scope, receive, send)
            else:
                await self._pages(scope, receive, send)
        elif scope["type"] == "websocket":
            sockets = self._devices if scope["path"] in _OPEN_PATHS else self._people
            await sockets(scope, receive, send)
        else:
            await _live(self._lifespan(), receive, send)

    @asynccontextmanager
    async def _lifespan(self) -> AsyncIterator[None]:
        async with self._intake.lifespan() if self._intake else nullcontext(), beside():
            settle()
            yield


async def _live(life: AbstractAsyncContextManager[Any], receive: Receive, send: Send) -> None:
    """Follow the server's start and end (the ASGI lifespan protocol)."""
    await receive()
    async with life:
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


application = Router()

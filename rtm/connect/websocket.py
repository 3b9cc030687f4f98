"""MQTT over WebSocket at ``/mqtt`` on the web port."""

from collections.abc import Awaitable, Callable
from typing import Any

from channels.consumer import AsyncConsumer

from imiconnect.rtm.connect.link import Link
from imiconnect.rtm.connect.presence import Holder
from imiconnect.rtm.protocol.cors import is_own

SUBPROTOCOL = "mqtt"
#: Close codes (RFC 6455, 7.4.1).
_UNSUPPORTED_DATA = 1003
_GOING_AWAY = 1001

_holder = Holder("ws")


class MqttConsumer(AsyncConsumer):
    """One device: WebSocket frames to a ``Link`` and back.

    It has neither group nor layer, and the loop of Channels would start a task and visit a
    thread for every frame; so it reads its messages itself.
    """

    async def __call__(
        self,
        scope: Any,
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        """Serve one connection."""
        await receive()
        if SUBPROTOCOL not in scope.get("subprotocols", ()):
            await send({"type": "websocket.close", "code": _UNSUPPORTED_DATA})
            return
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        link = Link(_Socket(send), _holder, origin=_origin(scope))
        try:
            while (message := await receive())["type"] == "websocket.receive":
                data = message.get("bytes")
                if data is None:
                    # MQTT goes in binary frames only (MQTT 3.1.1, section 6).
                    break
                await link.receive(data)
        finally:
            await link.lost()


class _Socket:
    """The device's side of a link."""

    __slots__ = ("_is_open", "_send")

    def __init__(self, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self._send = send
        self._is_open = True

    async def send(self, data: bytes) -> None:
        await self._send({"type": "websocket.send", "bytes": data})

    async def close(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        try:
            await self._send({"type": "websocket.close", "code": _GOING_AWAY})
        except (OSError, RuntimeError):
            # The device closed first.
            return


def _origin(scope: dict[str, Any]) -> str:
    """Return the origin of the page, or nothing for a page of this very server."""
    headers: dict[bytes, bytes] = dict(scope.get("headers", ()))
    origin = headers.get(b"origin", b"").decode("latin-1")
    return "" if is_own(origin, headers.get(b"host", b"").decode("latin-1")) else origin

"""The live socket: who may listen, and that hints come in batches."""

import asyncio
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter

from imiconnect.console import live, ports
from imiconnect.console.routing import websocket_urlpatterns
from tests.waiting import PATIENCE

MEMBER = SimpleNamespace(organization_id="o1")


@pytest.fixture(autouse=True)
def topics(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two topics, one of them refused, and quick batches."""
    monkeypatch.setattr(live, "_topics", {})
    monkeypatch.setattr(live, "INTERVAL", 0.2)
    monkeypatch.setattr(ports, "_member_of", [lambda user, session: user.member])
    live.register_topic("messages", lambda member, rest: f"test.{member.organization_id}")
    live.register_topic("secret", lambda member, rest: None)
    yield


class Socket(ApplicationCommunicator):  # type: ignore[misc]  # asgiref is untyped here
    """A browser's end; the one of channels.testing needs Daphne to be installed."""

    async def connect(self) -> None:
        await self.send_input({"type": "websocket.connect"})
        assert (await self.receive_output())["type"] == "websocket.accept"

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait()

    async def say(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def hear(self) -> Any:
        return json.loads((await self.receive_output(timeout=PATIENCE))["text"])


def socket_of(member: Any) -> Socket:
    user = SimpleNamespace(is_authenticated=True, member=member)
    scope = {"type": "websocket", "path": "/ws/live/", "headers": [], "user": user}
    return Socket(URLRouter(websocket_urlpatterns), scope)


async def subscribed(*topics: str) -> tuple[Socket, Any]:
    socket = socket_of(MEMBER)
    await socket.connect()
    await socket.say(json.dumps({"subscribe": list(topics)}))
    return socket, await socket.hear()


async def test_socket_without_a_seat_is_closed() -> None:
    socket = socket_of(None)
    await socket.connect()
    assert (await socket.receive_output())["code"] == live.NOT_SIGNED_IN


async def test_topic_is_joined_only_where_its_package_allows() -> None:
    socket, answer = await subscribed("messages", "secret", "no-such")
    assert answer == {"subscribed": 1, "refused": ["secret", "no-such"]}
    await socket.disconnect()


async def test_hints_of_one_interval_come_as_one_batch() -> None:
    socket, _ = await subscribed("messages")
    await live.anotify("test.o1", new=2, changed={"a": "submitted"})
    await live.anotify("test.o1", new=1, changed={"a": "delivered", "b": "read"})
    batch = await socket.hear()
    assert batch == {"new": 3, "changed": {"a": "delivered", "b": "read"}}
    assert await socket.receive_nothing(0.4)
    await socket.disconnect()


async def test_too_many_changes_ask_the_page_to_reload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MAX_CHANGED", 2)
    socket, _ = await subscribed("messages")
    await live.anotify("test.o1", changed={str(i): "read" for i in range(3)})
    assert (await socket.hear())["reload"] is True
    await socket.disconnect()


async def test_hint_to_another_group_does_not_arrive() -> None:
    socket, _ = await subscribed("messages")
    await live.anotify("test.o2", new=1)
    assert await socket.receive_nothing(0.5)
    await socket.disconnect()


@pytest.mark.parametrize("text", ["not json", "[]", '{"subscribe": 5}', "{}"])
async def test_nonsense_is_ignored(text: str) -> None:
    socket = socket_of(MEMBER)
    await socket.connect()
    await socket.say(text)
    assert await socket.receive_nothing(0.2)
    await socket.disconnect()


async def test_dead_channel_layer_costs_the_sender_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Dead:
        async def group_send(self, group: str, event: Any) -> None:
            await asyncio.sleep(60)

    monkeypatch.setattr(live, "get_channel_layer", Dead)
    monkeypatch.setattr(live, "SEND_TIMEOUT", 0.05)
    await live.anotify("test.o1", new=1)


def test_notify_works_without_a_loop() -> None:
    live.notify("test.o1", new=1)

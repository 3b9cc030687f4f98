"""Throttled sign-in while Redis is dead: neither locked out nor open to guessing."""

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.cache import RedisOrMemoryCache
from tests.factories import PASSWORD


def use_redis_at(settings: Any, port: int) -> None:
    entry = settings.CACHES["default"] | {"LOCATION": f"redis://127.0.0.1:{port}/1"}
    settings.CACHES = {"default": entry}


@pytest.fixture(autouse=True)
def own_memory() -> Iterator[None]:
    """Begin and end with empty memory and Redis believed to be well."""
    caches["default"]._memory.clear()
    RedisOrMemoryCache._down_until = 0.0
    yield
    caches["default"]._memory.clear()
    RedisOrMemoryCache._down_until = 0.0


@pytest.fixture
def dead_redis(settings: Any, own_memory: None) -> None:
    """A Redis address where nothing listens."""
    use_redis_at(settings, 1)


@pytest.fixture
def hanging_redis(settings: Any, own_memory: None) -> Iterator[socket.socket]:
    """A Redis that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        use_redis_at(settings, server.getsockname()[1])
        yield server


def sign_in(member: Member, password: str = PASSWORD) -> int:
    form = {"login": member.user.email, "password": password}
    return Client().post("/account/login/", form).status_code


def test_people_sign_in_without_redis(dead_redis: None, admin: Member) -> None:
    assert sign_in(admin) == 302


def test_guessing_is_throttled_without_redis(dead_redis: None, admin: Member) -> None:
    for _try in range(5):
        assert sign_in(admin, "wrong") == 422
    assert sign_in(admin) == 422


def test_a_hanging_redis_costs_one_time_out(
    hanging_redis: socket.socket, admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RedisOrMemoryCache, "REST", 3600.0)
    assert sign_in(admin) == 302
    assert _connections_to(hanging_redis) == 1


def _connections_to(server: socket.socket) -> int:
    """Count the connections that were made and wait to be taken."""
    server.setblocking(False)
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            server.accept()[0].close()
            count += 1
    return count


def test_redis_is_asked_again_after_a_rest(db: None) -> None:
    RedisOrMemoryCache._down_until = time.monotonic() + 60
    cache.set("here", 1)
    RedisOrMemoryCache._down_until = 0.0
    assert cache.get("here") is None
    cache.set("here", 2)
    assert cache.get("here") == 2

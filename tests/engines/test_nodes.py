"""Addresses of engines with several nodes, and which of them is taken."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from imiconnect.engines import health
from imiconnect.engines.scheduler import Lease
from imiconnect.environment import read_environment
from imiconnect.rtm.connect.broker import Broker
from imiconnect.urls_of_engines import nodes


@pytest.fixture
def living() -> Iterator[int]:
    """The port of a node that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def dead() -> int:
    """The port of a node that is gone."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_an_address_may_name_several_nodes() -> None:
    read = nodes("mqtts://gateway:p%40ss@one:8884,two,[::1]:99")
    assert (read.scheme, read.username, read.password) == ("mqtts", "gateway", "p@ss")
    assert read.addresses == (("one", 8884), ("two", 8883), ("::1", 99))


@pytest.mark.parametrize("url", ["mqtt://", "mqtt://a,,b", "mqtt://a:port"])
def test_an_address_without_a_host_or_with_a_wrong_port_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=".+"):
        nodes(url)


def test_no_password_is_shown_with_an_address() -> None:
    read = nodes("mqtt://gateway:secret@one")
    assert "secret" not in f"{read}{Broker(read)}"


def test_a_node_that_answers_is_found_whichever_are_dead(living: int, dead: int) -> None:
    broker = Broker(nodes(f"mqtt://127.0.0.1:{dead},127.0.0.1:{living},127.0.0.1:{dead}"))
    for _ in range(10):
        with broker.open(5) as connection:
            assert connection.getpeername()[1] == living


def test_without_any_node_the_reason_is_raised(dead: int) -> None:
    with pytest.raises(ConnectionRefusedError):
        Broker(nodes(f"mqtt://127.0.0.1:{dead},127.0.0.1:{dead}")).open(5)


@pytest.mark.django_db
def test_a_broker_with_one_node_left_is_ready(living: int, dead: int, settings: Any) -> None:
    settings.RTM_BROKER_URL = f"mqtt://127.0.0.1:{dead},127.0.0.1:{living}"
    assert health.parts()["broker"].ready
    settings.RTM_BROKER_URL = f"mqtt://127.0.0.1:{dead},127.0.0.1:{dead}"
    assert not health.parts()["broker"].ready


def test_one_scheduler_sends_and_the_next_one_follows_it() -> None:
    url = read_environment().REDIS_URL
    first, second = Lease(url), Lease(url)
    first.release()
    assert first.is_ours()
    assert first.is_ours()
    assert not second.is_ours()
    first.release()
    assert second.is_ours()
    assert not first.is_ours()
    second.release()


def test_a_scheduler_without_redis_sends(dead: int) -> None:
    assert Lease(f"redis://127.0.0.1:{dead}/0").is_ours()

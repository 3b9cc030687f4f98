"""Nothing that was accepted is lost, whatever is killed: the whole platform, and kill -9."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bench.gateway import Gateway
from tests.bench.processes import Fleet
from tests.running import Started

pytestmark = [
    pytest.mark.sweep,
    pytest.mark.xdist_group("platform"),
    pytest.mark.timeout(600),
]
MESSAGES, DEVICES, PER_SECOND = 2000, 20, 400
#: In turn, each when so many more messages have been accepted.
VICTIMS = ("gateway", "nats", "redis", "receipts")
EVERY = 400
#: Longer than a claim's lease, two pauses between retries and a restart.
_SECONDS = 150


@pytest.fixture(scope="module")
def outcome(started: Started) -> Iterator[tuple[Gateway, dict[str, list[str]]]]:
    """The gateway after the killing, when nothing is open any more, and what devices saw."""
    gateway = Gateway(started, devices=DEVICES)
    with gateway.database, gateway.fleet(websocket=False) as devices:
        _send_and_kill(started, gateway)
        gateway.wait_empty("SELECT 1 FROM rtm_openmessage LIMIT 1", patience=_SECONDS)
        yield gateway, _seen(devices)


def _send_and_kill(platform: Started, gateway: Gateway) -> None:
    results: list[Any] = []
    sender = threading.Thread(target=lambda: results.append(_send(gateway)))
    sender.start()
    for number, victim in enumerate(VICTIMS, 1):
        while sender.is_alive() and _accepted(gateway) < number * EVERY:
            time.sleep(0.05)
        assert sender.is_alive(), "all was sent before the last kill"
        os.kill(platform.pid_of(victim), signal.SIGKILL)
    sender.join()
    assert results, "sending has failed"


def _accepted(gateway: Gateway) -> int:
    row = gateway.database.execute("SELECT count(*) FROM rtm_message").fetchone()
    return int(row[0]) if row else 0


def _send(gateway: Gateway) -> Any:
    return gateway.send(MESSAGES, batch=1, connections=16, rate=PER_SECOND)


def _seen(devices: Fleet) -> dict[str, list[str]]:
    return {topic.split("/")[1]: tids for topic, tids in devices.seen().items()}


def test_every_message_has_exactly_one_outcome(
    outcome: tuple[Gateway, dict[str, list[str]]], started: Started
) -> None:
    rows = outcome[0].database.execute("SELECT state, count(*) FROM rtm_message GROUP BY 1")
    assert dict(rows.fetchall()) == {2: MESSAGES}
    checked = started.manage("check_messages")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_devices_have_seen_every_message(
    outcome: tuple[Gateway, dict[str, list[str]]],
) -> None:
    gateway, seen = outcome
    rows = gateway.database.execute("SELECT id::text, address FROM rtm_message").fetchall()
    assert len(rows) == MESSAGES
    assert [tid for tid, user in rows if tid not in set(seen[user])] == []

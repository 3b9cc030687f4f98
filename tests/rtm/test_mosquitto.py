"""QoS 1 on another broker: every publish acknowledged, shared uplink, no loss by a restart."""

import getpass
import json
import shutil
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from django.db import connections

from imiconnect.engines.tcp import is_free
from imiconnect.rtm import broker
from imiconnect.rtm.broker import Link
from imiconnect.rtm.models import Device, Message, Receipt, ReceiptBatch
from imiconnect.rtm.processors import dr, mt
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.protocol.topics import SHARDS, uplink
from imiconnect.rtm.uplink.listener import Listener
from imiconnect.sharing.models import Service
from tests import plain_mqtt
from tests.waiting import PATIENCE, wait_until

PROGRAM = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(PROGRAM is None, reason="the package 'mosquitto' is not installed"),
]


class Mosquitto:
    """A broker with a password and a database of its sessions, so that it may restart."""

    def __init__(self, folder: Path) -> None:
        """Choose a port and write the configuration."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._conf = folder / "mosquitto.conf"
        self._conf.write_text(
            # Started by root it would become another user, who may not write here.
            f"user {getpass.getuser()}\n"
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\n"
            f"persistence true\npersistence_location {folder}/\nautosave_interval 1\n"
            "max_queued_messages 0\nlog_dest none\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen([str(PROGRAM), "-c", str(self._conf)])
        deadline = time.monotonic() + PATIENCE
        while is_free(self.port):
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def stop(self) -> None:
        """End it; it writes its sessions to disk."""
        if self._process:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None


@pytest.fixture
def mosquitto(tmp_path: Path, settings: Any) -> Iterator[Mosquitto]:
    """The broker of the gateway, as ``RTM_BROKER_URL`` would name it."""
    running = Mosquitto(tmp_path)
    running.start()
    settings.RTM_BROKER_URL = f"mqtt://127.0.0.1:{running.port}"
    settings.RTM_BROKER_KIND = "mqtt"
    broker.link.close()
    yield running
    broker.link.close()
    running.stop()


class Phone:
    """A device that keeps its session and confirms what it gets."""

    def __init__(self) -> None:
        """Connect and subscribe at QoS 1."""
        self.seen: list[str] = []
        subscribed = threading.Event()
        self.client = plain_mqtt.new_client("phone", clean=False, client_id="phone")
        self.client.on_connect = lambda *_: self.client.subscribe("NB12345678/u1", 1)
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self._on_message
        self.client.connect(*plain_mqtt.address())
        self.client.loop_start()
        assert subscribed.wait(PATIENCE)

    def _on_message(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        tid = json.loads(message.payload)["tid"]
        self.seen.append(tid)
        body = {"op": "deliveryupdate", "status": 2, "tid": tid}
        client.publish(uplink("NB12345678", "u1", "d1"), json.dumps(body), 1)

    def close(self) -> None:
        """Go."""
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def phone(mosquitto: Mosquitto, device: Device) -> Iterator[Phone]:
    """The device ``d1`` of the user ``u1``."""
    made = Phone()
    yield made
    made.close()


@pytest.fixture
def send(
    intake: Any, order: Callable[..., dict[str, Any]], service: Service
) -> Callable[[int], None]:
    """Have as many messages to ``u1`` accepted."""

    def accepted(count: int) -> None:
        body = order(destination=[{"userid": ["u1"]}] * count)
        response = intake.post("/resources/v1/messaging", json=body)
        assert response.status_code == 202, response.text

    return accepted


@pytest.fixture
def listener(mosquitto: Mosquitto) -> Iterator[Listener]:
    """The uplink listener on its shared subscription."""
    running = Listener(shared=True)
    assert running._filters == ["$share/gateway/up/+/+/+/+"]
    yield from run(running)


@pytest.fixture
def shard_listener(mosquitto: Mosquitto) -> Iterator[Listener]:
    """A listener with subscriptions of its own, which Mosquitto keeps when it restarts.

    Of shared ones it keeps what is queued, but routes nothing new to them until the
    listener has subscribed again (seen with 2.0.11).
    """
    yield from run(Listener(shards=range(SHARDS)))


def run(running: Listener) -> Iterator[Listener]:
    """Let a listener work during a test."""

    def work() -> None:
        running.work()
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        wait_until(lambda: running.is_reading)
        yield running
    finally:
        running.stop()
        thread.join()


def waiting() -> set[uuid.UUID]:
    """Return of which messages a receipt waits, alone or in a batch."""
    batches = ReceiptBatch.objects.values_list("tids", flat=True)
    alone = Receipt.objects.values_list("tid", flat=True)
    return {tid for batch in batches for tid in batch} | set(alone)


def states() -> set[int]:
    """Return the states that messages are in."""
    return set(Message.objects.values_list("state", flat=True))


def test_every_publish_is_acknowledged_and_every_receipt_applied(
    send: Callable[[int], None], listener: Listener, phone: Phone
) -> None:
    send(50)
    assert mt.process_due() == 50
    assert states() == {State.SUBMITTED}
    assert broker.link.qos == 1
    wait_until(lambda: len(waiting()) == 50)
    dr.process_due()
    assert states() == {State.DELIVERED}
    assert len(phone.seen) == len(set(phone.seen)) == 50


def test_nothing_is_lost_when_the_broker_restarts_between_two_batches(
    mosquitto: Mosquitto, send: Callable[[int], None], shard_listener: Listener, phone: Phone
) -> None:
    send(20)
    mt.process_due()
    wait_until(lambda: len(waiting()) == 20)
    mosquitto.stop()
    mosquitto.start()
    send(20)
    assert mt.process_due() == 20
    assert states() == {State.SUBMITTED}
    wait_until(lambda: len(waiting()) == 40)
    dr.process_due()
    assert states() == {State.DELIVERED}
    assert len(set(phone.seen)) == 40


def test_messages_for_a_broker_that_is_away_are_kept_and_tried_again(
    mosquitto: Mosquitto, send: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "CONNECT_SECONDS", 0.3)
    send(5)
    mosquitto.stop()
    mt.process_due()
    assert states() == {State.QUEUED}
    assert set(Message.objects.values_list("code", flat=True)) == {7202}
    mosquitto.start()
    assert broker.link.publish([("NB12345678/u1", b"{}")]) == [True]


def test_a_batch_larger_than_the_window_is_taken_whole(mosquitto: Mosquitto) -> None:
    link = Link()
    taken = link.publish([(f"NB12345678/u{number}", b"{}" * 200) for number in range(2500)])
    link.close()
    assert len(taken) == 2500
    assert all(taken)


def test_a_refused_gateway_says_that_nothing_was_taken(
    mosquitto: Mosquitto, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mosquitto.stop()
    conf = tmp_path / "mosquitto.conf"
    conf.write_text(conf.read_text().replace("anonymous true", "anonymous false"))
    mosquitto.start()
    assert Link().publish([("NB12345678/u1", b"{}")]) == [False]
    assert "refused with code 5" in caplog.text

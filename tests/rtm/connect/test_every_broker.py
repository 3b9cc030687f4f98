"""What devices may rely on, whatever the broker and however they reach it."""

import json
from collections.abc import Callable

import pytest

from imiconnect.apps.models import App
from imiconnect.rtm.models import Device as Row
from imiconnect.rtm.models import Message, Receipt, Wake
from imiconnect.rtm.processors import dr, mt, owed, retry
from imiconnect.rtm.protocol import topics
from imiconnect.rtm.protocol.states import State
from tests.rtm.connect.brokers import Way
from tests.rtm.connect.conftest import Device, Gateway, MakeDevice, new_device
from tests.rtm.connect.peers import Peer
from tests.waiting import PATIENCE, wait_until


def uplink_of(device: Device) -> str:
    """Return the topic to which a device publishes."""
    return topics.uplink(*device.client_id.split("/"))


def heard(uplink: list[tuple[str, bytes]], device: Device) -> list[bytes]:
    """Return what the gateway has heard of a device; tests beside use the same broker."""
    return [payload for topic, payload in uplink if topic == uplink_of(device)]


def lose(peer: Peer) -> None:
    """Break a connection without a word, as a lost network does."""
    sock = peer.client.socket()
    peer.client.loop_stop()
    if sock is not None:
        sock.close()


def test_a_device_connects_and_messages_go_both_ways(
    path: Way, make_device: MakeDevice, gateway: Gateway, uplink: list[tuple[str, bytes]]
) -> None:
    device = make_device()
    with path.peer(device) as peer:
        assert peer.code == 0
        (granted,) = peer.subscribe(device.topic, qos=1)
        assert granted == (0 if path.broker == "nats" and not path.is_asked else 1)
        gateway.publish(device.topic, b"down")
        assert peer.received().payload == b"down"
        peer.publish(uplink_of(device), b"up", qos=1).wait_for_publish(PATIENCE)
        wait_until(lambda: heard(uplink, device))
    assert heard(uplink, device) == [b"up"]


def test_the_newer_connection_of_a_device_takes_over(
    path: Way, make_device: MakeDevice, gateway: Gateway
) -> None:
    device = make_device()
    with path.peer(device) as older, path.peer(device) as newer:
        wait_until(lambda: older.closed)
        newer.subscribe(device.topic)
        gateway.publish(device.topic, b"to the newer")
        assert newer.received().payload == b"to the newer"
        assert older.messages.empty()
        wait_until(lambda: Row.objects.get().is_connected)


def test_the_will_of_a_lost_device_reaches_the_gateway(
    path: Way, make_device: MakeDevice, uplink: list[tuple[str, bytes]]
) -> None:
    device = make_device()
    peer = path.peer(device, will=uplink_of(device)).connect()
    assert peer.code == 0
    lose(peer)
    wait_until(lambda: heard(uplink, device))
    assert heard(uplink, device) == [b"gone"]


def test_a_device_that_leaves_with_a_word_has_no_will(
    path: Way, make_device: MakeDevice, uplink: list[tuple[str, bytes]]
) -> None:
    device = make_device()
    with path.peer(device, will=uplink_of(device)) as peer:
        assert peer.code == 0
    with path.peer(device) as again:
        again.publish(uplink_of(device), b"later", qos=1).wait_for_publish(PATIENCE)
        wait_until(lambda: heard(uplink, device))
    assert heard(uplink, device) == [b"later"]


@pytest.fixture
def away(path: Way, rtm_app: App, send: Callable[..., Message]) -> tuple[Device, Message]:
    """A device that was connected, and a message that was sent after it was lost."""
    device = new_device(rtm_app, "u1", "d1")
    peer = path.peer(device, clean=False).connect()
    peer.subscribe(device.topic, qos=1)
    wait_until(lambda: Row.objects.get().is_connected)
    lose(peer)
    wait_until(lambda: not Row.objects.get().is_connected)
    Wake.objects.all().delete()
    message = send()
    mt.process_due()
    return device, message


def test_a_device_that_returns_gets_what_it_has_missed(
    path: Way, away: tuple[Device, Message]
) -> None:
    device, message = away
    with path.peer(device, clean=False) as peer:
        assert peer.code == 0
        peer.subscribe(device.topic, qos=1)
        wait_until(lambda: Wake.objects.exists())
        wait_until(lambda: _woken(peer))
        assert str(message.pk).encode() in peer.received().payload


def test_a_device_that_returns_gets_what_another_one_has_confirmed(
    path: Way, away: tuple[Device, Message], rtm_app: App
) -> None:
    device, message = away
    new_device(rtm_app, "u1", "d2")
    tid, app = message.pk, rtm_app.pk
    Receipt.objects.create(tid=tid, app_id=app, address="u1", device_id="d2", kind=2)
    dr.process_due()
    Wake.objects.all().delete()
    with path.peer(device) as peer:
        peer.subscribe(device.topic, qos=1)
        wait_until(lambda: Wake.objects.exists())
        wait_until(lambda: _woken(peer))
        got = json.loads(peer.received().payload)
    assert (got["tid"], got["deviceId"]) == (str(message.pk), "d1")
    assert Message.objects.get().state == State.DELIVERED


def _woken(peer: Peer) -> bool:
    """Do what the processors do until something has come."""
    retry.process_due()
    mt.process_due()
    owed.process_due()
    return not peer.messages.empty()

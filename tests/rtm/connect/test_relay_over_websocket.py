"""One device's connection through the gateway, over WebSocket and in front of Mosquitto."""

import json
import time
from typing import Any

import pytest

from imiconnect.apps.models import App
from imiconnect.rtm.connect import presence
from imiconnect.rtm.connect.registration import unregister_device
from imiconnect.rtm.models import Device as Row
from imiconnect.rtm.models import Wake
from imiconnect.rtm.protocol import topics
from imiconnect.rtm.protocol.frames import (
    Connect,
    ConnectCode,
    write_connack,
    write_connect,
    write_publish,
)
from tests.rtm.connect.conftest import Gateway, MakeDevice, WebServer, sent_by
from tests.rtm.connect.peers import Peer
from tests.waiting import PATIENCE, wait_until

ODD_IDS = [
    "john.doe",
    "jane doe",
    "50%",
    "a%20b",
    "ü日本",
    "a.b c%d",
    ".",
    "..",
    "$SYS",
    "a&b?c=d",
]


def row_of(app: App) -> Row:
    """Return the one device of the app."""
    row: Row = Row.objects.get(app=app)
    return row


@pytest.mark.parametrize("user_id", ODD_IDS)
def test_odd_ids_work_both_ways_under_their_own_name(
    web: WebServer, make_device: MakeDevice, gateway: Gateway, uplink: Any, user_id: str
) -> None:
    device = make_device(user_id, f"v2_web_{user_id}")
    plain = topics.uplink(*device.client_id.split("/")).split("/")[:2]
    with Peer(device, web.port) as peer:
        assert peer.code == 0
        assert peer.subscribe(device.topic, qos=2) == [0]
        gateway.publish(topics.downlink(device.app_id, user_id), b"hello")
        message = peer.received()
        assert (message.topic, message.payload) == (device.topic, b"hello")
        peer.publish("/".join((*plain, device.client_id)), b"answer", qos=1)
        wait_until(lambda: sent_by(device.app_id, uplink))
    (source, payload) = sent_by(device.app_id, uplink)[0]
    assert payload == b"answer"
    assert source == (device.app_id, user_id, f"v2_web_{user_id}")


def test_the_names_that_register_answers_work_as_well(
    web: WebServer, make_device: MakeDevice, gateway: Gateway
) -> None:
    device = make_device("jane doe", "my.phone")
    name = topics.broker_client_id(device.app_id, "jane doe", "my.phone")
    topic = topics.downlink(device.app_id, "jane doe")
    with Peer(device, web.port, client_id=name, username=topic) as peer:
        assert peer.code == 0
        peer.subscribe(topic)
        gateway.publish(topic, b"hello")
        assert peer.received().topic == topic


def test_the_newer_connection_takes_over(web: WebServer, make_device: MakeDevice) -> None:
    device = make_device()
    with Peer(device, web.port) as older, Peer(device, web.port) as newer:
        wait_until(lambda: older.closed)
        assert newer.subscribe(device.topic) == [0]
        wait_until(lambda: Row.objects.get(device_id="phone").is_connected)
        time.sleep(0.3)
        assert Row.objects.get(device_id="phone").is_connected


def test_connecting_and_leaving_is_recorded_and_asks_for_pending_messages(
    web: WebServer, app: App, make_device: MakeDevice
) -> None:
    device = make_device()
    Wake.objects.all().delete()
    with Peer(device, web.port) as peer:
        wait_until(lambda: row_of(app).is_connected)
        assert row_of(app).holder.startswith("ws:")
        assert not Wake.objects.exists()
        peer.subscribe(device.topic)
        wait_until(lambda: Wake.objects.filter(app_id=app.pk, address="jane").exists())
    wait_until(lambda: not row_of(app).is_connected)


def test_a_lost_device_is_noticed_by_its_keep_alive(
    web: WebServer, app: App, make_device: MakeDevice
) -> None:
    peer = Peer(make_device(), web.port, keepalive=1).connect()
    wait_until(lambda: row_of(app).is_connected)
    peer.client.loop_stop()
    wait_until(lambda: not row_of(app).is_connected)


def test_who_never_says_connect_is_let_go(
    web: WebServer, make_device: MakeDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol

    monkeypatch.setattr("imiconnect.rtm.connect.link.CONNECT_SECONDS", 0.3)
    url = f"ws://127.0.0.1:{web.port}/mqtt"
    for said in (None, b"\x10", b"GET / HTTP/1.1\r\n\r\n", b"\x10\xff\xff\x03"):
        with connect(url, subprotocols=[Subprotocol("mqtt")]) as socket:
            if said:
                socket.send(said)
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=PATIENCE)


def test_a_device_may_publish_before_it_has_read_connack(
    web: WebServer, make_device: MakeDevice, uplink: Any
) -> None:
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol

    device = make_device()
    hello = Connect(device.client_id, device.username, device.token)
    topic = topics.uplink(*device.client_id.split("/"))
    said = write_publish(0, topic, b"x" * 50_000)
    url = f"ws://127.0.0.1:{web.port}/mqtt"
    with connect(url, subprotocols=[Subprotocol("mqtt")]) as socket:
        socket.send(write_connect(hello) + said)
        assert socket.recv(timeout=PATIENCE) == write_connack(ConnectCode.ACCEPTED)
        wait_until(lambda: sent_by(device.app_id, uplink))
    assert sent_by(device.app_id, uplink)[0][1] == b"x" * 50_000


def test_a_socket_without_the_subprotocol_is_refused(web: WebServer) -> None:
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    with pytest.raises(InvalidStatus):
        connect(f"ws://127.0.0.1:{web.port}/mqtt").close()


def test_unregistering_ends_the_connection(
    web: WebServer, app: App, make_device: MakeDevice
) -> None:
    with Peer(make_device(), web.port) as peer:
        unregister_device(device=row_of(app))
        wait_until(lambda: peer.closed)


def test_a_large_message_passes_and_one_too_large_closes(
    web: WebServer, make_device: MakeDevice, uplink: Any
) -> None:
    device = make_device()
    topic = topics.uplink(*device.client_id.split("/"))
    with Peer(device, web.port) as peer:
        peer.publish(topic, b"x" * 500_000, qos=1)
        wait_until(lambda: uplink)
        assert len(uplink[0][1]) == 500_000
        peer.publish(topic, b"x" * 1_100_000, qos=1)
        wait_until(lambda: peer.closed)


def test_a_dead_server_is_forgotten(web: WebServer, app: App, make_device: MakeDevice) -> None:
    with Peer(make_device(), web.port):
        wait_until(lambda: row_of(app).is_connected)
        assert presence.forget_dead() == 0


def test_mosquitto_grants_qos_1_and_keeps_messages_for_a_device_that_is_away(
    proxy_port: int, make_device: MakeDevice, gateway: Gateway
) -> None:
    device = make_device("john.doe")
    with Peer(device, proxy_port, transport="tcp", clean=False) as peer:
        assert peer.subscribe(device.topic, "#", qos=1) == [1, 0x80]
    gateway.publish(device.topic, b"while away")
    with Peer(device, proxy_port, transport="tcp", clean=False) as peer:
        assert peer.received().payload == b"while away"


def test_a_false_device_does_not_reach_mosquitto(
    proxy_port: int, make_device: MakeDevice
) -> None:
    with Peer(make_device(), proxy_port, transport="tcp", password="x") as peer:
        assert peer.code == 4


def test_devices_come_back_when_the_broker_does(
    proxy_port: int, mosquitto: Any, app: App, make_device: MakeDevice, gateway: Gateway
) -> None:
    device = make_device()
    with Peer(device, proxy_port, transport="tcp") as peer:
        mosquitto.stop()
        wait_until(lambda: peer.closed)
        wait_until(lambda: not row_of(app).is_connected)
        with Peer(device, proxy_port, transport="tcp") as early:
            assert early.code == 3
        mosquitto.start()
        with Peer(device, proxy_port, transport="tcp") as again:
            again.subscribe(device.topic)
            gateway.publish(device.topic, json.dumps({"tid": 1}).encode())
            assert again.received().payload == b'{"tid": 1}'

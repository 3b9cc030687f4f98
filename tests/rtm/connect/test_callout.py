"""Devices at the broker's own port: names, presence, and what was missed."""

import asyncio
from typing import Any

import pytest

from imiconnect.apps.models import App
from imiconnect.rtm.broker import Link
from imiconnect.rtm.connect.presence import Event, record_all
from imiconnect.rtm.connect.registration import unregister_device
from imiconnect.rtm.models import Device as Row
from imiconnect.rtm.models import Wake
from imiconnect.rtm.protocol import callout, topics
from tests.rtm.connect.conftest import Callout, MakeDevice, in_loop
from tests.rtm.connect.peers import Peer
from tests.waiting import PATIENCE, wait_until


@pytest.mark.parametrize("user_id", ["john.doe", "jane doe", "50%", "ü"])
def test_odd_ids_work_under_the_names_that_register_answers(
    tcp_port: int, make_device: MakeDevice, user_id: str
) -> None:
    device = make_device(user_id, "my.phone")
    names = (device.app_id, user_id, "my.phone")
    topic, link = topics.downlink(*names[:2]), Link()
    with Peer(
        device,
        tcp_port,
        transport="tcp",
        client_id=topics.broker_client_id(*names),
        username=topic,
    ) as peer:
        assert peer.code == 0
        assert peer.subscribe(topic, qos=0) == [0]
        link.publish([(topic, b"hello")])
        assert (peer.received().topic, peer.closed) == (topic, 0)
        peer.publish(topics.uplink(*names), b"answer", qos=1).wait_for_publish(5)
    link.close()


def test_coming_and_going_is_recorded_and_asks_for_pending_messages(
    tcp_port: int, app: App, make_device: MakeDevice
) -> None:
    device = make_device()
    Wake.objects.all().delete()
    with Peer(device, tcp_port, transport="tcp"):
        wait_until(lambda: Row.objects.get(app=app).is_connected)
        assert Row.objects.get(app=app).holder.startswith("nats:")
        wait_until(lambda: Wake.objects.filter(app_id=app.pk, address="jane").exists())
    wait_until(lambda: not Row.objects.get(app=app).is_connected)


def test_unregistering_ends_the_connection(
    tcp_port: int, app: App, make_device: MakeDevice
) -> None:
    with Peer(make_device(), tcp_port, transport="tcp") as peer:
        unregister_device(device=Row.objects.get(app=app))
        wait_until(lambda: peer.closed)


def test_what_was_missed_is_caught_up_with(
    tcp_port: int, app: App, make_device: MakeDevice
) -> None:
    here, gone = make_device("here"), make_device("gone")
    with Peer(here, tcp_port, transport="tcp"):
        wait_until(lambda: Row.objects.get(user_id="here").is_connected)
        seen = Row.objects.get(user_id="here")
        Row.objects.filter(pk=seen.pk).update(is_connected=False, session_epoch=0)
        left = Row.objects.get(user_id=gone.user_id)
        record_all([Event(left.pk, 1, True, seen.holder)])
        another = Callout()
        with in_loop(another.run):
            wait_until(lambda: another.is_answering, 30)
            wait_until(lambda: Row.objects.get(pk=seen.pk).is_connected)
            wait_until(lambda: not Row.objects.get(pk=left.pk).is_connected)


@pytest.mark.django_db(transaction=True)
async def test_it_stops_while_no_broker_answers(settings: Any) -> None:
    settings.RTM_AUTH_CALLOUT_URL = "nats://127.0.0.1:1"
    service, stop = Callout(), asyncio.Event()
    running = asyncio.create_task(service.run(stop))
    done, _ = await asyncio.wait({running}, timeout=0.1)
    assert not done and not service.is_answering
    stop.set()
    await asyncio.wait_for(running, PATIENCE)


@pytest.mark.parametrize("message", [b"", b"x", b"a.b.c", b"a.e30.c", b"a.\xff.c", b"a.W10.c"])
def test_what_is_no_request_is_passed_over(message: bytes) -> None:
    with pytest.raises(callout.NotARequest):
        callout.read_request(message)

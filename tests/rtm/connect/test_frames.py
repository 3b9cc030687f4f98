"""The reader of MQTT frames, held against paho's writer and against nonsense."""

import contextlib
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from imiconnect.rtm.protocol import frames
from imiconnect.rtm.protocol.frames import Connect, FrameReader, Kind, MalformedPacket, Will
from imiconnect.rtm.protocol.relay import Names, Relay

TEXTS = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=30
)
FILLED = TEXTS.filter(bool)
TOPICS = FILLED.filter(lambda text: not set("+#") & set(text))


def packets_of(data: bytes, cut: int = 1) -> list[frames.Packet]:
    """Read bytes in pieces of ``cut``."""
    reader = FrameReader(1 << 20)
    return [
        packet
        for start in range(0, len(data), cut)
        for packet in reader.feed(data[start : start + cut])
    ]


def paho(**options: Any) -> tuple[Client, socket.socket]:
    """Return a paho client that writes into a socket pair."""
    ours, theirs = socket.socketpair()
    client = Client(CallbackAPIVersion.VERSION2, **options)
    client._sock = theirs
    client._sock_recv = theirs.recv  # type: ignore[attr-defined]
    return client, ours


def written(client: Client, ours: socket.socket) -> bytes:
    """Return what paho has written."""
    client.loop_write()
    ours.settimeout(1)
    data = ours.recv(1 << 20)
    assert client._sock is not None
    client._sock.close()
    client._sock = None
    ours.close()
    return data


@given(
    st.builds(
        Connect,
        client_id=FILLED,
        username=FILLED,
        password=FILLED,
        clean=st.booleans(),
        keep_alive=st.integers(0, 65535),
        will=st.none()
        | st.builds(Will, TOPICS, st.binary(max_size=50), st.integers(0, 2), st.booleans()),
    ),
    st.integers(1, 9),
)
def test_connect_reads_as_paho_writes_it(connect: Connect, cut: int) -> None:
    client, ours = paho(client_id=connect.client_id, clean_session=connect.clean)
    client.username_pw_set(connect.username, connect.password)
    if connect.will:
        will = connect.will
        client.will_set(will.topic, will.payload, will.qos, will.retain)
    client._send_connect(connect.keep_alive)
    (packet,) = packets_of(written(client, ours), cut)
    assert packet.kind == Kind.CONNECT
    assert frames.read_connect(packet.body) == connect
    assert frames.write_connect(connect) == packet.raw


@given(st.lists(st.tuples(TOPICS, st.integers(0, 2)), min_size=1, max_size=5))
def test_subscribe_reads_as_paho_writes_it(filters: list[tuple[str, int]]) -> None:
    client, ours = paho()
    client.subscribe(filters)
    (packet,) = packets_of(written(client, ours))
    packet_id, read = frames.read_subscribe(packet.body)
    assert read == filters
    assert frames.write_subscribe(packet_id, filters) == packet.raw


@given(TOPICS, st.binary(max_size=300), st.integers(0, 2), st.booleans(), st.integers(1, 50))
def test_publish_reads_as_paho_writes_it(
    topic: str, payload: bytes, qos: int, retain: bool, cut: int
) -> None:
    client, ours = paho()
    client.publish(topic, payload, qos, retain)
    (packet,) = packets_of(written(client, ours), cut)
    read, rest = frames.read_publish(packet.body)
    assert read == topic
    assert rest[2 if qos else 0 :] == payload
    assert frames.write_publish(packet.flags, topic, rest) == packet.raw
    assert frames.without_retain(packet.flags) & 1 == 0


@given(st.lists(TOPICS, min_size=1, max_size=5))
def test_unsubscribe_reads_as_paho_writes_it(filters: list[str]) -> None:
    client, ours = paho()
    client.unsubscribe(filters)
    (packet,) = packets_of(written(client, ours))
    packet_id, read = frames.read_unsubscribe(packet.body)
    assert read == filters
    assert frames.write_unsubscribe(packet_id, filters) == packet.raw


@given(st.lists(st.binary(min_size=0, max_size=400), max_size=8), st.integers(1, 100))
def test_packets_are_cut_the_same_however_the_bytes_come(bodies: list[bytes], cut: int) -> None:
    data = b"".join(frames.write_publish(0, "t", body) for body in bodies)
    packets = packets_of(data, cut)
    assert [frames.read_publish(packet.body)[1] for packet in packets] == bodies
    assert b"".join(packet.raw for packet in packets) == data


@given(st.binary(max_size=200))
def test_nonsense_is_refused_and_nothing_else_happens(data: bytes) -> None:
    relay = Relay(Names({"a": "a"}, {}, {"up": "up"}), 1)
    with contextlib.suppress(MalformedPacket):
        for packet in FrameReader(1000).feed(data):
            relay.from_device(packet)
            if packet.kind in (Kind.PUBLISH, Kind.SUBACK):
                relay.from_broker(packet)
    for read in (frames.read_connect, frames.read_subscribe, frames.read_unsubscribe):
        with contextlib.suppress(MalformedPacket):
            read(data)


@pytest.mark.parametrize("data", [b"\x30\xff\xff\xff\xff\x01", b"\x30\x80\x80\x80\x80"])
def test_a_length_of_five_bytes_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedPacket):
        FrameReader(1 << 30).feed(data)


def test_a_packet_above_the_limit_is_refused_by_its_header() -> None:
    with pytest.raises(MalformedPacket):
        FrameReader(1000).feed(b"\x30\xff\x7f")


@pytest.mark.parametrize("cut", [1, 3000])
def test_the_first_packet_has_a_limit_of_its_own(cut: int) -> None:
    first, second = (frames.write_publish(0, "t", b"x" * size) for size in (100, 900))
    data = first + second
    reader = FrameReader(1000, first=200)
    parts = [data[start : start + cut] for start in range(0, len(data), cut)]
    packets = [packet for part in parts for packet in reader.feed(part)]
    assert [packet.raw for packet in packets] == [first, second]
    with pytest.raises(MalformedPacket):
        FrameReader(1000, first=200).feed(second)


def test_answers_to_a_mixed_subscription_come_in_its_order() -> None:
    relay = Relay(Names({"mine": "mine", "plain": "on broker"}, {"all": "all"}, {}), 0)
    asked = frames.write_subscribe(7, [("x", 1), ("mine", 2), ("y", 1), ("all", 1)])
    step = relay.from_device(packets_of(asked, 100)[0])
    assert step.to_broker == frames.write_subscribe(7, [("mine", 0), ("all", 0)])
    assert not relay.is_listening
    (answer,) = packets_of(frames.write_suback(7, bytes([0, 0])), 100)
    assert relay.from_broker(answer) == frames.write_suback(7, bytes([0x80, 0, 0x80, 0]))
    assert relay.is_listening


def test_messages_come_under_the_name_that_the_device_subscribed_to() -> None:
    relay = Relay(Names({"plain": "on%20broker"}, {}, {}), 0)
    relay.from_device(packets_of(frames.write_subscribe(1, [("plain", 0)]), 100)[0])
    (packet,) = packets_of(frames.write_publish(0, "on%20broker", b"hello"), 100)
    assert relay.from_broker(packet) == frames.write_publish(0, "plain", b"hello")

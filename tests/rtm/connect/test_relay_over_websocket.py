"""MQTT over WebSocket with a foreign client (paho)."""

from tests.rtm.connect.peers import Peer


def test_first(web, app, make_device):
    jane = make_device()
    with Peer(jane, web.port) as peer:
        assert peer.code == 0
        assert peer.subscribe(jane.topic) == [0]
        assert peer.subscribe("#") == [0x80]

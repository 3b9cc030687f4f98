"""TLS all the way: from a device to the gateway's port, and from the gateway to the broker."""

import json
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imiconnect.engines.programs import nats_program
from imiconnect.engines.tcp import is_free
from imiconnect.rtm.broker import Link
from imiconnect.rtm.connect import broker
from tests.certificates import Certificates, make_certificates
from tests.rtm.connect.brokers import serve_proxy
from tests.rtm.connect.conftest import MakeDevice, free_port, in_loop
from tests.rtm.connect.peers import Peer
from tests.waiting import wait_until


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    """What the servers of a test show, from an authority of its own."""
    return make_certificates(tmp_path)


@pytest.fixture
def secured(
    tmp_path: Path, certificates: Certificates, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A broker that takes MQTT over TLS alone, as the broker of the settings."""
    port = free_port()
    told = {
        "server_name": "secured",
        "host": "127.0.0.1",
        "port": free_port(),
        "mqtt": {
            "host": "127.0.0.1",
            "port": port,
            "tls": {
                "cert_file": str(certificates.certificate),
                "key_file": str(certificates.key),
            },
        },
        "jetstream": {"store_dir": str(tmp_path)},
    }
    (tmp_path / "nats.json").write_text(json.dumps(told))
    command = [str(nats_program()), "--config", str(tmp_path / "nats.json")]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    # Another machine's system has the authority among its own.
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    settings.RTM_BROKER_URL = f"mqtts://127.0.0.1:{port}"
    settings.RTM_BROKER_KIND = "nats"
    try:
        wait_until(lambda: not is_free(port), "the broker does not answer")
        yield
    finally:
        running.kill()
        running.wait()


@pytest.fixture
def port(secured: None, certificates: Certificates, transactional_db: None) -> Iterator[int]:
    """The gateway's own port for MQTT over TLS, as at 8883."""
    chosen = free_port()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificates.certificate, certificates.key)
    with in_loop(lambda stop: serve_proxy(chosen, stop, tls)):
        wait_until(lambda: not is_free(chosen), "the gateway does not listen")
        yield chosen


def test_a_device_over_tls_gets_what_went_over_tls_to_the_broker(
    port: int, certificates: Certificates, make_device: MakeDevice
) -> None:
    device, link = make_device(), Link()
    peer = Peer(device, port, transport="tcp")
    peer.client.tls_set(ca_certs=str(certificates.authority))
    with peer:
        assert peer.code == 0
        peer.subscribe(device.topic)
        assert link.publish([(device.topic, b"sealed")]) == [True]
        assert peer.received().payload == b"sealed"
    link.close()


# paho leaves the socket of a failed handshake open.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_a_device_that_does_not_know_the_authority_does_not_connect(
    port: int, tmp_path: Path, make_device: MakeDevice
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    peer = Peer(make_device(), port, transport="tcp")
    peer.client.tls_set(ca_certs=str(make_certificates(other).authority))
    with pytest.raises(ssl.SSLCertVerificationError):
        peer.connect()


def test_nothing_is_sent_to_a_broker_whose_authority_is_unknown(
    secured: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    broker.parse.cache_clear()
    monkeypatch.setattr("imiconnect.rtm.broker.CONNECT_SECONDS", 0)
    assert Link().publish([("a/b", b"sealed")]) == [False]

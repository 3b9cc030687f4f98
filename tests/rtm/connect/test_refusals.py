"""Who may not connect, and what nobody may read or write: on every path, with paho."""

from collections.abc import Iterator
from typing import Any

import pytest

from imiconnect.apps import services as app_services
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy
from imiconnect.rtm import models
from imiconnect.rtm.broker import Link
from imiconnect.rtm.connect.registration import unregister_device
from imiconnect.rtm.protocol import topics
from tests.rtm.connect.brokers import Way
from tests.rtm.connect.conftest import MakeApp, MakeDevice, new_device
from tests.rtm.connect.peers import Peer
from tests.waiting import wait_until


@pytest.fixture
def publish() -> Iterator[Any]:
    """Publish as the gateway does."""
    link = Link()
    yield lambda topic, payload: link.publish([(topic, payload)])
    link.close()


def test_every_false_claim_is_refused(path: Way, app: App, make_device: MakeDevice) -> None:
    jane, bob = make_device("jane"), make_device("bob")
    lies = {
        "wrong password": ({"password": "wrong"}, 4),
        "no password": ({"password": ""}, 4),
        "another's token": ({"password": bob.token}, 4),
        "another's name": ({"client_id": bob.client_id, "username": bob.username}, 4),
        "another user name": ({"username": bob.username}, 4),
        "an unknown device": ({"client_id": f"{jane.username}/other"}, 4),
        "no such form": ({"client_id": "jane"}, 2),
        "a level too many": ({"client_id": f"{jane.client_id}/x"}, 2),
        "a wild card": ({"client_id": f"{app.app_id}/+/phone"}, 2),
        "a wrong token in the client id": ({"client_id": f"{jane.client_id}/at_x"}, 4),
    }
    for lie, (changes, code) in lies.items():
        with path.peer(jane, **changes) as peer:
            assert peer.code == path.code(code), lie


def test_a_device_without_standing_is_refused(
    path: Way, app: App, make_device: MakeDevice
) -> None:
    jane, bob = make_device("jane"), make_device("bob")
    rows = models.Device.objects.filter(app=app)
    rows.filter(user_id="jane").update(token_expires_at="2020-01-01T00:00Z")
    unregister_device(device=rows.get(user_id="bob"))
    with path.peer(jane) as peer:
        assert peer.code == 5
    with path.peer(bob) as peer:
        assert peer.code == path.code(4)
    rows.filter(user_id="jane").update(token_expires_at=None)
    App.objects.filter(pk=app.pk).update(state=App.State.OFF)
    with path.peer(jane) as peer:
        assert peer.code == 5


def test_the_client_key_is_a_password_only_where_the_app_allows_it(
    path: Way, make_app: MakeApp
) -> None:
    strict, lenient = make_app(), make_app(client_key_as_password=True)
    for app, other, code in [(strict, lenient, path.code(4)), (lenient, strict, 0)]:
        own = app_services.current_client_key(app).secret
        foreign = app_services.current_client_key(other).secret
        device = new_device(app)
        with path.peer(device, password=own) as peer:
            assert peer.code == code
        with path.peer(device, password=foreign) as peer:
            assert peer.code == path.code(4)


def test_a_token_in_the_client_id_is_proof_enough(path: Way, make_device: MakeDevice) -> None:
    jane = make_device()
    with path.peer(jane, client_id=f"{jane.client_id}/at_{jane.token}", password="x") as peer:
        assert peer.code == 0


def test_nobody_reads_what_is_anothers(
    path: Way, app: App, make_app: MakeApp, make_device: MakeDevice, publish: Any
) -> None:
    jane, stranger = make_device("jane"), new_device(make_app(), "jane")
    make_device("bob")
    with path.peer(jane) as peer:
        assert peer.subscribe(jane.topic) == [peer.granted[1][0]]
        for name in (
            f"{app.app_id}/bob", stranger.topic, f"{stranger.app_id}/Updates/chrome", "#",
            "+/+", "+/jane", f"{app.app_id}/#", f"{app.app_id}/+", f"{jane.topic}/#", "$SYS/#",
            f"$share/x/{jane.topic}", f"$share/x/{app.app_id}/+", f"{app.app_id}/Updates/+",
            "$MQTT/sub/#", "up/#", f"{app.app_id}/*", f"{app.app_id}/>", "*/*", ">",
        ):  # fmt: skip
            assert peer.subscribe(name) == [0x80], name
        publish(f"{app.app_id}/bob", b"not for jane")
        publish(stranger.topic, b"not for jane")
        publish(jane.topic, b"for jane")
        assert peer.received().payload == b"for jane"
        assert peer.hears_nothing()


def test_the_policy_topic_of_the_own_app_may_be_read(
    path: Way, app: App, make_device: MakeDevice, publish: Any
) -> None:
    with path.peer(make_device()) as peer:
        peer.subscribe(topics.updates(app.app_id, "chrome"))
        publish(topics.updates(app.app_id, "chrome"), b"{}")
        assert peer.received().topic == f"{app.app_id}/Updates/chrome"


def test_nobody_writes_where_others_read(
    path: Way, app: App, make_device: MakeDevice, publish: Any
) -> None:
    jane, bob = make_device("jane"), make_device("bob")
    with path.peer(bob) as victim:
        victim.subscribe(bob.topic)
        for topic in (
            bob.topic, jane.topic, topics.uplink(*bob.client_id.split("/")),
            f"{app.app_id}/Updates/chrome", "$SYS/x", "x",
        ):  # fmt: skip
            with path.peer(jane) as attacker:
                attacker.publish(topic, b"evil", qos=1)
                wait_until(lambda: path.is_asked or attacker.closed)
        publish(bob.topic, b"good")
        assert victim.received().payload == b"good"
        assert victim.hears_nothing()


def test_a_will_for_a_foreign_topic_does_nothing(
    path: Way, make_device: MakeDevice, publish: Any
) -> None:
    jane, bob = make_device("jane"), make_device("bob")
    with path.peer(bob) as victim:
        victim.subscribe(bob.topic)
        attacker = path.peer(jane, will=bob.topic).connect()
        if not path.is_asked:
            assert attacker.code == 5
        attacker.client.loop_stop()
        sock = attacker.client.socket()
        if sock is not None:
            sock.close()
        assert victim.hears_nothing(1.0)


def test_a_page_of_a_foreign_origin_is_refused(web: Any, make_app: MakeApp) -> None:
    app = make_app(allowed_origins=("https://shop.test",))
    device = new_device(app)
    for origin, code in [("https://shop.test", 0), ("https://evil.test", 5), ("", 0)]:
        with Peer(device, web.port, origin=origin) as peer:
            assert peer.code == code, origin
    app_services.set_policy(app=app, policy=Policy(allowed_origins=("*",)))
    with Peer(device, web.port, origin="https://evil.test") as peer:
        assert peer.code == 0


def test_mqtt_5_is_refused_in_its_own_words(web: Any, make_device: MakeDevice) -> None:
    with Peer(make_device(), web.port, protocol=5) as peer:
        assert peer.code == 1

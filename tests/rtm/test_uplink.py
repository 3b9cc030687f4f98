"""What devices publish, from the broker through the listener into the log."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.accounts.models import Organization
from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.housekeeping import depth
from imiconnect.rtm.models import (
    Callback,
    Customer,
    Device,
    DeviceEvent,
    Inbound,
    Message,
    Receipt,
    ReceiptBatch,
    Thread,
)
from imiconnect.rtm.processors import dr, mo
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.protocol.topics import uplink
from imiconnect.rtm.provider_inbox import ProviderMessage, take_in
from imiconnect.rtm.uplink.inbox import Inbox
from imiconnect.rtm.uplink.listener import Listener
from imiconnect.sharing.models import Service
from tests import plain_mqtt
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Message]
_SESSION = "gateway-uplink-all"


@pytest.fixture
def listener() -> Iterator[Listener]:
    """The uplink listener, running in a thread."""
    from django.db import connections

    # What earlier tests have published waits in the session that outlives a listener.
    fresh = plain_mqtt.new_client("test", client_id=_SESSION)
    fresh.connect(*plain_mqtt.address())
    fresh.loop_start()
    wait_until(fresh.is_connected)
    fresh.disconnect()
    fresh.loop_stop()
    running = Listener()

    def work() -> None:
        running.work()
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: running.is_reading)
    yield running
    running.stop()
    thread.join()


def publish(topic: str, payload: bytes) -> None:
    """Publish as a device does, at QoS 1."""
    client = plain_mqtt.new_client("device")
    client.connect(*plain_mqtt.address())
    client.loop_start()
    client.publish(topic, payload, 1).wait_for_publish(PATIENCE)
    client.disconnect()
    client.loop_stop()


def test_a_receipt_published_by_a_device_is_applied(send: Send, listener: Listener) -> None:
    message = send()
    body = {"op": "deliveryupdate", "status": 2, "tid": str(message.pk)}
    publish(uplink("NB12345678", "u1", "d1"), json.dumps(body).encode())
    wait_until(Receipt.objects.exists)
    dr.process_due()
    assert Message.objects.get(pk=message.pk).state == State.DELIVERED


def test_many_receipts_wait_as_one_batch_and_are_applied(
    send: Send, listener: Listener, rtm_app: App
) -> None:
    messages = [send() for _ in range(10)]
    unknown = uuid7()
    tids = [*(str(message.pk) for message in messages), str(unknown)]
    body = {"op": "deliveryupdate", "status": 3, "tids": tids}
    publish(uplink("NB12345678", "u1", "d1"), json.dumps(body).encode())
    wait_until(ReceiptBatch.objects.exists)
    assert not Receipt.objects.exists()
    assert depth("dr", timezone.now()).rows == 11
    assert dr.process_due() == 11
    assert set(Message.objects.values_list("state", "device_id")) == {(State.READ, "d1")}
    assert not ReceiptBatch.objects.exists()
    kept = Receipt.objects.get()
    assert (kept.tid, kept.app_id, kept.address) == (unknown, rtm_app.pk, "u1")
    assert (kept.device_id, kept.kind, kept.attempts) == ("d1", 3, 1)


def test_bad_payloads_are_counted_and_do_no_harm(
    send: Send, listener: Listener, rtm_app: App
) -> None:
    message = send()
    topic = uplink("NB12345678", "u1", "d1")
    publish(topic, b"\xff\xfe")
    publish(topic, b'{"op": "dance"}')
    publish(topic, b'{"op": "deliveryupdate", "status": 9}')
    publish("up/99/NB12345678/u1/d1", b"{}")
    body = {"op": "deliveryupdate", "status": 3, "tids": [str(message.pk)]}
    publish(topic, json.dumps(body).encode())
    wait_until(Receipt.objects.exists)
    # Each publish had a connection of its own, so the last one may come first.
    wait_until(lambda: sum(listener._inbox.refused.values()) == 4)
    assert listener._inbox.refused == {"body": 2, "op": 1, "topic": 1}


def test_a_message_of_a_device_is_logged_and_handed_over(
    listener: Listener, service: Service, device: Device
) -> None:
    body = {"op": "mo", "message": "Hi", "media": [{"file": "https://x.test/a.png"}]}
    publish(uplink("NB12345678", "u1", "d1"), json.dumps(body).encode())
    wait_until(Inbound.objects.exists)
    mo.process_due()
    message = Message.objects.get()
    assert (message.state, message.direction, message.device_id) == (State.RECEIVED, 1, "d1")
    assert message.payload["message"] == "Hi"
    assert message.service_id == service.pk
    assert Thread.objects.get(pk=message.thread_id).is_default
    callback = Callback.objects.get()
    assert (callback.kind, callback.url) == ("mo", "https://customer.test/mo")
    told = json.loads(callback.body)
    assert (told["channel"], told["event"], told["message"]) == ("Rtm", "MO", "Hi")
    assert json.loads(told["attachments"]) == [{"file": "https://x.test/a.png"}]
    assert (told["userId"], told["appId"], told["tid"]) == ("u1", "NB12345678", str(message.pk))


def test_a_message_that_came_by_rest_and_by_mqtt_is_logged_once(
    listener: Listener, intake: Any, service: Service, device: Device
) -> None:
    body = {"message": "Hi", "clientRef": "r1", "clientId": "NB12345678/u1/d1"}
    topic = uplink("NB12345678", "u1", "d1")
    for _ in range(2):
        publish(topic, json.dumps({"op": "mo"} | body).encode())
    publish(topic, json.dumps({"op": "mo", "message": "Later"}).encode())
    wait_until(lambda: Inbound.objects.filter(body__message="Later").exists())
    mo.process_due()
    keys = {"secretkey": "a-client-key-of-the-tests"}
    answer = intake.post("/rtmsAPI/api/v3/NB12345678/mo", json=body, headers=keys)
    mo.process_due()
    message = Message.objects.get(payload__message="Hi")
    assert answer.json()["tid"] == str(message.pk)


def test_a_message_from_a_device_of_an_app_that_is_off_is_logged_with_the_reason(
    service: Service, rtm_app: App, caplog: pytest.LogCaptureFixture
) -> None:
    Inbound.objects.create(
        app_id=rtm_app.pk, address="u1", device_id="d1", body={"message": "x"}
    )
    App.objects.update(state="off")
    assert mo.process_due() == 1
    row = Message.objects.get()
    assert (row.state, row.code, row.reason) == (State.RECEIVED, 7018, "The app is off.")
    assert not Callback.objects.exists()
    assert not Inbound.objects.exists()
    assert "that nobody hears of: 1" in caplog.text


def test_what_devices_of_a_suspended_organization_publish_reaches_nobody(
    service: Service, device: Device
) -> None:
    topic, body = uplink("NB12345678", "u1", "d1"), b'{"op": "mo", "message": "Hi"}'
    assert Inbox().write([(topic, body)]) == 1
    Organization.objects.update(is_active=False)
    inbox = Inbox()
    assert inbox.write([(topic, body)]) == 0
    assert inbox.refused == {"app": 1}
    # What came before the suspension is in the log and goes no further.
    assert mo.process_due() == 1
    assert Message.objects.get().reason == "The app is off."
    assert not Callback.objects.exists()


def test_what_comes_over_a_number_of_a_suspended_organization_reaches_nobody(
    service: Service,
) -> None:
    sms = ProviderMessage(
        channel="sms",
        address="+14155550100",
        body={"message": "Hi", "da": "+14155550111"},
        organization_id=service.organization_id,
        service_id=service.pk,
        url="https://customer.test/number",
    )
    Organization.objects.update(is_active=False)
    take_in([sms])
    assert mo.process_due() == 1
    assert Message.objects.get().reason == "The service is not live."
    assert not Callback.objects.exists()


def test_an_event_published_by_a_device_is_on_its_customers_timeline(
    listener: Listener, device: Device
) -> None:
    customer = Customer.objects.create(organization=device.app.organization, customer_id="c1")
    Device.objects.update(customer=customer)
    body = {"op": "profileupdate", "event": "BATTERY", "data": {"update": {"level": "4 %"}}}
    publish(uplink("NB12345678", "u1", "d1"), json.dumps(body).encode())
    wait_until(DeviceEvent.objects.exists)
    event = DeviceEvent.objects.get()
    assert (event.kind, event.customer, event.device) == ("battery", customer, device)
    device.refresh_from_db()
    assert device.attributes["battery"] == 4


def test_what_devices_tell_of_themselves_in_a_batch_is_written_in_order(
    device: Device, rtm_app: App
) -> None:
    Device.objects.create(app=rtm_app, user_id="u2", device_id="d2")
    told = [
        ("d1", {"event": "BATTERY", "data": {"update": {"level": 9}}}),
        ("d1", {"event": "basket", "data": {"update": {"items": 2}}}),
        ("d1", {"event": "LOCATIONCHANGE", "data": {"update": {"location": [1, 2]}}}),
        ("d1", {"data": {"update": {"language": "de", "imei": "35"}}}),
        ("d1", {"event": "BATTERY", "data": {"update": {"level": 8}}}),
        ("nobody", {"event": "BATTERY", "data": {"update": {"level": 1}}}),
        ("d1", {"event": "x", "data": {"update": {"huge": "x" * 33_000}}}),
        ("d1", {"event": "x", "data": 5}),
    ]
    inbox = Inbox()
    inbox.write(
        [
            (
                uplink("NB12345678", "u1", name),
                json.dumps({"op": "profileupdate"} | body).encode(),
            )
            for name, body in told
        ]
        + [(uplink("NB12345678", "u2", "d2"), _INFINITE)]
    )
    events = DeviceEvent.objects.order_by("pk").values_list("kind", "name")
    assert list(events) == [
        ("battery", "BATTERY"),
        ("custom", "basket"),
        ("battery", "BATTERY"),
    ]
    device.refresh_from_db()
    assert device.attributes["battery"] == 8
    assert device.attributes["language"] == "de"
    assert not {"imei", "location", "items"} & device.attributes.keys()
    assert inbox.refused == {"body": 3}


@pytest.mark.parametrize(
    "told",
    [
        {"event": "BATTERY", "data": {"update": {"level": "nan"}}},
        {"event": "BATTERY", "data": {"update": {"level": "1e999"}}},
        {"data": {"update": {"pushId": "x" * 5000, "os": "android"}}},
    ],
)
def test_what_one_device_tells_does_not_hold_up_the_others(
    service: Service, device: Device, told: dict[str, Any]
) -> None:
    topic = uplink("NB12345678", "u1", "d1")
    bodies = [{"op": "profileupdate"} | told, {"op": "mo", "message": "Hi"}]
    Inbox().write([(topic, json.dumps(body).encode()) for body in bodies])
    assert Inbound.objects.get().body["message"] == "Hi"
    device.refresh_from_db()
    assert "battery" not in device.attributes
    assert device.push_id == ""


def test_what_nobody_could_read_again_is_not_kept(service: Service, device: Device) -> None:
    """The processors have less of the stack left; a body that they cannot read stops them."""
    topic, inner = uplink("NB12345678", "u1", "d1"), b'{"x":' * 900 + b"1" + b"}" * 900
    bodies = [
        b'{"op": "mo", "message": "Hi", "extras": ' + inner + b"}",
        b'{"op": "deliveryupdate", "status": 4, "tid": "019ac2b0-0000-7000-8000-000000000000",'
        b'"interactiveData": ' + inner + b"}",
    ]
    inbox = Inbox()
    assert inbox.write([(topic, body) for body in bodies]) == 0
    assert inbox.refused == {"body": 2}


_INFINITE = b'{"op": "profileupdate", "event": "x", "data": {"update": {"far": 1e999}}}'

"""The Python client: messages both ways, receipts, threads and what it does about faults."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.rtm import broker
from imiconnect.rtm.client import ErrorCode, SdkError
from imiconnect.rtm.client.registration import system
from imiconnect.rtm.connect.kick import kick
from imiconnect.rtm.models import Device, Inbound, Message, Receipt, Thread
from imiconnect.rtm.processors import dr, mo, mt
from imiconnect.rtm.protocol import topics
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing.models import Service
from tests.rtm.client.conftest import MakePhone
from tests.waiting import PATIENCE, wait_until

Send = Callable[..., Message]


def becomes(message: Message, state: State) -> None:
    """Apply what receipts come until the message is in a state."""

    def is_there() -> bool:
        dr.process_due()
        message.refresh_from_db()
        return message.state == state

    wait_until(is_there)


def test_a_message_arrives_and_its_receipts_come_back(
    make_phone: MakePhone, transport: str, send: Send, uplink: Any
) -> None:
    phone = make_phone(transport=transport).come()
    message = send()
    mt.process_due()
    received = phone.messages.get(timeout=PATIENCE)
    assert (received.tid, received.text) == (str(message.pk), "Hello")
    becomes(message, State.DELIVERED)
    phone.mark_read(received.tid)
    becomes(message, State.READ)


def test_a_message_of_the_device_has_a_tid_and_is_stored_once(
    make_phone: MakePhone, service: Service
) -> None:
    phone = make_phone().come()
    sent = phone.publish(text="Hi", extras={"shop": "7"})
    mo.process_due()
    row = Message.objects.get()
    assert (str(row.pk), row.payload["message"]) == (sent.tid, "Hi")
    item, result = phone.sent.get(timeout=PATIENCE)
    assert (item.id, result.answer["tid"]) == (sent.ref, sent.tid)


def test_the_same_message_is_shown_once_and_confirmed_each_time(
    make_phone: MakePhone, send: Send, uplink: Any
) -> None:
    phone = make_phone().come()
    first, second = send(), send()
    mt.process_due()
    for _ in range(2):
        phone.messages.get(timeout=PATIENCE)
    wait_until(lambda: Receipt.objects.count() == 2)
    again = {"tid": str(first.pk), "message": "Hello", "outgoing": False}

    broker.link.publish([(topics.downlink("NB12345678", "u1"), json.dumps(again).encode())])
    wait_until(lambda: Receipt.objects.filter(tid=first.pk).count() == 2)
    assert phone.messages.empty()
    assert Receipt.objects.filter(tid=second.pk).count() == 1


def test_a_message_for_another_device_of_the_user_is_skipped(
    make_phone: MakePhone, send: Send, service: Service
) -> None:
    phone, tablet = make_phone().come(), make_phone().come(device_id="d2")
    send(destination=[{"deviceid": ["d2"]}])
    send()
    mt.process_due()
    assert {tablet.messages.get(timeout=PATIENCE).tid for _ in range(2)} == {
        str(pk) for pk in Message.objects.values_list("pk", flat=True)
    }
    assert phone.messages.get(timeout=PATIENCE).device_id == ""
    assert phone.messages.empty()


def test_threads_are_made_listed_changed_and_read(
    make_phone: MakePhone, service: Service, loop: Any
) -> None:
    phone = make_phone().come()
    threads = phone.client.threads
    thread = loop.run(threads.create(title="Loan", category="money"))
    phone.publish(text="How much?", thread_id=thread["id"])
    mo.process_due()
    loop.run(threads.update(thread["id"], status="Closed"))
    listed, total = loop.run(threads.list())
    assert (total, listed[0]["title"], listed[0]["status"]) == (1, "Loan", "Closed")
    messages = loop.run(threads.messages(thread["id"]))
    assert [(each.text, each.outgoing) for each in messages] == [("How much?", True)]
    assert Thread.objects.get().category == "money"


def test_it_comes_back_after_the_broker_has_let_it_go(
    make_phone: MakePhone, transport: str, send: Send
) -> None:
    phone = make_phone(transport=transport).come()
    kick("NB12345678", "u1", "d1")
    wait_until(lambda: phone.states[-3:] == ["waiting", "connecting", "connected"])
    send()
    mt.process_due()
    assert phone.messages.get(timeout=PATIENCE).text == "Hello"


def test_an_ended_token_is_renewed_when_connecting_and_when_calling(
    make_phone: MakePhone, transport: str, loop: Any
) -> None:
    phone = make_phone(transport=transport)
    phone.register(user_id="u1", device_id="d1")
    App.objects.update(policy={"client_key_as_password": False})
    before = phone.client.session.access_token
    Device.objects.update(token_expires_at=timezone.now() - dt.timedelta(hours=1))
    phone.connect()
    assert phone.client.session.access_token != before
    Device.objects.update(token_expires_at=timezone.now() - dt.timedelta(hours=1))
    assert loop.run(phone.client.threads.list()) == ([], 0)


def test_a_wrong_client_key_is_told_and_not_tried_for_ever(
    make_phone: MakePhone, transport: str
) -> None:
    with pytest.raises(SdkError) as refused:
        make_phone(key="wrong").register(user_id="u1")
    assert (refused.value.code, refused.value.status) == (ErrorCode.REGISTRATION_FAILED, 401)
    phone = make_phone(transport=transport)
    phone.register(user_id="u1", device_id="d1")
    App.objects.update(state=App.State.OFF)
    with pytest.raises(SdkError) as refused:
        phone.connect()
    assert refused.value.code == ErrorCode.CONNECTION_FAILED
    assert phone.client.state == "refused"


def test_what_is_said_offline_is_said_later_even_by_the_next_process(
    make_phone: MakePhone, service: Service
) -> None:
    phone = make_phone(kept=True)
    phone.register(user_id="u1", device_id="d1")
    phone.client._rest._http.base_url = "http://127.0.0.1:9"
    sent = phone.publish(text="From the tunnel")
    assert (sent.tid, phone.client.waiting) == ("", 1)
    phone.close()
    again = make_phone(kept=True)
    assert again.client.session.user_id == "u1"
    again.connect()
    wait_until(lambda: again.client.waiting == 0)
    assert Inbound.objects.get().body["message"] == "From the tunnel"
    item, result = again.sent.get(timeout=PATIENCE)
    assert item.id == sent.ref
    assert result.answer["tid"]


def test_a_changed_policy_is_read_again(make_phone: MakePhone, transport: str) -> None:
    phone = make_phone(transport=transport).come()

    topic = topics.updates("NB12345678", system())
    assert broker.link.publish([(topic, b"{}")]) == [True]
    assert phone.policies.get(timeout=PATIENCE)["features"]["realtimemessaging"] == "1"


def test_unregistering_forgets_the_device(make_phone: MakePhone) -> None:
    phone = make_phone(kept=True).come()
    phone.unregister()
    assert phone.client.session is None
    assert Device.objects.get().unregistered_at is not None
    with pytest.raises(SdkError) as refused:
        phone.connect()
    assert refused.value.code == ErrorCode.NOT_REGISTERED


def test_what_makes_no_sense_is_refused_before_anything_is_sent(make_phone: MakePhone) -> None:
    phone = make_phone().come()
    for wrong in (
        lambda: phone.publish(text=""),
        lambda: phone.mark_read(),
        lambda: make_phone(key=""),
    ):
        with pytest.raises(SdkError) as refused:
            wrong()
        assert refused.value.code == ErrorCode.INVALID_PARAMETER
    with pytest.raises(SdkError) as refused:
        phone.connect()
    assert refused.value.code == ErrorCode.ALREADY_CONNECTED

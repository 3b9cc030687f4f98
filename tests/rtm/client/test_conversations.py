"""What the Python client does besides messages: topics, files, answers, typing, customer."""

import io
from typing import Any

import pytest
from PIL import Image

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.rtm import topics
from imiconnect.rtm.client import ErrorCode, Message, SdkError
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.models import (
    Device,
    DeviceEvent,
    Inbound,
    MediaFile,
    Stream,
    Subscription,
    Thread,
)
from imiconnect.rtm.processors import mo, mt
from imiconnect.sharing.models import Service
from tests.rtm.client.conftest import MakePhone, Phone
from tests.waiting import PATIENCE, wait_until


@pytest.fixture
def phone(make_phone: MakePhone) -> Phone:
    """A phone of u1, registered."""
    made = make_phone()
    made.register(user_id="u1", device_id="d1")
    return made


def code_of(phone: Phone, work: Any) -> ErrorCode:
    """Return the error that a call ends with."""
    with pytest.raises(SdkError) as told:
        phone.loop.run(work)
    return told.value.code


def test_a_user_subscribes_writes_to_a_topic_and_leaves(phone: Phone, rtm_app: App) -> None:
    topics.create_topic(app=rtm_app, name="news", title="News")
    run, of = phone.loop.run, phone.client.topics
    run(of.subscribe("news"))
    (listed,), total = run(of.list(subscribed=True))
    assert (listed["name"], listed["subscribed"], total) == ("news", True, 1)
    phone.publish(text="Hi all", topic="news")
    assert Inbound.objects.get().body["topic"] == "news"
    run(of.unsubscribe("news"))
    assert not Subscription.objects.exists()
    assert code_of(phone, of.subscribe("no")) == ErrorCode.SUBSCRIBE_FAILED


def test_nobody_replies_to_an_announcement(phone: Phone, rtm_app: App) -> None:
    thread = Thread.objects.create(app=rtm_app, user_id="u1", type="Announcement")
    reply = {"text": "Thanks", "thread_id": str(thread.pk)}
    assert code_of(phone, phone.client.publish(**reply)) != ErrorCode.NOT_SUPPORTED
    phone.loop.run(phone.client.threads.list())
    assert code_of(phone, phone.client.publish(**reply)) == ErrorCode.NOT_SUPPORTED


def test_a_file_goes_up_and_its_address_is_made_anew(phone: Phone) -> None:
    out, run = io.BytesIO(), phone.loop.run
    Image.new("RGB", (20, 20), "teal").save(out, "PNG")
    made = run(phone.client.files.upload(out.getvalue(), "image/png"))
    assert made["mediaId"] == str(MediaFile.objects.get().pk)
    assert {"file", "preview", "size"} <= made.keys()
    fresh = run(phone.client.files.refresh(made["file"]))
    assert fresh["mediaId"] == made["mediaId"]
    phone.publish(attachments=[made])
    assert Inbound.objects.get().body["media"][0]["mediaId"] == made["mediaId"]
    assert code_of(phone, phone.client.files.upload(b"MZ", "image/png")) == ErrorCode.UNKNOWN


OFFER = Message(
    "01900000-0000-7000-8000-000000000000",
    quick_replies={"reference": "r", "options": [{"title": "Yes", "payload": "Y"}]},
    attachments=[{"fields": [{"name": "mail", "type": "email", "mandatory": True}]}],
)


def test_quick_replies_buttons_and_forms_are_answered(phone: Phone) -> None:
    run, of = phone.loop.run, phone.client.answers
    run(of.choose(OFFER, {"title": "Yes", "payload": "Y"}))
    run(of.press(OFFER, {"title": "Buy", "payload": "buy-17"}))
    run(of.submit(OFFER, {"mail": "ana@example.com"}))
    for values in ({}, {"mail": "nonsense"}):
        assert code_of(phone, of.submit(OFFER, values)) == ErrorCode.INVALID_PARAMETER
    said = [row.body["interactiveData"] for row in Inbound.objects.order_by("id")]
    assert [(data["type"], data["payload"]) for data in said] == [
        ("quickReplyPostback", "Y"),
        ("templatePostback", "buy-17"),
        ("formResponse", {"mail": "ana@example.com"}),
    ]
    assert {row.body["relatedTid"] for row in Inbound.objects.all()} == {OFFER.tid}


def test_typing_unread_closing_and_deleting_are_calls_of_a_thread(
    phone: Phone, service: Service, rtm_app: App
) -> None:
    run, of = phone.loop.run, phone.client.threads
    Stream.objects.create(organization=rtm_app.organization, name="Support")
    assert [row["name"] for row in run(of.streams())] == ["Support"]
    thread = run(of.create(title="Order 17", stream_name="Support"))
    assert thread["stream_name"] == "Support"
    run(of.typing(thread["id"]))
    run(of.typing(thread["id"], begun=False))
    sent = phone.publish(text="Hi", thread_id=thread["id"])
    mo.process_due()
    assert run(of.unread_count()) == 0
    run(of.delete_message(sent.tid))
    assert run(of.messages(thread["id"])) == []
    run(of.close(thread["id"]))
    ((listed,), _total) = run(of.list(unread=True))
    assert (listed["status"], listed["unread_msg_count"]) == ("Closed", 0)


def test_a_device_is_linked_with_a_customer_and_tells_what_happens(
    phone: Phone, admin: Member
) -> None:
    create_customer(member=admin, customer_id="1001", attributes={})
    run, of = phone.loop.run, phone.client.profile
    run(of.set_customer_id("1001"))
    assert Device.objects.get().customer.customer_id == "1001"
    run(of.update(language="pt"))
    assert Device.objects.get().attributes["language"] == "pt"
    run(of.publish_event("checkout", basket=3))
    assert DeviceEvent.objects.get(kind="custom").name == "checkout"
    run(of.remove_customer_id())
    assert Device.objects.get().customer is None


def test_a_guest_signs_in_and_out_on_a_device_that_stays_connected(
    make_phone: MakePhone, send: Any
) -> None:
    phone = make_phone()
    guest = phone.register(device_id="d1").user_id
    phone.connect()
    assert phone.set_user_id("u1").user_id == "u1"
    wait_until(lambda: phone.states[-1] == "connected" and phone.states.count("connected") == 2)
    message = send()
    mt.process_due()
    assert phone.messages.get(timeout=PATIENCE).tid == str(message.pk)
    again = phone.remove_user_id().user_id
    assert again.startswith("guest-")
    assert again != guest
    assert Device.objects.get().user_id == again

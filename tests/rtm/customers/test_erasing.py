"""Exporting and erasing what is known of a customer."""

import datetime as dt
import json
import uuid
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.audit.models import AuditEntry
from imiconnect.identity import uuid7
from imiconnect.rtm.callbacks.typing import tell_service
from imiconnect.rtm.customers import erasing, places
from imiconnect.rtm.customers.erasing import erase_due, request_erasure
from imiconnect.rtm.customers.exporting import export_customer
from imiconnect.rtm.media.services import store
from imiconnect.rtm.models import (
    Callback,
    Customer,
    Device,
    DeviceEvent,
    Erasure,
    FanOut,
    MediaFile,
    Message,
    OpenMessage,
    RuleEvent,
    Subscription,
    Thread,
)
from imiconnect.rtm.processors import fanout
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.topics import create_topic, subscribe
from imiconnect.sharing.models import Service
from imiconnect.sharing.rules.models import Rule, RuleRun
from tests.rtm.customers.conftest import PHONE
from tests.rtm.pages.conftest import log_message

History = dict[str, Message]


def exported(customer: Customer, member: Member) -> Any:
    """Return the export as it reads."""
    return json.loads("".join(export_customer(customer=customer, member=member)))


def test_the_export_has_all_that_is_known(
    grace: Customer, history: History, admin: Member
) -> None:
    document = exported(grace, admin)
    assert document["profile"]["attributes"]["plan"] == "gold"
    assert [device["device_id"] for device in document["devices"]] == ["d1"]
    assert [event["data"] for event in document["events"]] == [
        {"batterylevel": 4, "battery": 4.0}
    ]
    tids = {message["tid"] for message in document["messages"]}
    assert tids == {str(history["rtm"].pk), str(history["sms"].pk)}
    assert AuditEntry.objects.get(action="customer.exported").object_name == "1001"


def test_the_export_has_topics_and_files_and_the_erasure_takes_them(
    grace: Customer, app: App, cast: dict[Role, Member], settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    subscribe(topic=create_topic(app=app, name="news"), user_ids=["alice", "bob"])
    for user in ("alice", "bob"):
        store(app=app, user_id=user, data=b"%PDF-1.7", content_type="", preview=False)
    document = exported(grace, cast[Role.ADMIN])
    assert [(row["topic"], row["user_id"]) for row in document["topics"]] == [("news", "alice")]
    (file,) = document["files"]
    assert (file["user_id"], file["content_type"]) == ("alice", "application/pdf")
    address = urlsplit(file["file"])
    assert Client().get(f"{address.path}?{address.query}").status_code == 200
    partly = exported(grace, cast[Role.ASSET_MANAGER])
    assert (partly["files"], partly["withheld"]["files"]) == ([], 1)
    request_erasure(customer=grace)
    erase_due()
    assert list(MediaFile.objects.values_list("user_id", flat=True)) == ["bob"]
    assert list(Subscription.objects.values_list("user_id", flat=True)) == ["bob"]
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_erasing_leaves_outcomes_and_nothing_that_names_the_customer(
    grace: Customer, history: History
) -> None:
    Callback.objects.create(
        organization=grace.organization, service=history["rtm"].service,
        message_id=history["rtm"].pk, kind="dr", event="submitted", url="https://a.test",
        body='{"destination": "alice"}',
    )  # fmt: skip
    request_erasure(customer=grace)
    assert not Customer.objects.exists()
    assert not Device.objects.exists()
    assert not DeviceEvent.objects.exists()
    assert erase_due() == 3
    for name in ("rtm", "sms", "named"):
        message = Message.objects.get(pk=history[name].pk)
        assert (message.address, message.payload) == ("", {"erased": True})
        assert (message.correlation_id, message.callback_data) == ("", "")
        assert message.channel == history[name].channel
    assert Message.objects.get(pk=history["other"].pk).address == "bob"
    assert not Callback.objects.exists()
    assert list(Thread.objects.values_list("user_id", flat=True)) == ["bob"]
    erasure = Erasure.objects.get()
    assert (erasure.places, erasure.emptied) == ({}, 3)
    assert erasure.done_at is not None


def test_what_happened_to_devices_before_they_were_linked_is_erased(
    grace: Customer, app: App
) -> None:
    bobs = Device.objects.create(app=app, user_id="bob", device_id="d2")
    for user, device in (("alice", grace.devices.get()), ("alice", None), ("bob", bobs)):
        DeviceEvent.objects.create(
            app=app, device=device, user_id=user, device_name="d", kind="register"
        )
    request_erasure(customer=grace)
    assert DeviceEvent.objects.filter(user_id="alice").count() == 1, "of a forgotten device"
    erase_due()
    assert list(DeviceEvent.objects.values_list("user_id", flat=True)) == ["bob"]


@pytest.mark.parametrize(("name", "stays"), [("alice", 0), (PHONE, 0), ("bob", 1)])
def test_erasing_takes_what_rules_noted_along(
    grace: Customer, service: Service, app: App, name: str, stays: int
) -> None:
    rule = Rule.objects.create(
        organization=grace.organization, service=service, name="Thanks", position=1,
        listens="message", action="url",
    )  # fmt: skip
    run = RuleRun.objects.create(
        rule=rule, service=service, event_id=uuid7(), event_kind="message", channel="rt",
        address=name, act={"kind": "url", "body": name},
    )  # fmt: skip
    Callback.objects.create(
        id=run.pk, organization=grace.organization, service=service, kind=Callback.Kind.RULE,
        event="message", url="https://a.test", body=name,
    )  # fmt: skip
    RuleEvent.objects.create(
        id=uuid7(), kind="message", organization_id=grace.organization_id,
        app_id=None if name == PHONE else app.pk, channel="rt", address=name,
        happened_at=timezone.now(),
    )  # fmt: skip
    request_erasure(customer=grace)
    erase_due()
    for model in (RuleRun, RuleEvent, Callback):
        assert model._default_manager.count() == stays


def test_what_waits_for_an_erased_customer_fails(grace: Customer, history: History) -> None:
    request_erasure(customer=grace)
    message = Message.objects.get(pk=history["rtm"].pk)
    assert (State(message.state), message.code) == (State.FAILED, 7105)
    assert list(OpenMessage.objects.values_list("address", flat=True)) == ["bob"]


def test_an_erasure_that_was_interrupted_is_finished_later(
    grace: Customer, history: History
) -> None:
    request_erasure(customer=grace)
    with (
        patch.object(erasing, "_AT_ONCE", 1),
        patch.object(erasing, "_empty", side_effect=[None, KeyboardInterrupt]),
        pytest.raises(KeyboardInterrupt),
    ):
        erase_due()
    assert Erasure.objects.get().done_at is None
    erase_due()
    assert Erasure.objects.get().done_at is not None
    assert not Message.objects.filter(pk=history["rtm"].pk, address="alice").exists()


def test_the_page_asks_for_the_id_before_it_erases(
    grace: Customer, history: History, admin: Member, developer: Member, client_of: Any
) -> None:
    url = f"/customers/{grace.pk}/erase/"
    assert client_of(developer).get(url).status_code == 403
    assert client_of(admin).post(url, {"name": "1002"}).status_code == 422
    assert Customer.objects.exists()
    answer = client_of(admin).post(url, {"name": "1001"})
    assert answer.headers["Location"] == "/customers/"
    assert not Customer.objects.exists()


def test_the_page_sends_the_export_as_a_file(
    grace: Customer, history: History, asset_manager: Member, viewer: Member, client_of: Any
) -> None:
    url = f"/customers/{grace.pk}/export/"
    assert client_of(viewer).post(url).status_code == 403
    answer = client_of(asset_manager).post(url)
    assert f"customer-{grace.pk}.json" in answer.headers["Content-Disposition"]
    assert json.loads(answer.getvalue())["profile"]["customer_id"] == "1001"


def test_another_customer_of_the_same_app_is_left_alone(
    grace: Customer, app: App, admin: Member
) -> None:
    from imiconnect.rtm.directory import create_customer

    other = create_customer(member=admin, customer_id="1002", attributes={})
    Device.objects.create(app=app, user_id="bob", device_id="d1", customer=other)
    request_erasure(customer=grace)
    erase_due()
    assert exported(other, admin)["devices"][0]["user_id"] == "bob"


@pytest.mark.django_db(transaction=True)
def test_what_was_said_to_a_topic_is_erased_where_it_went_to_others(
    grace: Customer, service: Service, app: App
) -> None:
    topic = create_topic(app=app, name="news")
    said, got = log_message(service, app), log_message(service, app, address="bob")
    Message.objects.filter(pk=said.pk).update(direction=Message.Direction.MO)
    thread = Thread.objects.create(app=app, topic=topic)
    Message.objects.filter(pk__in=[said.pk, got.pk]).update(thread=thread)
    copy = uuid.UUID(int=said.pk.int ^ 1)
    Message.objects.filter(pk=got.pk).update(
        id=copy, transid=said.pk, payload={"message": "My PIN", "senderId": "alice"}
    )
    fan_out = FanOut.objects.create(
        transid=said.pk, organization=grace.organization, app=app, kind="topic", named="news",
        plan=["topic", str(topic.pk)], but_not="alice", payload={"message": "My PIN"},
        accepted_at=timezone.now(), expires_at=timezone.now(),
    )  # fmt: skip
    request_erasure(customer=grace)
    erase_due()
    assert Message.objects.get(pk=said.pk).address == ""
    kept = Message.objects.get(pk=copy)
    assert (kept.address, kept.payload) == ("bob", {"erased": True})
    fan_out.refresh_from_db()
    assert (fan_out.but_not, fan_out.payload) == ("", {"erased": True})
    assert fan_out.finished_at is not None


@pytest.mark.django_db(transaction=True)
def test_what_is_on_its_way_to_a_topic_reaches_nobody_else_after_the_erasure(
    grace: Customer, service: Service, app: App
) -> None:
    topic = create_topic(app=app, name="news")
    subscribe(topic=topic, user_ids=["alice", "bob", "cora", "dan"])
    said = log_message(service, app)
    Message.objects.filter(pk=said.pk).update(direction=Message.Direction.MO)
    now = timezone.now()
    FanOut.objects.create(
        transid=said.pk, organization=grace.organization, app=app, kind="topic", named="news",
        plan=["topic", str(topic.pk)], but_not="alice", accepted_at=now,
        expires_at=now + dt.timedelta(days=1),
        payload={"message": "My PIN", "senderId": "alice"},
    )  # fmt: skip
    fanout.process_due(limit=2)
    request_erasure(customer=grace)
    assert fanout.process_due(limit=2) == 0
    erase_due()
    copies = Message.objects.filter(address__in=["bob", "cora", "dan"])
    assert {copy.address: copy.payload for copy in copies} == dict.fromkeys(
        ("bob", "cora"), {"erased": True}
    )
    assert not OpenMessage.objects.filter(pk__in=copies.values("pk")).exists()
    listed = str([*Message.objects.values(), *FanOut.objects.values()])
    assert "PIN" not in listed and "alice" not in listed


def test_what_tells_of_typing_is_erased(grace: Customer, service: Service, app: App) -> None:
    Service.objects.update(typing_events=True, inbound_url="https://a.test/in")
    for user in ("alice", "bob"):
        thread = Thread.objects.create(app=app, user_id=user, service=service)
        tell_service(thread, user, True)
    request_erasure(customer=grace)
    (left,) = Callback.objects.all()
    assert '"userId":"bob"' in left.body


def test_a_timeline_that_is_cut_says_so_and_the_export_is_whole(
    grace: Customer,
    history: History,
    admin: Member,
    client_of: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = "the export has all of them"
    page, client = f"/customers/{grace.pk}/", client_of(admin)
    assert words not in client.get(page).content.decode()
    monkeypatch.setattr(places, "MOST_THREADS", 1)
    Thread.objects.create(app=history["rtm"].app, user_id="alice")
    assert words in client.get(page).content.decode()
    assert client.get(f"/api/v1/customers/{grace.pk}/timeline/").json()["is_cut"]
    assert len(exported(grace, admin)["messages"]) == 2

"""A user ID is proved by a PIN that goes to the customer's own mobile number."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from imiconnect.accounts.models import Member, Organization
from imiconnect.apps import services as app_services
from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.numbers.models import Number
from imiconnect.rtm.customers.erasing import request_erasure
from imiconnect.rtm.masking import MASK
from imiconnect.rtm.models import Customer, Device, Message, UserPin
from imiconnect.rtm.onboarding.answering import LEASE
from imiconnect.rtm.pins import services as pins
from imiconnect.rtm.processors import mt
from imiconnect.rtm.processors.rules import process_due
from imiconnect.sharing.models import Allocation, Service
from tests.rtm.connect.test_register import call
from tests.rtm.telecom.pins.conftest import MOBILE, Phone

pytestmark = pytest.mark.django_db(transaction=True)

ClientOf = Callable[[Member], Client]


def other_than(pin: str) -> str:
    return "000000" if pin != "000000" else "111111"


def test_a_right_pin_registers_the_user_and_links_the_customer(
    phone: Phone, ada: Customer, carrier: Any
) -> None:
    pin = phone.pin()
    mt.process_due(lane="sms")
    (text,) = carrier.sent
    assert (text.sender, text.to) == ("NORTHWIND", MOBILE)
    answer = phone.say("register", pinToken=phone.token(pin))
    assert answer.json()["userId"] == "ada"
    assert Device.objects.get().customer == ada


def test_without_a_proof_no_user_id_is_registered(phone: Phone, ada: Customer) -> None:
    for token in ({}, {"pinToken": "made up"}):
        answer = phone.say("register", **token)
        assert (answer.status_code, answer.json()["reason"]) == (403, "pin")
    assert not Device.objects.exists()


def test_a_proof_is_good_once_for_its_user_and_device(phone: Phone, ada: Customer) -> None:
    token = phone.token(phone.pin())
    for named in ({"user": "bob"}, {"device": "d2"}):
        assert phone.say("register", pinToken=token, **named).status_code == 403
    assert phone.say("register", pinToken=token).status_code == 200
    assert phone.say("register", pinToken=token).status_code == 403


def test_a_refused_registration_leaves_the_proof(phone: Phone, ada: Customer, app: App) -> None:
    token = phone.token(phone.pin())
    bad = {"data": {"update": {"pushId": "x" * 5000}}}
    assert phone.say("register", pinToken=token, **bad).status_code == 400
    assert phone.say("register", pinToken=token).status_code == 200


def test_a_guest_signs_in_with_a_pin(phone: Phone, ada: Customer, app: App) -> None:
    guest = phone.say("register", user="").json()
    named = {"clientId": f"{app.app_id}/{guest['userId']}/d1", "userId": "ada"}
    refused = call(app.app_id, "setUserId", phone.key, guest["accessToken"], **named)
    assert refused.json()["reason"] == "pin"
    named["pinToken"] = phone.token(phone.pin())
    done = call(app.app_id, "setUserId", phone.key, guest["accessToken"], **named)
    assert done.json()["userId"] == "ada"
    assert Device.objects.get().customer == ada


def test_a_device_names_no_customer_but_the_proved_one(
    phone: Phone, ada: Customer, app: App
) -> None:
    guest = phone.say("register", user="").json()
    assert phone.say("register", user="", customerId="ada").json()["reason"] == "pin"
    named = {"clientId": f"{app.app_id}/{guest['userId']}/d1", "customerId": "ada"}
    linked = call(app.app_id, "setCustomerId", phone.key, guest["accessToken"], **named)
    assert linked.json()["reason"] == "pin"
    token = phone.token(phone.pin())
    other = phone.say("register", pinToken=token, customerId="bob")
    assert other.json()["reason"] == "pin"


def test_nobody_can_tell_who_is_a_customer(phone: Phone, ada: Customer) -> None:
    known, unknown = phone.say("generatePin"), phone.say("generatePin", user="nobody")
    assert known.json() == unknown.json()
    process_due()
    assert Message.objects.count() == 1
    wrong = [phone.say("validatePin", user, pin="12345x") for user in ("ada", "nobody")]
    assert wrong[0].json() == wrong[1].json()
    assert [row.wrong for row in UserPin.objects.order_by("id")] == [1, 1]


def test_the_fifth_wrong_pin_ends_it(phone: Phone, ada: Customer) -> None:
    pin = phone.pin()
    for _ in range(5):
        assert phone.token(other_than(pin)) == ""
    assert phone.token(pin) == ""


def test_a_pin_ends_after_half_an_hour_and_so_does_its_proof(
    phone: Phone, ada: Customer
) -> None:
    pin = phone.pin()
    asker, row = pins.Asker(phone.app, "ada", "d1"), UserPin.objects.get()
    assert row.ends_at - row.created_at <= dt.timedelta(minutes=30, seconds=1)
    with pytest.raises(pins.WrongPin):
        pins.check_pin(asker=asker, pin=pin, now=row.ends_at)
    token = phone.token(pin)
    late = timezone.now() + dt.timedelta(minutes=31)
    with pytest.raises(pins.NotProved):
        pins.take_proof(asker=asker, proof=token, now=late)


def test_a_new_pin_ends_the_one_before(phone: Phone, ada: Customer) -> None:
    first, second = phone.pin(), phone.pin()
    assert phone.token(first) == "" or first == second
    assert phone.token(second)


def test_the_number_of_another_organizations_customer_is_not_used(
    phone: Phone, ada: Customer, other_organization: Organization
) -> None:
    Customer.objects.update(organization=other_organization)
    phone.say("generatePin")
    process_due()
    assert not Message.objects.exists()


def test_a_pin_is_kept_nowhere_and_leaves_the_log(phone: Phone, ada: Customer) -> None:
    pin = phone.pin()
    assert pin not in str(UserPin.objects.values())
    mt.process_due(lane="sms")
    phone.token(pin)
    process_due()
    assert Message.objects.get().payload["message"] == MASK


def test_a_pin_that_was_sent_before_a_crash_is_sent_once(phone: Phone, ada: Customer) -> None:
    phone.pin()
    UserPin.objects.update(sent_at=None, transid=None, due_at=timezone.now())
    process_due(now=timezone.now() + LEASE)
    assert Message.objects.count() == 1


def test_an_app_that_asks_for_none_sends_none(phone: Phone, app: App) -> None:
    policy = msgspec.structs.replace(policy_of(app), pin_required=False)
    app_services.set_policy(app=app, policy=policy)
    for what in ("generatePin", "validatePin"):
        assert phone.say(what, pin="123456").json()["code"] == "62"
    assert phone.say("register").status_code == 200


def test_a_customers_server_registers_without_a_pin(
    phone: Phone, app: App, sms_service: Service
) -> None:
    from tests.rtm.conftest import SERVICE_KEY

    client = Client(headers={"secretKey": phone.key, "key": SERVICE_KEY})
    url = f"/rtmsAPI/api/v3/{app.app_id}/register"
    body = {"userId": "ada", "deviceId": "d1"}
    assert client.post(url, body, content_type="application/json").status_code == 200


def test_an_erased_customers_pins_are_gone(phone: Phone, ada: Customer) -> None:
    phone.say("generatePin")
    request_erasure(customer=ada)
    assert not UserPin.objects.exists()


def test_pins_need_a_sender_and_no_client_key_as_password(admin: Member, app: App) -> None:
    wrong = {
        "pin_sender_id": [{"pin_sender_id": ""}, {"pin_sender_id": "OTHER"}],
        "pin_required": [{"client_key_as_password": True}],
    }
    for field, changes in wrong.items():
        for change in changes:
            policy = msgspec.structs.replace(policy_of(app), **change)
            with pytest.raises(ValidationError) as caught:
                app_services.set_policy(app=app, policy=policy)
            assert list(caught.value.message_dict) == [field]


def test_the_page_says_what_keeps_pins_back(
    client_of: ClientOf, admin: Member, app: App, sender: Number
) -> None:
    client, url = client_of(admin), reverse("apps:manage", args=[app.pk])
    assert "nothing goes out" not in client.get(url).content.decode()
    sender.allocations.all().delete()
    assert "NORTHWIND is not mapped to the service Alerts" in client.get(url).content.decode()
    Allocation.objects.all().delete()
    assert "no PIN goes out" in client.get(url).content.decode()


def test_the_card_turns_pins_off_and_on(client_of: ClientOf, admin: Member, app: App) -> None:
    client, url = client_of(admin), reverse("apps:manage", args=[app.pk])
    client.post(url, {"card": "pins", "pin_sender_id": "NORTHWIND"})
    app.refresh_from_db()
    assert not policy_of(app).pin_required
    client.post(url, {"card": "pins", "pin_required": "on", "pin_sender_id": "NORTHWIND"})
    app.refresh_from_db()
    assert policy_of(app).pin_required
    answer = client.post(url, {"card": "pins", "pin_required": "on"})
    assert "Select the Sender ID that sends the PINs." in answer.content.decode()

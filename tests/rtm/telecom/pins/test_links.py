"""A PIN goes to the customer with whom a user is linked."""

import msgspec
import pytest

from imiconnect.accounts.models import Organization
from imiconnect.apps import services as app_services
from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.rtm import app_profile_batches as profiles
from imiconnect.rtm.customers.services import prepare_device
from imiconnect.rtm.models import Customer, Device, Message, UserPin
from imiconnect.rtm.processors.rules import process_due
from imiconnect.rtm.profile_batches import Record
from tests.rtm.connect.test_register import call
from tests.rtm.telecom.pins.conftest import Phone

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_pin_goes_to_the_customer_with_whom_the_organization_has_linked_the_user(
    phone: Phone, ada: Customer, app: App
) -> None:
    profiles.create_app_profiles(
        app=app, records=[Record("ada", {"userId": "shopper", "deviceId": "old phone"})]
    )
    token = phone.token(phone.pin("shopper"), user="shopper")
    wrong = phone.say("register", "shopper", pinToken=token, customerId="shopper")
    assert wrong.json()["reason"] == "pin"
    done = phone.say("register", "shopper", pinToken=token)
    assert done.json()["userId"] == "shopper"
    device = Device.objects.get(device_id="d1")
    assert (device.customer, device.is_link_sure) == (ada, True)
    named = {"clientId": f"{app.app_id}/shopper/d1"}
    for customer, code in {"ada": 200, "shopper": 403}.items():
        token = done.json()["accessToken"]
        answer = call(
            app.app_id, "setCustomerId", phone.key, token, **named, customerId=customer
        )
        assert answer.status_code == code


def test_a_guest_becomes_a_linked_user_where_profiles_are_asked_for(
    phone: Phone, ada: Customer, app: App
) -> None:
    guest = phone.say("register", user="").json()
    policy = msgspec.structs.replace(policy_of(app), profile_required=True)
    app_services.set_policy(app=app, policy=policy)
    prepare_device(app=app, user_id="shopper", device_id="", customer=ada, attributes={})
    named = {"clientId": f"{app.app_id}/{guest['userId']}/d1", "userId": "shopper"}
    named["pinToken"] = phone.token(phone.pin("shopper"), user="shopper")
    done = call(app.app_id, "setUserId", phone.key, guest["accessToken"], **named)
    assert done.json()["userId"] == "shopper"
    assert Device.objects.get(device_id="d1").customer == ada


def test_a_link_that_a_device_has_made_itself_gets_no_pin(
    phone: Phone, ada: Customer, app: App
) -> None:
    policy = policy_of(app)
    free = msgspec.structs.replace(policy, pin_required=False)
    app_services.set_policy(app=app, policy=free)
    phone.say("register", "victim", customerId="ada")
    app_services.set_policy(app=app, policy=policy)
    phone.say("generatePin", "victim")
    process_due()
    assert not Message.objects.exists()


def test_a_user_who_is_linked_with_two_customers_gets_no_pin(
    phone: Phone, ada: Customer, app: App, organization: Organization
) -> None:
    bob = Customer.objects.create(organization=organization, customer_id="bob")
    for customer in (ada, bob):
        prepare_device(
            app=app, user_id="shopper", device_id="", customer=customer, attributes={}
        )
    assert phone.asks(1, user="shopper") == [200]
    assert UserPin.objects.get().problem == (
        "The user's devices are linked with different customers."
    )

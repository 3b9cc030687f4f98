"""A browser's subscription over REST: without a profile, linked later, ended."""

import json
from typing import Any

import pytest
from django.test import Client
from msgspec.structs import replace

from imiconnect.apps.channel_types.mobile_web.messaging import set_messaging
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy, policy_of
from imiconnect.apps.push.services import credentials_of
from imiconnect.apps.services import set_policy
from imiconnect.rtm.connect.registration import Profile, register_device
from imiconnect.rtm.models import Customer, Device, PushAddress
from tests.rtm.conftest import CLIENT_KEY
from tests.rtm.connect.test_jwt import SECRET, token
from tests.rtm.push.conftest import Served

pytestmark = pytest.mark.django_db


@pytest.fixture
def subscribed(web: Served, pushed: App) -> dict[str, Any]:
    """What a browser's ``PushSubscription.toJSON()`` gives."""
    return web.subscribe(web.url, credentials_of(pushed, "web").public_key)


def call(app: App, path: str, *, bearer: str = "", **body: Any) -> Any:
    url = f"/rtmsAPI/api/v3/{app.app_id}/push/subscriptions{path}"
    headers = {"secretKey": CLIENT_KEY, "Origin": "https://a.test"}
    headers |= {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return Client().post(url, body, content_type="application/json", headers=headers)


def test_a_subscription_needs_neither_profile_nor_contact(
    pushed: App, subscribed: dict[str, Any]
) -> None:
    answer = call(pushed, "", subscription=subscribed)
    row = PushAddress.objects.get()
    assert answer.json()["pushId"] == str(row.pk)
    assert (row.device, row.customer, row.platform) == (None, None, "web")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.test"


def test_the_same_subscription_keeps_its_push_id(
    pushed: App, subscribed: dict[str, Any]
) -> None:
    first, second = (call(pushed, "", subscription=subscribed).json() for _time in range(2))
    assert first["pushId"] == second["pushId"]


def test_a_renewed_subscription_stands_in_for_the_old_one(
    pushed: App, web: Served, subscribed: dict[str, Any]
) -> None:
    call(pushed, "", subscription=subscribed)
    fresh = web.subscribe(web.url, credentials_of(pushed, "web").public_key)
    call(pushed, "", subscription=fresh, replaces=subscribed["endpoint"])
    assert PushAddress.objects.count() == 1


def test_it_is_linked_to_a_customer_later(pushed: App, subscribed: dict[str, Any]) -> None:
    push_id = call(pushed, "", subscription=subscribed).json()["pushId"]
    Customer.objects.create(organization=pushed.organization, customer_id="crn-1")
    named = {"pushId": push_id, "endpoint": subscribed["endpoint"]}
    assert call(pushed, "/link", **named, customerId="nobody").json()["code"] == "7"
    wrong = {**named, "endpoint": "https://push.example/x"}
    assert call(pushed, "/link", **wrong, customerId="crn-1").json()["code"] == "7"
    assert call(pushed, "/link", **named, customerId="crn-1").json()["code"] == "0"
    assert PushAddress.objects.get().customer.customer_id == "crn-1"


def test_a_jwt_links_it_with_the_customer_that_it_names_alone(
    pushed: App, subscribed: dict[str, Any]
) -> None:
    push_id = call(pushed, "", subscription=subscribed).json()["pushId"]
    for customer_id in ("mallory", "crn-1"):
        Customer.objects.create(organization=pushed.organization, customer_id=customer_id)
    policy = replace(policy_of(pushed), jwt_authorization=True)
    set_messaging(app=pushed, policy=policy, jwt_secret=SECRET)
    bearer = token(pushed, userId="mallory")
    answers = [
        call(
            pushed, "/link", bearer=bearer, pushId=push_id, endpoint=subscribed["endpoint"],
            customerId=customer_id,
        ).json()
        for customer_id in ("crn-1", "mallory", "")
    ]  # fmt: skip
    assert [answer["code"] for answer in answers] == ["38", "0", "0"]
    assert answers[0]["reason"] == "jwt"


def test_an_app_that_asks_for_pins_links_devices_alone(
    pushed: App, subscribed: dict[str, Any]
) -> None:
    push_id = call(pushed, "", subscription=subscribed).json()["pushId"]
    Customer.objects.create(organization=pushed.organization, customer_id="crn-1")
    App.objects.update(policy=pushed.policy | {"pin_required": True})
    named = {"pushId": push_id, "endpoint": subscribed["endpoint"], "customerId": "crn-1"}
    answer = call(pushed, "/link", **named)
    assert (answer.status_code, answer.json()["reason"]) == (403, "pin")
    assert PushAddress.objects.get().customer is None


def test_only_who_knows_the_endpoint_ends_it(pushed: App, subscribed: dict[str, Any]) -> None:
    push_id = call(pushed, "", subscription=subscribed).json()["pushId"]
    call(pushed, "/unsubscribe", pushId=push_id, endpoint="https://push.example/x")
    assert PushAddress.objects.exists()
    call(pushed, "/unsubscribe", pushId=push_id, endpoint=subscribed["endpoint"])
    assert not PushAddress.objects.exists()


def test_a_wrong_subscription_is_said(pushed: App, subscribed: dict[str, Any]) -> None:
    wrong = {**subscribed, "keys": {"p256dh": "x", "auth": "x"}}
    answer = call(pushed, "", subscription=wrong).json()
    assert (answer["code"], PushAddress.objects.count()) == ("4", 0)


def test_the_address_is_encrypted_at_rest(pushed: App, subscribed: dict[str, Any]) -> None:
    call(pushed, "", subscription=subscribed)
    rows = PushAddress.objects.extra(select={"raw": "address"}).values("raw")
    assert subscribed["keys"]["auth"] not in str(list(rows))


def register(app: App, user: str, device: str, token: str, platform: str = "ios") -> Device:
    profile = Profile(platform=platform, push_id=token)
    return register_device(app=app, user_id=user, device_id=device, profile=profile).device


def test_a_phone_given_to_another_user_gets_no_pushes_of_the_first(pushed: App) -> None:
    register(pushed, "ann", "phone", "ab" * 32)
    register(pushed, "ben", "phone", "ab" * 32)
    [row] = PushAddress.objects.select_related("device")
    assert row.device.user_id == "ben"
    assert Device.objects.get(user_id="ann").unregistered_at is not None


def test_several_users_of_one_phone_keep_their_pushes_where_the_app_allows_it(
    pushed: App,
) -> None:
    set_policy(app=pushed, policy=Policy(multi_user_per_device=True, profile_required=False))
    pushed.refresh_from_db()
    register(pushed, "ann", "phone", "ab" * 32)
    register(pushed, "ben", "phone", "ab" * 32)
    assert PushAddress.objects.count() == 2
    assert not Device.objects.filter(unregistered_at__isnull=False).exists()


def test_a_single_device_ends_the_users_others(pushed: App) -> None:
    set_policy(app=pushed, policy=Policy(single_device_per_user=True, profile_required=False))
    pushed.refresh_from_db()
    register(pushed, "ann", "old", "ab" * 32)
    register(pushed, "ann", "new", "cd" * 32)
    [row] = PushAddress.objects.select_related("device")
    assert row.device.device_id == "new"
    assert Device.objects.get(device_id="old").unregistered_at is not None


def test_devices_are_told_of_push_and_transports(pushed: App) -> None:
    policy = Policy(
        primary_transport="mqtt", secondary_transport="websocket", secured_port=True
    )
    set_policy(app=pushed, policy=policy)
    url = f"/rtmsAPI/api/v3/{pushed.app_id}/verifyPolicy"
    answer = Client().get(url, headers={"secretKey": CLIENT_KEY}).json()
    assert answer["appType"] == "both"
    assert answer["policy"]["features"]["basicpush"] == "1"
    assert answer["policy"]["transports"] == [
        {"name": "mqtt", "port": 8883},
        {"name": "websocket", "port": 8884},
    ]
    site = credentials_of(pushed, "web")
    assert answer["webPush"]["applicationServerKey"] == site.public_key
    assert site.key not in json.dumps(answer)

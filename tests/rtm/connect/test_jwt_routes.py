"""JWT authorization on every route of devices, the hot ones too."""

import base64
import time
import uuid
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from django.test import Client

from imiconnect.apps import services
from imiconnect.apps.channel_types.mobile_web.messaging import set_messaging
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy
from imiconnect.rtm.connect.registration import Link, Profile, register_device
from imiconnect.rtm.models import Device, Inbound
from tests.rtm.connect.conftest import MakeApp
from tests.rtm.connect.test_jwt import SECRET, token

pytestmark = pytest.mark.django_db(transaction=True)
API = "/rtmsAPI/api/v3"


@pytest.fixture
def guarded(make_app: MakeApp) -> App:
    """An app that asks for JWTs."""
    app = make_app()
    policy = Policy(jwt_authorization=True, profile_required=False, server_inbox=True)
    set_messaging(app=app, policy=policy, jwt_secret=SECRET)
    app.refresh_from_db()
    return app


class Caller:
    """The phone of jane, with whatever JWT it shows."""

    def __init__(self, app: App, customer_id: str = "") -> None:
        self.app = app
        done = register_device(
            app=app,
            user_id="jane",
            device_id="phone",
            profile=Profile(),
            link=Link(customer_id),
        )
        self.refresh_token = done.refresh_token
        self.client_id = f"{app.app_id}/jane/phone"
        self.headers = {
            "secretKey": services.current_client_key(app).secret,
            "accessToken": done.access_token,
        }

    def with_jwt(self, bearer: str | None) -> dict[str, str]:
        """Return the headers of a call."""
        return self.headers | ({"Authorization": f"Bearer {bearer}"} if bearer else {})

    def post(self, path: str, body: Any, bearer: str | None) -> str:
        """Call a route and return the code of the answer."""
        url = f"{API}/{path}" if path.startswith("apps/") else f"{API}/{self.app.app_id}/{path}"
        headers = self.with_jwt(bearer)
        answer = Client().post(url, body, content_type="application/json", headers=headers)
        return str(answer.json()["code"])

    def get(self, path: str, bearer: str | None) -> str:
        """Read a route and return the code of the answer."""
        url = f"{API}/apps/{self.app.app_id}/{path}"
        return str(Client().get(url, headers=self.with_jwt(bearer)).json()["code"])


@pytest.fixture
def phone(guarded: App) -> Caller:
    """The phone of jane."""
    return Caller(guarded)


def wrong_tokens(app: App) -> Iterator[tuple[str, str | None, str]]:
    """Yield JWTs that do not do, each with the code for it."""
    claims = {"appId": app.app_id, "userId": "jane"}
    yield "none", None, "39"
    yield "expired", token(app, exp=int(time.time()) - 60), "40"
    yield "not yet", token(app, nbf=int(time.time()) + 60), "38"
    yield "another user", token(app, userId="mallory"), "38"
    yield "another app", token(app, appId="XX00000000"), "38"
    yield "another key", jwt.encode(claims, b"x" * 64, algorithm="HS256"), "38"
    yield "alg none", jwt.encode(claims, None, algorithm="none"), "38"
    yield "alg HS512", jwt.encode(claims, base64.b64decode(SECRET), algorithm="HS512"), "38"


@pytest.mark.parametrize("path", ["mo", "deliveryupdate"])
def test_hot_routes_want_a_right_token(phone: Caller, intake: Any, path: str) -> None:
    url = f"{API}/{phone.app.app_id}/{path}"
    body = {"clientId": phone.client_id, "message": "Hi", "status": 2, "tid": f"{uuid.uuid4()}"}
    for case, bearer, code in wrong_tokens(phone.app):
        told = intake.post(url, json=body, headers=phone.with_jwt(bearer))
        assert (told.status_code, told.json()["code"]) == (401, code), case
        assert told.json()["reason"] == "jwt", case
    good = intake.post(url, json=body, headers=phone.with_jwt(token(phone.app)))
    assert good.status_code == 200
    assert Inbound.objects.count() == (path == "mo")


def test_hot_routes_take_the_token_of_the_linked_customer(guarded: App, intake: Any) -> None:
    phone = Caller(guarded, customer_id="crn-1")
    url, body = f"{API}/{guarded.app_id}/mo", {"clientId": phone.client_id, "message": "Hi"}
    for customer, status in (("crn-1", 200), ("crn-2", 401)):
        bearer = token(guarded, userId=None, customerId=customer)
        answer = intake.post(url, json=body, headers=phone.with_jwt(bearer))
        assert answer.status_code == status


def test_every_route_of_a_device_wants_a_right_token(phone: Caller) -> None:
    client, app_id = {"clientId": phone.client_id}, phone.app.app_id
    posts: list[tuple[str, Any]] = [
        ("register", {"userId": "jane", "deviceId": "phone"}),
        ("token", {"refreshToken": phone.refresh_token}),
        ("profileupdate", client | {"data": {"update": {"make": "x"}}}),
        ("message", client | {"tid": str(uuid.uuid4())}),
        ("typing", client | {"thread": {"id": str(uuid.uuid4())}, "state": "start"}),
        ("setCustomerId", client | {"customerId": "jane"}),
        ("removeCustomerId", client),
        ("removeUserId", client),
        ("unregister", client),
        ("user/jane/generatemedia", {"url": "x"}),
        (f"apps/{app_id}/threads", {"type": "Conversation", "userId": "jane"}),
    ]
    for case, bearer, code in wrong_tokens(phone.app):
        for path, body in posts:
            assert phone.post(path, body, bearer) == code, (path, case)
        for path in ("user/jane/threads", "user/jane/topics", "user/jane/unreadthreads"):
            assert phone.get(path, bearer) == code, (path, case)
    device = Device.objects.get()
    assert (device.user_id, device.unregistered_at) == ("jane", None)
    assert phone.get("user/jane/threads", token(phone.app)) == "0"


def test_a_refused_renewal_leaves_the_refresh_token_good(phone: Caller) -> None:
    body = {"refreshToken": phone.refresh_token}
    assert phone.post("token", body, token(phone.app, userId="mallory")) == "38"
    assert phone.post("token", body, token(phone.app)) == "0"


def test_a_device_goes_to_the_user_of_the_new_token_and_to_no_other(phone: Caller) -> None:
    register_device(app=phone.app, user_id="bob", device_id="tablet", profile=Profile())
    body = {"clientId": phone.client_id, "userId": "bob"}
    assert phone.post("setUserId", body, token(phone.app)) == "38"
    assert phone.post("setUserId", body, token(phone.app, userId="bob")) == "0"
    assert Device.objects.filter(user_id="bob").count() == 2


def test_a_device_that_goes_to_another_user_leaves_the_customer_behind(guarded: App) -> None:
    phone = Caller(guarded, customer_id="jane")
    body = {"clientId": phone.client_id, "userId": "bob"}
    assert phone.post("setUserId", body, token(guarded, userId="bob")) == "0"
    assert Device.objects.get().customer is None


def test_a_change_of_user_that_a_pin_has_not_proved_changes_nothing(guarded: App) -> None:
    phone = Caller(guarded, customer_id="jane")
    App.objects.update(policy=guarded.policy | {"pin_required": True})
    body = {"clientId": phone.client_id, "userId": "bob"}
    assert phone.post("setUserId", body, token(guarded, userId="bob")) != "0"
    device = Device.objects.select_related("customer").get()
    assert (device.user_id, device.customer and device.customer.customer_id) == ("jane", "jane")


def test_a_device_with_a_token_does_not_do_what_is_for_servers(guarded: App) -> None:
    policy = Policy(jwt_authorization=True, profile_required=False, client_key_as_password=True)
    set_messaging(app=guarded, policy=policy)
    assert Caller(guarded).get("threads", token(guarded)) == "39"

"""JWT authorization: a device needs a token of the customer's server."""

import base64
import time
from typing import Any

import jwt
import pytest
from django.test import Client

from imiconnect.apps import services
from imiconnect.apps.channel_types.mobile_web.messaging import set_messaging
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy
from tests.rtm.connect.conftest import MakeApp

pytestmark = pytest.mark.django_db
SECRET = base64.b64encode(bytes(range(64))).decode()


@pytest.fixture
def guarded(make_app: MakeApp) -> App:
    app = make_app()
    policy = Policy(jwt_authorization=True, profile_required=False)
    set_messaging(app=app, policy=policy, jwt_secret=SECRET)
    app.refresh_from_db()
    return app


def token(app: App, **claims: Any) -> str:
    values = {"appId": app.app_id, "userId": "jane", **claims}
    named = {name: value for name, value in values.items() if value is not None}
    return jwt.encode(named, base64.b64decode(SECRET), algorithm="HS256")


def register(app: App, bearer: str | None, **body: Any) -> str:
    """Register jane's phone and return the code of the answer."""
    headers = {"secretKey": services.current_client_key(app).secret}
    headers |= {"Authorization": f"Bearer {bearer}"} if bearer is not None else {}
    url = f"/rtmsAPI/api/v3/{app.app_id}/register"
    sent = {"userId": "jane", "deviceId": "phone", **body}
    answer = Client().post(url, sent, content_type="application/json", headers=headers)
    code: str = answer.json()["code"]
    return code


def test_a_token_of_the_customers_server_registers_its_user(guarded: App) -> None:
    assert register(guarded, token(guarded)) == "0"
    later = int(time.time()) + 60
    assert register(guarded, token(guarded, exp=later, other="x")) == "0"


def test_a_token_may_name_the_customer_instead(guarded: App) -> None:
    named = token(guarded, userId=None, customerId="crn-1")
    assert register(guarded, named, customerId="crn-1") == "0"
    assert register(guarded, named, customerId="crn-2") == "38"


def test_a_customers_token_takes_no_user_who_is_another_customers(guarded: App) -> None:
    assert register(guarded, token(guarded)) == "0"
    named = token(guarded, userId=None, customerId="crn-1")
    assert register(guarded, named, customerId="crn-1") == "38"


def test_a_device_is_linked_to_no_customer_whom_the_token_does_not_name(guarded: App) -> None:
    assert register(guarded, token(guarded), customerId="crn-2") == "38"
    assert register(guarded, token(guarded), customerId="jane") == "0"
    both = token(guarded, customerId="crn-1")
    assert register(guarded, both, customerId="crn-1") == "0"


def test_without_a_token_nobody_registers(guarded: App) -> None:
    assert register(guarded, None) == "39"
    assert register(guarded, "") == "39"


def test_an_expired_token_is_code_40(guarded: App) -> None:
    assert register(guarded, token(guarded, exp=int(time.time()) - 60)) == "40"


def test_each_wrong_token_is_code_38(guarded: App) -> None:
    claims = {"appId": guarded.app_id, "userId": "jane"}
    wrong = {
        "another user": token(guarded, userId="mallory"),
        "another app": token(guarded, appId="XX00000000"),
        "nobody": token(guarded, userId=None),
        "no text": token(guarded, userId=["jane"]),
        "another secret": jwt.encode(claims, b"x" * 64, algorithm="HS256"),
        "another algorithm": jwt.encode(claims, base64.b64decode(SECRET), algorithm="HS512"),
        "no signature": jwt.encode(claims, None, algorithm="none"),
        "nonsense": "a.b.c",
    }
    for case, bearer in wrong.items():
        assert register(guarded, bearer) == "38", case


def test_a_token_that_is_not_good_yet_is_code_38(guarded: App) -> None:
    assert register(guarded, token(guarded, nbf=int(time.time()) + 60)) == "38"
    assert register(guarded, token(guarded, nbf=int(time.time()) - 60)) == "0"


def test_clocks_may_differ_by_a_few_seconds(guarded: App) -> None:
    now = int(time.time())
    assert register(guarded, token(guarded, exp=now - 2, nbf=now + 2, iat=now + 2)) == "0"


def test_other_claims_are_the_customers_own(guarded: App) -> None:
    claims = {"appId": guarded.app_id, "userId": "jane", "aud": "x", "iss": "y", "jti": "8"}
    bearer = jwt.encode(claims, base64.b64decode(SECRET), algorithm="HS256")
    assert register(guarded, bearer) == "0"


def test_an_app_without_a_secret_takes_no_token(guarded: App) -> None:
    App.objects.filter(pk=guarded.pk).update(secrets="")
    assert register(guarded, token(guarded)) == "38"

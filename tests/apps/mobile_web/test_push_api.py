"""``/api/v1/apps/<id>/push/`` and the JWT secret over REST."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.apps.push import services
from imiconnect.apps.push.secrets import secrets_of
from tests.apps.mobile_web.conftest import PASSWORD, MakeP12

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Member], Client]


def put(client: Client, app: App, what: str, **body: Any) -> Any:
    return client.put(f"/api/v1/apps/{app.pk}/{what}/", body, content_type="application/json")


def test_an_account_is_taken_as_json_and_its_key_never_comes_back(
    mobile: App, admin: Member, client_of: ClientOf, account: bytes
) -> None:
    client = client_of(admin)
    answer = put(client, mobile, "push/android", method="fcm", file=account.decode())
    assert answer.status_code == 200, answer.text
    listed = client.get(f"/api/v1/apps/{mobile.pk}/push/")
    assert listed.json() == [answer.json()]
    assert answer.json()["project_id"] == "shop-1"
    assert "PRIVATE KEY" not in answer.text + listed.text


def test_a_certificate_is_taken_as_base64(
    mobile: App, admin: Member, client_of: ClientOf, make_p12: MakeP12
) -> None:
    file = base64.b64encode(make_p12()).decode()
    values = {"method": "apns_certificate", "file": file, "password": PASSWORD}
    answer = put(client_of(admin), mobile, "push/ios", **values).json()
    assert answer["bundle"] == "com.example.shop"
    assert "valid_until" in answer


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"method": "fcm", "file": "{}"}, "file"),
        ({"method": "fcm"}, "file"),
        ({"method": "fcm", "file": "not base64"}, "file"),
        ({"method": "web_push"}, "method"),
        ({"method": "apns_token", "file": "-----BEGIN x"}, "team_id"),
    ],
)
def test_what_is_wrong_is_named(
    mobile: App, admin: Member, client_of: ClientOf, body: dict[str, str], field: str
) -> None:
    answer = put(client_of(admin), mobile, "push/ios", **body)
    assert answer.status_code == 400
    assert field in answer.text


def test_only_who_manages_apps_configures_push(
    mobile: App, cast: dict[Role, Member], client_of: ClientOf, account: bytes
) -> None:
    for role, member in cast.items():
        answer = put(client_of(member), mobile, "push/android", method="fcm", file="{}")
        assert answer.status_code == (403 if role == Role.VIEWER else 400)


def test_push_is_removed(web_app: App, admin: Member, client_of: ClientOf) -> None:
    client = client_of(admin)
    site = {"site_url": "https://shop.example", "contact": "ops@shop.example"}
    assert put(client, web_app, "push/web", method="web_push", **site).status_code == 200
    assert client.delete(f"/api/v1/apps/{web_app.pk}/push/web/").status_code == 204
    assert client.get(f"/api/v1/apps/{web_app.pk}/push/").json() == []


def test_a_jwt_secret_is_set_and_does_not_come_back(
    mobile: App, admin: Member, client_of: ClientOf
) -> None:
    client = client_of(admin)
    secret = base64.b64encode(bytes(range(32))).decode()
    assert put(client, mobile, "jwt-secret", jwt_secret=secret).status_code == 204
    assert put(client, mobile, "jwt-secret", jwt_secret="c2hvcnQ=").status_code == 400
    mobile.refresh_from_db()
    assert services.secrets_of(mobile).jwt_secret == secret
    assert secret not in client.get(f"/api/v1/apps/{mobile.pk}/").text


def test_the_messaging_settings_are_part_of_the_policy(
    mobile: App, admin: Member, client_of: ClientOf
) -> None:
    client = client_of(admin)
    body = {"policy": {"server_inbox": True}}
    url = f"/api/v1/apps/{mobile.pk}/"
    answer = client.patch(url, body, content_type="application/json").json()
    assert answer["policy"]["server_inbox"] is True
    wrong = {"policy": {"secondary_transport": "websocket"}}
    assert client.patch(url, wrong, content_type="application/json").status_code == 400


def test_payloads_are_encrypted_by_rest_too_and_the_key_does_not_come_back(
    admin: Member, mobile: App, client_of: ClientOf
) -> None:
    client, url = client_of(admin), f"/api/v1/apps/{mobile.pk}/"
    assert client.post(f"{url}payload-key/").status_code == 404
    answer = client.patch(
        url, {"policy": {"payload_encryption": True}}, content_type="application/json"
    )
    assert answer.json()["policy"]["payload_encryption"] is True
    mobile.refresh_from_db()
    [key] = secrets_of(mobile).payload_keys
    renewed = client.post(f"{url}payload-key/")
    mobile.refresh_from_db()
    assert renewed.json() == {"key_id": secrets_of(mobile).payload_key_id}
    assert key not in answer.text + renewed.text

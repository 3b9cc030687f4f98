"""Registering devices over REST."""

from typing import Any

import pytest
from django.test import Client

from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy
from imiconnect.apps.services import set_policy
from imiconnect.rtm import models
from imiconnect.rtm.protocol import topics
from tests.rtm.connect.conftest import MakeDevice


def call(app_id: str, action: str, key: str = "", token: str = "", **body: Any) -> Any:
    """Call the RTMS API as a device."""
    headers = {"secretKey": key} if key else {}
    if token:
        headers["accessToken"] = token
    return Client(headers=headers).post(
        f"/rtmsAPI/api/v3/{app_id}/{action}", body, content_type="application/json"
    )


def test_registering_answers_tokens_names_policy_and_broker(app: App, client_key: str) -> None:
    answer = call(
        app.app_id,
        "register",
        client_key,
        userId="jane",
        deviceId="v2_web_1",
        channelType="web",
        data={"update": {"os": "Chrome", "pushId": "abc"}},
    ).json()
    assert (answer["status"], answer["code"], answer["userId"]) == ("Success", "0", "jane")
    assert answer["policy"]["features"]["realtimemessaging"] == "1"
    assert answer["broker"]["path"] == "/mqtt"
    assert answer["broker"]["url"] == "ws://testserver/mqtt"
    assert answer["broker"]["mqtt"].isdigit()
    assert answer["downlinkTopic"] == f"{app.app_id}/jane"
    assert answer["uplinkTopic"] == topics.uplink(app.app_id, "jane", "v2_web_1")
    device = models.Device.objects.get(app=app)
    assert (device.platform, device.push_id) == ("chrome", "abc")
    assert answer["accessToken"] not in str(vars(device))


def test_the_newer_path_of_the_sdk_leads_to_the_same(app: App, client_key: str) -> None:
    base = f"/rtmsAPI/api/v4/{app.app_id}"
    client = Client(headers={"secretKey": client_key})
    body = {"userId": "jane", "deviceId": "a"}
    made = client.post(f"{base}/register", body, content_type="application/json").json()
    assert made["userId"] == "jane"
    own = Client(headers={"secretKey": client_key, "accessToken": made["accessToken"]})
    unread = own.get(f"/rtmsAPI/api/v4/apps/{app.app_id}/user/jane/unreadthreads").json()
    assert (unread["code"], unread["unread_thread_count"]) == ("0", 0)


def test_a_client_learns_whether_there_is_an_inbox(app: App, client_key: str) -> None:
    def told() -> set[str]:
        made = call(app.app_id, "register", client_key, userId="jane", deviceId="a").json()
        url = f"/rtmsAPI/api/v3/{app.app_id}/verifyPolicy"
        policy = Client(headers={"secretKey": client_key}).get(url).json()
        return {answer.get("server_inbox_version", "none") for answer in (made, policy)}

    assert told() == {"1"}
    app.policy = app.policy | {"server_inbox": False}
    app.save()
    assert told() == {"none"}


def test_without_a_user_id_the_server_makes_one(app: App, client_key: str) -> None:
    one = call(app.app_id, "register", client_key, userId="", deviceId="a").json()
    other = call(app.app_id, "register", client_key, deviceId="b").json()
    assert one["userId"] != other["userId"]
    assert models.Device.objects.filter(app=app, is_guest=True).count() == 2


def test_registering_again_keeps_one_device_and_ends_the_old_token(
    app: App, client_key: str
) -> None:
    first = call(app.app_id, "register", client_key, userId="jane", deviceId="a").json()
    second = call(app.app_id, "register", client_key, userId="jane", deviceId="a").json()
    assert models.Device.objects.filter(app=app).count() == 1
    named = {"clientId": f"{app.app_id}/jane/a", "data": {"update": {}}}
    old = call(app.app_id, "profileupdate", client_key, first["accessToken"], **named)
    new = call(app.app_id, "profileupdate", client_key, second["accessToken"], **named)
    assert (old.json()["code"], new.json()["code"]) == ("38", "0")


@pytest.mark.parametrize(
    ("app_id", "key", "status", "code"),
    [("own", "", 401, "11"), ("own", "wrong", 401, "26"), ("ZZ00000000", "own", 404, "5")],
)
def test_the_key_and_the_app_are_checked(
    app: App, client_key: str, app_id: str, key: str, status: int, code: str
) -> None:
    answer = call(
        app.app_id if app_id == "own" else app_id,
        "register",
        client_key if key == "own" else key,
        deviceId="a",
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_key_of_another_app_is_refused(app: App, make_app: Any, client_key: str) -> None:
    answer = call(make_app().app_id, "register", client_key, deviceId="a")
    assert answer.json()["code"] == "26"


def test_a_url_without_app_id_says_so(client: Client) -> None:
    answer = client.post("/rtmsAPI/api/v3/register")
    assert (answer.status_code, answer.json()["code"]) == (400, "14")


@pytest.mark.parametrize(
    "user_id",
    ["a/b", "a+b", "#", "*", ">", " a", "a ", "a\x00", "a\n", "\ud800", "x" * 129, 5.5, [], {}],
)
@pytest.mark.parametrize("field", ["userId", "deviceId"])
def test_names_that_could_reach_other_topics_are_refused(
    app: App, client_key: str, user_id: Any, field: str
) -> None:
    body = {"userId": "jane", "deviceId": "a"} | {field: user_id}
    answer = call(app.app_id, "register", client_key, **body)
    if user_id == 5.5:
        assert answer.status_code == 200
        return
    assert (answer.status_code, answer.json()["code"]) in [(400, "4"), (400, "3")]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b'"x"', b"[" * 100_000, b"1" * 5000,
        b'{"deviceId": "a", "data": 5}',
        b'{"deviceId": "a", "data": {"update": {"x": "\\u0000"}}}',
        b'{"deviceId": "a", "data": {"update": {"x": "\\ud800"}}}',
        b'{"deviceId": "a", "data": {"update": {"x": 1e400}}}',
        b'{"deviceId": "a", "data": {"update": {"pushId": 5}}}',
        b'{"deviceId": "a", "customerId": "\\u0000"}',
        b'{"deviceId": "a", "customerId": "\\ud800"}',
        b'{"deviceId": "a", "data": {"update": {"x": "' + b"y" * 40_000 + b'"}}}',
        b'{"deviceId": "' + b"y" * 1_100_000 + b'"}',
    ],
)  # fmt: skip
def test_a_bad_body_gets_a_code_and_a_sentence(app: App, client_key: str, body: bytes) -> None:
    answer = Client(headers={"secretKey": client_key}).post(
        f"/rtmsAPI/api/v3/{app.app_id}/register", body, content_type="application/json"
    )
    assert answer.status_code in (400, 413)
    assert answer.json()["code"] in ("3", "4")
    assert answer.json()["description"]


def test_an_app_that_is_off_registers_nobody(app: App, client_key: str) -> None:
    App.objects.filter(pk=app.pk).update(state=App.State.OFF)
    assert call(app.app_id, "register", client_key, deviceId="a").status_code == 403


def test_unregistering_needs_the_token_and_ends_it(
    app: App, client_key: str, make_device: MakeDevice
) -> None:
    jane = make_device()
    named = {"clientId": jane.client_id}
    assert call(app.app_id, "unregister", client_key, **named).json()["code"] == "39"
    assert call(app.app_id, "unregister", client_key, jane.token, **named).json()["code"] == "0"
    assert call(app.app_id, "unregister", client_key, jane.token, **named).json()["code"] == "7"


def test_existing_clients_may_do_without_the_token_where_the_app_allows_it(
    app: App, client_key: str, make_device: MakeDevice
) -> None:
    set_policy(app=app, policy=Policy(client_key_as_password=True))
    answer = call(app.app_id, "unregister", client_key, clientId=make_device().client_id)
    assert answer.json()["code"] == "0"


def test_the_token_of_one_device_does_nothing_for_another(
    app: App, client_key: str, make_device: MakeDevice
) -> None:
    jane, mallory = make_device("jane"), make_device("mallory")
    answer = call(app.app_id, "unregister", client_key, mallory.token, clientId=jane.client_id)
    assert (answer.status_code, answer.json()["code"]) == (401, "38")


def test_a_refresh_token_gives_new_tokens_once(app: App, client_key: str) -> None:
    first = call(app.app_id, "register", client_key, userId="jane", deviceId="a").json()
    again = {"refreshToken": first["refreshToken"]}
    second = call(app.app_id, "token", client_key, **again).json()
    assert second["accessToken"] != first["accessToken"]
    assert call(app.app_id, "token", client_key, **again).json()["code"] == "38"


def test_a_device_changes_its_user_and_keeps_its_token(
    app: App, client_key: str, make_device: MakeDevice
) -> None:
    guest = make_device("")
    answer = call(
        app.app_id,
        "setUserId",
        client_key,
        guest.token,
        clientId=guest.client_id,
        userId="jane",
    ).json()
    assert answer["clientId"] == f"{app.app_id}/jane/phone"
    back = call(
        app.app_id, "removeUserId", client_key, guest.token, clientId=answer["clientId"]
    ).json()
    assert back["code"] == "0"
    assert back["userId"].startswith("guest-")
    assert models.Device.objects.filter(app=app).count() == 1


def test_a_device_is_linked_to_a_customer_and_unlinked(
    app: App, client_key: str, make_device: MakeDevice
) -> None:
    jane = make_device()
    named = {"clientId": jane.client_id}
    call(app.app_id, "setCustomerId", client_key, jane.token, customerId="CRN-1", **named)
    device = models.Device.objects.get(app=app)
    assert device.customer is not None
    assert device.customer.customer_id == "CRN-1"
    assert device.customer.organization_id == app.organization_id
    call(app.app_id, "removeCustomerId", client_key, jane.token, **named)
    device.refresh_from_db()
    assert device.customer is None


def test_the_policy_is_read_with_the_key_as_header_or_in_the_url(
    app: App, client_key: str, client: Client
) -> None:
    url = f"/rtmsAPI/api/v3/{app.app_id}/verifyPolicy"
    by_header = client.get(url, {"os": "web"}, headers={"secretKey": client_key}).json()
    by_url = client.get(url, {"os": "web", "secretKey": client_key}).json()
    assert by_header == by_url
    assert by_header["appType"] == "rt"


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        ((), "https://shop.test", False),
        (("*",), "https://shop.test", True),
        (("https://shop.test",), "https://shop.test", True),
        (("https://shop.test",), "https://shop.test.evil.test", False),
        ((), "http://testserver", True),
    ],
)
def test_only_pages_of_allowed_origins_read_the_answers(
    app: App, client: Client, origins: tuple[str, ...], origin: str, allowed: bool
) -> None:
    set_policy(app=app, policy=Policy(allowed_origins=origins))
    url = f"/rtmsAPI/api/v3/{app.app_id}/register"
    preflight = client.options(url, headers={"Origin": origin})
    answer = client.post(url, headers={"Origin": origin})
    assert preflight.status_code == 204
    expected = origin if allowed else None
    assert preflight.headers.get("Access-Control-Allow-Origin") == expected
    assert answer.headers.get("Access-Control-Allow-Origin") == expected
    assert ("secretkey" in preflight.headers.get("Access-Control-Allow-Headers", "")) is allowed
    assert "Origin" in answer.headers["Vary"]

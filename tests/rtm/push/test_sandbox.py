"""The doubles of the push services as ``make run`` has them, with the pages to play on."""

import asyncio
import json
import re
import ssl
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy
from imiconnect.apps.push import keyfiles
from imiconnect.apps.push.clients.apns import ApnsClient, request_headers
from imiconnect.apps.push.clients.fcm import FcmClient
from imiconnect.apps.push.clients.outcomes import Problem, PushError
from imiconnect.apps.push.clients.web import WebPushClient, read_subscription
from imiconnect.apps.push.credentials import ApnsCertificate, ApnsToken, Credentials, Fcm
from imiconnect.apps.push.provider import apns, fcm, web_push_double
from imiconnect.apps.push.services import configure_push, credentials_of
from imiconnect.outbound import Outbound, OutboundError
from imiconnect.rtm.models import Device, PushAddress
from imiconnect.sandbox.apns.service import Apns
from imiconnect.sandbox.fcm.service import Fcm as FcmTwin
from imiconnect.sandbox.store import Store
from imiconnect.sandbox.twins import by_slug
from tests.rtm.push.conftest import free_port
from tests.serving import serve

BUNDLE = "com.example.shop"
PAGE = "/tools/sandbox/{}/"
ClientOf = Callable[[Member], Client]


@pytest.fixture
def site(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[str]:
    """The platform with its sandbox."""
    settings.SANDBOX = True
    settings.SANDBOX_APNS_PORT = free_port()
    settings.DATA_DIR = tmp_path
    with serve(settings) as address:
        yield address


@pytest.fixture
def play(site: str, admin: Member, client_of: ClientOf) -> Callable[..., Any]:
    """Return a function that does something on the page of a twin."""
    client = client_of(admin)

    def play(twin: str, act: str = "", **fields: str) -> Any:
        url = PAGE.format(twin)
        if not act:
            return client.get(url, fields)
        return client.post(url, {"act": act, **fields}, follow=True)

    return play


@pytest.fixture
def key(play: Callable[..., Any]) -> ApnsToken:
    """A key that the page has given out, as the platform reads it."""
    play("apns", "key", **{"new-bundle": BUNDLE, "new-days": "365"})
    [(key_id, made)] = Store("apns").all("key")
    content = play("apns", kind="key", file=key_id).content
    return keyfiles.apns_token(
        content=content, key_id=key_id, team_id=made["team"], bundle=BUNDLE, gateway="sandbox"
    )


def push(credentials: ApnsToken | ApnsCertificate, token: str) -> None:
    """Send a notification as the platform does."""

    async def send() -> None:
        there = apns(credentials.gateway)
        client = ApnsClient(
            base_url=there.url, trusted=there.trusted, credentials=credentials, timeout=5
        )
        try:
            payload = {"aps": {"alert": {"title": "Hello", "body": "Your parcel"}}, "tid": "1"}
            headers = request_headers(tid=str(uuid.uuid4()), collapse_id="order-7")
            await client.send(token, payload, headers=headers)
        finally:
            await client.aclose()

    asyncio.run(send())


def problem(call: Callable[[], object]) -> PushError:
    with pytest.raises(PushError) as caught:
        call()
    return caught.value


def test_a_key_of_the_page_pushes_to_the_iphone_on_the_page(
    key: ApnsToken, play: Callable[..., Any], admin: Member
) -> None:
    whose = {"organization": str(admin.organization_id)}
    token = Apns(Store("apns")).new_device(BUNDLE, "sandbox", **whose)
    push(key, token)
    shown = play("apns").content.decode()
    assert re.search(r"Hello.*Your parcel.*Replaces by: order-7.*tid=1", shown, re.DOTALL)


def test_a_certificate_of_the_page_proves_its_app_and_no_other(
    play: Callable[..., Any],
) -> None:
    play("apns", "certificate", **{"new-bundle": BUNDLE, "new-days": "20"})
    [(name, made)] = Store("apns").all("certificate")
    kept = keyfiles.apns_certificate(
        content=play("apns", kind="certificate", file=name).content,
        password=made["password"],
        gateway="production",
    )
    twin = Apns(Store("apns"))
    token, foreign = twin.new_device(BUNDLE), twin.new_device("com.example.other")
    push(kept, token)
    assert [note["payload"]["tid"] for note in twin.received(token)] == ["1"]
    assert problem(lambda: push(kept, foreign)).problem is Problem.FOREIGN


def test_a_token_of_the_app_store_is_unknown_to_xcodes_gateway(key: ApnsToken) -> None:
    token = Apns(Store("apns")).new_device(BUNDLE, "production")
    assert problem(lambda: push(key, token)).reason == "BadDeviceToken"


@pytest.mark.parametrize(
    ("switch", "expected"),
    [
        ("expired_token", Problem.CREDENTIALS),
        ("rate_limit", Problem.THROTTLED),
        ("dead_token", Problem.GONE),
        ("too_large", Problem.TOO_LARGE),
        ("down", Problem.UNAVAILABLE),
    ],
)
def test_apns_misbehaves_as_its_page_is_told(
    key: ApnsToken, play: Callable[..., Any], switch: str, expected: Problem
) -> None:
    token = Apns(Store("apns")).new_device(BUNDLE, "sandbox")
    play("apns", "switches", switches=switch)
    assert problem(lambda: push(key, token)).problem is expected


def test_the_double_of_apns_speaks_http_2_alone(site: str, settings: Any) -> None:
    context = ssl.create_default_context(cafile=apns("production").trusted)
    url = f"https://127.0.0.1:{settings.SANDBOX_APNS_PORT}/3/device/1"
    with pytest.raises(httpx.HTTPError):
        httpx.post(url, json={}, verify=context)


@pytest.fixture
def shop(site: str, admin: Member) -> App:
    """An app that is configured for browsers."""
    made: App = apps.create_app(
        member=admin,
        name="Shop",
        channel_type="mobile_web",
        config={"platform": "web", "systems": ["chrome"]},
        policy=Policy(profile_required=False),
    )
    kept = keyfiles.web_push(
        site_url="https://shop.example", icon_url="", contact="ops@shop.example"
    )
    configure_push(app=made, platform="web", credentials=kept)
    return made


def installed(app: App, **more: str) -> dict[str, str]:
    """Return the form in which an app is put on a device."""
    return {"app_id": app.app_id, "client_key": apps.current_client_key(app).secret, **more}


def test_a_browser_of_the_page_is_subscribed_by_the_public_interface(
    shop: App, play: Callable[..., Any]
) -> None:
    play("webpush", "install", **installed(shop))
    play("webpush", "install", app_id=shop.app_id, user="anna")
    assert PushAddress.objects.filter(platform="web").count() == 2
    assert Device.objects.get().user_id == "anna"


def test_another_organization_neither_uses_the_client_key_nor_sees_the_devices(
    shop: App, play: Callable[..., Any], outsider: Member, client_of: ClientOf
) -> None:
    play("webpush", "install", **installed(shop, user="anna"))
    [(browser, _made)] = Store("webpush").all("browser")
    other, page = client_of(outsider), PAGE.format("webpush")
    form = {"act": "install", "app_id": shop.app_id, "user": "eve"}
    assert "Enter the client key of this app" in other.post(page, form).text
    assert Device.objects.get().user_id == "anna"
    assert shop.app_id not in other.get(page).text
    gone = {"act": "behave", "key": browser, "state": "gone"}
    assert other.post(page, gone).status_code == 404


def test_a_web_push_is_decrypted_on_the_page(shop: App, play: Callable[..., Any]) -> None:
    play("webpush", "install", **installed(shop))
    push_to_browser(shop, b'{"notification": {"title": "Parcel", "body": "Tomorrow"}}')
    shown = play("webpush").content.decode()
    assert re.search(r"Parcel.*Tomorrow.*Time to live: 60 s.*Urgency: high", shown, re.DOTALL)


@pytest.mark.parametrize(
    ("switch", "expected"),
    [
        ("dead_token", Problem.GONE),
        ("unknown", Problem.GONE),
        ("expired_token", Problem.CREDENTIALS),
        ("too_large", Problem.TOO_LARGE),
        ("down", Problem.UNAVAILABLE),
    ],
)
def test_the_web_push_service_misbehaves_as_its_page_is_told(
    shop: App, play: Callable[..., Any], switch: str, expected: Problem
) -> None:
    play("webpush", "install", **installed(shop))
    play("webpush", "switches", switches=switch)
    assert problem(lambda: push_to_browser(shop, b"x")).problem is expected


def test_the_wait_that_the_web_push_service_asks_for_is_heard(
    shop: App, play: Callable[..., Any]
) -> None:
    play("webpush", "install", **installed(shop))
    play("webpush", "switches", switches="rate_limit")
    assert problem(lambda: push_to_browser(shop, b"x")).after == 17


def push_to_browser(app: App, text: bytes) -> None:
    credentials: Any = _credentials(app, "web")
    subscription = read_subscription(PushAddress.objects.get().address)

    async def send() -> None:
        async with Outbound(double=web_push_double()) as outbound:
            client = WebPushClient(credentials=credentials, outbound=outbound)
            await client.send(subscription, text, ttl=60, urgency="high")

    asyncio.run(send())


def _credentials(app: App, platform: str) -> Credentials:
    app.refresh_from_db()
    found = credentials_of(app, platform)
    assert found is not None
    return found


def test_a_wrong_client_key_is_said_in_the_form(shop: App, play: Callable[..., Any]) -> None:
    answer = play("webpush", "install", app_id=shop.app_id, client_key="wrong")
    assert answer.status_code == 422
    assert "does not belong to this app" in answer.content.decode()
    assert not Store("webpush").all("browser")


def test_an_account_of_the_page_sends_to_a_phone_and_hears_of_its_end(
    site: str, play: Callable[..., Any], admin: Member
) -> None:
    play("fcm", "account", **{"new-project": "demo-project"})
    play("fcm", "account", **{"new-project": "demo-project"})
    (key_id, _first), _second = Store("fcm").all("account")
    account = keyfiles.fcm(content=play("fcm", file=key_id).content)
    whose = {"organization": str(admin.organization_id)}
    token = FcmTwin(Store("fcm")).new_device("demo-project", **whose)
    send_by_fcm(account, token)
    shown = play("fcm").content.decode()
    assert re.search(r"Parcel.*Time to live: 60s.*order=7", shown, re.DOTALL)
    play("fcm", "behave", key=token, state="dead")
    assert problem(lambda: send_by_fcm(account, token)).problem is Problem.GONE
    play("fcm", "behave", key=token, state="alive")
    play("fcm", "switches", switches="rate_limit")
    assert problem(lambda: send_by_fcm(account, token)).after == 20


def test_an_iphone_of_the_page_registers_with_a_token_of_firebase(
    shop: App, play: Callable[..., Any]
) -> None:
    play("fcm", "install", **installed(shop, user="anna", project="demo-project", system="ios"))
    address = PushAddress.objects.get()
    assert (address.platform, address.device.platform) == ("ios", "ios")
    part = {"headers": {"apns-expiration": "1800000000"}, "payload": {"aps": {"badge": 3}}}
    message = {"notification": {"title": "Parcel"}, "apns": part}
    Store("fcm").put("note", "1", device=address.address, message=message, at=0)
    shown = play("fcm").content.decode()
    assert re.search(r"iPhone.*Parcel.*Kept until: .*2027.*Badge: 3", shown, re.DOTALL)


def send_by_fcm(account: Fcm, token: str) -> None:
    message = {
        "token": token,
        "notification": {"title": "Parcel"},
        "data": {"order": "7"},
        "android": {"ttl": "60s"},
    }

    async def send() -> None:
        there = fcm()
        client = FcmClient(base_url=there.url, token_url=there.token_url, credentials=account)
        try:
            await client.send(message)
        finally:
            await client.aclose()

    asyncio.run(send())


async def test_only_the_double_is_spared_by_the_guard_of_addresses() -> None:
    port = free_port()
    double = f"http://127.0.0.1:{port}/sandbox/webpush"
    others = ("/other", "/sandbox/webpush", "/sandbox/webpush/../x", "/sandbox/webpushx/1")
    async with Outbound(double=double) as client:
        with pytest.raises(OutboundError) as caught:
            await client.send("POST", f"{double}/push/1")
        assert caught.value.reason == "unreachable"
        for path in others:
            with pytest.raises(OutboundError) as caught:
                await client.send("POST", f"http://127.0.0.1:{port}{path}")
            assert caught.value.reason == "plain_http"
    async with Outbound() as client:
        with pytest.raises(OutboundError) as caught:
            await client.send("POST", f"{double}/push/1")
        assert caught.value.reason == "plain_http"


@pytest.mark.parametrize("slug", ["apns", "fcm", "webpush"])
def test_the_sandbox_lists_the_push_services(
    db: None, admin: Member, client_of: ClientOf, settings: Any, slug: str
) -> None:
    settings.SANDBOX = True
    listed = client_of(admin).get("/tools/sandbox/").content.decode()
    assert str(by_slug()[slug].text) in listed


def test_without_the_sandbox_the_real_services_are_called(settings: Any) -> None:
    settings.SANDBOX = False
    assert apns("sandbox").url == settings.APNS_URLS["sandbox"]
    assert fcm().url == settings.FCM_URL
    assert web_push_double() == ""
    endpoint = {
        "endpoint": "http://127.0.0.1:8000/sandbox/webpush/push/1",
        "keys": {"p256dh": "", "auth": ""},
    }
    with pytest.raises(ValueError, match="https"):
        read_subscription(json.dumps(endpoint))

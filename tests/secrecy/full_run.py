"""A full run: every channel configured on its pages, written to, answered, and out of order."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from imiconnect.apps import health, hooks
from imiconnect.apps.models import App
from imiconnect.rtm.lanes import LANES
from imiconnect.rtm.processors import dr, mo, mt, provider
from imiconnect.sandbox.apple_business_chat import world as apple
from imiconnect.sandbox.facebook import world as facebook
from imiconnect.sandbox.twitter.world import store as twitter
from imiconnect.sandbox.wechat.world import STORE as wechat
from imiconnect.sharing import services as sharing
from imiconnect.sharing.models import Service

PAGE, PSID = "20000000000001", "7000000000011"
BANK, CORA = "3805104374", "5501"
APPID, APPSECRET = "wx0123456789abcdef", "TheSecretOfTheAccountHas32Letter"
P12_PASSWORD = "correct horse"
#: The last one breaks the apps for good.
FAULTS = ("closed_window", "down", "expired_token")


class Run:
    """Ada at her browser, and a live service that uses each app."""

    def __init__(self, client: Client, service: Service, post: Callable[..., Any]) -> None:
        """``post`` sends to the messaging API."""
        self.client, self.service, self.post = client, service, post
        #: What the pages answered on the way, by method and address.
        self.seen: dict[str, str] = {}

    def go(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        """Open a page or send a form, follow it, and keep what was shown."""
        answer = getattr(self.client, method)(url, *args, follow=True, **more)
        assert answer.status_code < 500, (url, answer.status_code)
        place = f"{method} {url}"
        self.seen[place] = self.seen.get(place, "") + answer.text
        return answer

    def wizard(self, channel: str, **steps: dict[str, Any]) -> App:
        """Walk through the steps of a channel to the app."""
        base = f"/apps/configure/{channel}/"
        self.go("get", base)
        for step, form in steps.items():
            address = f"{base}{step.replace('_', '-')}/"
            self.go("get", address)
            answer = self.go("post", address, form)
            assert answer.status_code == 200, (address, answer.text)
        self.go("get", f"{base}review/")
        self.go("post", f"{base}review/")
        found: App = App.objects.order_by("-id")[0]
        assert found.channel_type == channel
        return found

    def log_in(self, channel: str, consent: dict[str, str]) -> str:
        """Log in at a provider's double; return the login's id for the wizard."""
        begun = self.client.post(
            f"/apps/authorize/{channel}/", {"next": f"/apps/configure/{channel}/account/"}
        )
        page = urlsplit(begun["Location"])
        back = urlsplit(self.client.post(f"{page.path}?{page.query}", consent)["Location"])
        answer = self.client.get(f"{back.path}?{back.query}")
        self.go("get", answer["Location"])
        return dict(parse_qsl(urlsplit(answer["Location"]).query))["authorization"]


def configure_all(run: Run, p8: bytes, p12: bytes, account: bytes) -> dict[str, App]:
    """Configure an app of every channel on its pages; return them by channel of a request."""
    apps = {
        "fb": _facebook(run),
        "twitter": _twitter(run),
        "wechat": _wechat(run),
        "apple": _apple(run),
    }
    for app in apps.values():
        sharing.allocate(service=run.service, app=app)
    _push(run, p8, p12, account)
    return apps


def _facebook(run: Run) -> App:
    facebook.seed()
    run.go("get", "/apps/configure/facebook/")
    run.go("post", "/apps/configure/facebook/name/", {"name": "Bank on Facebook"})
    login = run.log_in("facebook", {"act": "continue"})
    run.go(
        "post",
        "/apps/configure/facebook/account/",
        {"authorization": login, "account": PAGE},
    )
    run.go("post", "/apps/configure/facebook/review/")
    return App.objects.get(channel_type="facebook")


def _twitter(run: Run) -> App:
    run.go("get", "/apps/configure/twitter/")
    run.go("post", "/apps/configure/twitter/name/", {"name": "Bank on Twitter"})
    login = run.log_in("twitter", {"act": "allow", "user": BANK})
    run.go(
        "post", "/apps/configure/twitter/account/", {"authorization": login, "account": BANK}
    )
    run.go("post", "/apps/configure/twitter/review/")
    return App.objects.get(channel_type="twitter")


def _wechat(run: Run) -> App:
    wechat.put("account", APPID, secret=APPSECRET, original="gh_1")
    base = "/apps/configure/wechat/"
    run.go("get", base)
    run.go(
        "post", f"{base}account/", {"name": "WeChat", "appid": APPID, "appsecret": APPSECRET}
    )
    # The page with the callback's token and key, which are typed into WeChat's own page.
    page = run.client.get(f"{base}callback/").text
    drawn = {
        name: re.findall(rf'name="{name}" value="([^"]+)"', page)[0]
        for name in ("app_id", "token", "aes_key")
    }
    run.go("post", f"{base}callback/", drawn | {"mode": "safe"})
    words = {"start_keyword": "#start", "stop_keyword": "#stop", "sender_id": ""}
    by = {"start_identifier": "msisdn", "stop_identifier": "msisdn"}
    run.go("post", f"{base}onboarding/", words | by)
    run.go("post", f"{base}review/")
    app = App.objects.get(channel_type="wechat")
    server = {
        "act": "server",
        "appid": APPID,
        "url": f"http://testserver/hooks/wechat/{app.app_id}/",
        "mode": "safe",
        **{name: drawn[name] for name in ("token", "aes_key")},
    }
    run.client.post("/tools/sandbox/wechat/", server)
    run.client.post(
        "/tools/sandbox/wechat/", {"act": "follow", "appid": APPID, "openid": "oCora"}
    )
    return app


def _apple(run: Run) -> App:
    business = apple.register("Northwind Traders")
    apple.store.change("business", business, csp=True)
    landing = "/apps/link/apple_business_chat/"
    run.go("get", landing, {"id": business, "name": "Northwind"})
    run.go("post", landing, {"name": "Bank on Apple", "business_id": business})
    return App.objects.get(channel_type="apple_business_chat")


def _push(run: Run, p8: bytes, p12: bytes, account: bytes) -> None:
    def upload(name: str, content: bytes) -> SimpleUploadedFile:
        return SimpleUploadedFile(name, content)

    rest = {"configuration": {"allowed_origins": ""}}
    key = {"key_id": "ABC123DEFG", "team_id": "TEAM123456", "bundle": "com.example.shop"}
    run.wizard(
        "mobile_web",
        name={"name": "Phones"},
        platform={"platform": "mobile"},
        system={"systems": ["ios", "android"]},
        ios={"method": "apns_token"},
        ios_apns_token={**key, "gateway": "production", "file": upload("a.p8", p8)},
        android={"method": "fcm"},
        android_fcm={"file": upload("a.json", account)},
        **rest,
    )
    run.wizard(
        "mobile_web",
        name={"name": "Certified"},
        platform={"platform": "mobile"},
        system={"systems": ["ios"]},
        ios={"method": "apns_certificate"},
        ios_apns_certificate={
            "file": upload("push.p12", p12), "password": P12_PASSWORD, "gateway": "production",
        },
        **rest,
    )  # fmt: skip
    run.wizard(
        "mobile_web",
        name={"name": "Browsers"},
        platform={"platform": "web"},
        system={"systems": ["chrome"]},
        web={"method": "web_push"},
        web_web_push={"site_url": "https://shop.example", "contact": "ops@shop.example"},
        **rest,
    )


def write_and_answer(run: Run, apps: dict[str, App]) -> None:
    """Let a customer write on every channel, and the service answer, with every fault once."""
    customer = apple.meet(apps["apple"].account)
    apple.store.change("customer", customer, open=True)
    said = {
        "facebook": {"psid": PSID, "act": "message", "text": "Hello"},
        "twitter": {"act": "say", "user": BANK, "person": CORA, "text": "Hello"},
        "wechat": {"act": "say", "appid": APPID, "openid": "oCora", "text": "Hello"},
        "apple_business_chat": {"act": "say", "customer": customer, "text": "Hello"},
    }
    to = {
        "fb": {"psid": [PSID]},
        "twitter": {"twitterid": [CORA]},
        "wechat": {"wechatid": ["oCora"]},
        "apple": {"opaqueid": [customer]},
    }
    stores = (facebook.store, twitter, wechat, apple.store)
    for channel, form in said.items():
        run.go("post", f"/tools/sandbox/{channel}/", form)
    work()
    for fault in ((), *((fault,) for fault in FAULTS)):
        for store in stores:
            store.set_switches(set(fault))
        for channel, destination in to.items():
            run.go("post", f"/apps/{apps[channel].pk}/check/")
            _send(run, apps[channel], channel, destination)
        work()
    for store in stores:
        store.set_switches(set())


def _send(run: Run, app: App, channel: str, destination: dict[str, list[str]]) -> None:
    body = {
        "deliverychannel": channel,
        "appid": app.app_id,
        "destination": [destination],
        "channels": {"OTT-Messaging": {channel: {"text": "We are open"}}},
    }
    answer = run.post("/resources/v1/messaging", json=body)
    assert answer.status_code == 202, (channel, answer.text)


def work() -> None:
    """Let everything that is due be done."""
    hooks.work_through()
    mo.process_due()
    for lane in LANES:
        mt.process_due(lane=lane)
    provider.process_due()
    dr.process_due()
    health.check_due()

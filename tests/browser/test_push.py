"""Web push from the wizard to a notification, in a real service worker.

Google's servers are out of reach: the browser's ``PushManager`` is pointed at the double of a
push service, and what that has decrypted is handed to the service worker by DevTools.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect

from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.apps.models import App
from imiconnect.rtm.lanes import PUSH
from imiconnect.rtm.models import Callback, PushAddress, Receipt
from imiconnect.rtm.processors import dr, mt
from imiconnect.sandbox.calls import Forgetful, asgi
from imiconnect.sandbox.webpush.service import WebPushService
from imiconnect.sharing.models import Allocation, Service, ServiceKey
from imiconnect.vault import digest
from tests.browser.channels import open_wizard
from tests.browser.test_sdk import ask
from tests.debian import find_whole_browser
from tests.elsewhere import elsewhere
from tests.rtm.push.conftest import Served, served
from tests.waiting import wait_until

WORKER = "/static/sdk/imiconnect-sw.js"
#: ``subscribe`` asks the double; all else is the browser's own.
AT_THE_DOUBLE = """
PushManager.prototype.getSubscription = async () => null;
PushManager.prototype.subscribe = async function ({ applicationServerKey: key }) {
  const text = btoa(String.fromCharCode(...key)).replaceAll('+', '-').replaceAll('/', '_');
  const made = await window.subscribeAtTheDouble(text);
  return { ...made, toJSON: () => made, unsubscribe: async () => true };
};
"""
SHOWN = f"""async () => {{
  const registration = await navigator.serviceWorker.getRegistration('{WORKER}');
  return (await registration.getNotifications()).map(({{ title, body }}) => [title, body]);
}}"""


@pytest.fixture(scope="module")
def browser(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any]
) -> Iterator[Browser]:
    """A whole Chromium: its shell shows no notifications."""
    path = find_whole_browser()
    if path is None:
        pytest.skip("needs a whole Chromium; see the README")
    browser = browser_type.launch(**{**browser_type_launch_args, "executable_path": path})
    yield browser
    browser.close()


@pytest.fixture
def web(settings: Any) -> Iterator[Served]:
    """A push service of browsers."""
    settings.ALLOW_PRIVATE_CALLBACKS = True
    twin = WebPushService(Forgetful())
    with served(asgi(twin.answer)) as url:
        yield Served(twin, url)


@pytest.fixture
def visitor(page: Page, context: BrowserContext, web: Served, live_site: str) -> Page:
    """A page whose browser subscribes at the double, and whose person agrees."""
    context.grant_permissions(["notifications"], origin=live_site)
    page.expose_function("subscribeAtTheDouble", lambda key: web.subscribe(web.url, key))
    page.add_init_script(AT_THE_DOUBLE)
    return page


def press_next(page: Page) -> None:
    page.get_by_role("button", name="NEXT").click()


def choose(page: Page, label: str) -> None:
    page.locator(".choice label").filter(has_text=label).first.click()


def configure(page: Page) -> App:
    """Make a web app with web push in the wizard."""
    open_wizard(page, "MOBILE / WEB")
    page.get_by_role("link", name="NEXT").click()
    page.get_by_label("Application name").fill("Shop")
    press_next(page)
    choose(page, "Web")
    press_next(page)
    choose(page, "Chrome")
    press_next(page)
    choose(page, "Web push")
    press_next(page)
    page.get_by_label("Site URL").fill("https://shop.example")
    page.get_by_label("Contact").fill("ops@shop.example")
    press_next(page)
    press_next(page)
    page.get_by_role("button", name="SAVE").click()
    expect(page.get_by_role("heading", name="The application is created")).to_be_visible()
    app: App = App.objects.get()
    return app


def deliver(page: Page, context: BrowserContext, site: str, text: str) -> None:
    """Hand a decrypted push to the service worker, as the browser does."""
    devtools = context.new_cdp_session(page)
    found: list[dict[str, Any]] = []
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(event["registrations"]),
    )
    devtools.send("ServiceWorker.enable")

    def registrations() -> list[dict[str, Any]]:
        page.wait_for_timeout(50)
        return found

    wait_until(registrations, "DevTools names no service worker")
    number = found[-1]["registrationId"]
    devtools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": site, "registrationId": number, "data": text},
    )


def shown(page: Page) -> list[list[str]]:
    """Wait for the worker's notifications and return title and body of each."""
    page.wait_for_function(f"async () => (await ({SHOWN})()).length > 0", polling=100)
    found: list[list[str]] = page.evaluate(SHOWN)
    return found


def test_the_person_tries_it_in_the_own_browser(
    visitor: Page,
    context: BrowserContext,
    web: Served,
    live_site: str,
    admin: Member,
    sign_in: Callable[[Page, Member], None],
) -> None:
    sign_in(visitor, admin)
    configure(visitor)
    visitor.get_by_role("link", name="MANAGE").click()
    visitor.get_by_role("button", name="Send a test notification").click()
    expect(visitor.get_by_text("The push service has taken it")).to_be_visible()
    [(_key, note)] = web.memory.all("note")
    deliver(visitor, context, live_site, note["text"])
    assert shown(visitor) == [["Shop can reach this browser", ""]]
    assert not PushAddress.objects.exists()
    web.memory.switches.add("dead_token")
    visitor.get_by_role("button", name="Send a test notification").click()
    gone = visitor.get_by_text("The push service no longer knows the device")
    expect(gone).to_be_visible()


def test_from_the_wizard_to_a_notification_and_its_receipt(
    visitor: Page,
    context: BrowserContext,
    web: Served,
    live_site: str,
    admin: Member,
    sign_in: Callable[[Page, Member], None],
) -> None:
    sign_in(visitor, admin)
    app = configure(visitor)
    result = ask(
        visitor,
        f"""async ([site, ...access]) => {{
          const {{ startup }} = await import(`${{site}}/static/sdk/imiconnect.js`);
          const device = startup(...access, {{ domain: site }});
          return device.subscribeToPush({{ worker: '{WORKER}' }});
        }}""",
        [live_site, app.app_id, apps.current_client_key(app).secret],
    )
    assert result["state"] == "subscribed"
    service = Service.objects.create(
        organization=admin.organization,
        name="Alerts",
        state=Service.State.LIVE,
        receipt_url="https://customer.test/dr",
        receipt_kinds={"push": ["delivered"]},
    )
    ServiceKey.objects.create(service=service, secret="k" * 30, digest=digest("k" * 30))
    Allocation.objects.create(service=service, app=app, channel="rt", is_inbound=True)
    order = {
        "deliverychannel": "push",
        "appid": app.app_id,
        "destination": [{"pushid": [result["pushId"]]}],
        "channels": {"push": {"web": {"title": "Shop", "text": "Your parcel is here"}}},
    }
    url = f"{live_site}/resources/v1/messaging"
    answer = httpx.post(url, json=order, headers={"key": "k" * 30})
    assert answer.status_code == 202, answer.text
    elsewhere(mt.process_due, lane=PUSH)
    [(_key, note)] = web.memory.all("note")
    deliver(visitor, context, live_site, note["text"])
    assert shown(visitor) == [["Shop", "Your parcel is here"]]
    wait_until(Receipt.objects.exists, "the service worker said nothing")
    elsewhere(dr.process_due)
    [callback] = Callback.objects.filter(event="delivered")
    told = json.loads(callback.body)["deliveryInfoNotification"]["deliveryInfo"]
    assert (told["deliveryChannel"], told["deliveryStatus"]) == ("push", "Delivered")

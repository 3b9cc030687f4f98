"""A mobile app from the sandbox's key file to a notification on the sandbox's phone."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.rtm.lanes import MT
from imiconnect.rtm.models import Message
from imiconnect.rtm.processors import dr, mo, mt
from imiconnect.rtm.push import companion
from imiconnect.sandbox.store import Store
from imiconnect.sharing import services
from tests.browser.channels import Seen, heard, open_wizard
from tests.browser.test_push import choose, press_next
from tests.elsewhere import elsewhere
from tests.rtm.push.conftest import free_port
from tests.serving import serve

Assert = Callable[[Page], None]
SignIn = Callable[[Page, Member], None]
PLAY = "/tools/sandbox/{}/"


@pytest.fixture
def live_site(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[str]:
    """The application with its sandbox, as ``make run`` starts it."""
    settings.SANDBOX = True
    settings.SANDBOX_APNS_PORT = free_port()
    settings.DATA_DIR = tmp_path
    with serve(settings) as address:
        yield address


def account(page: Page, name: str) -> Any:
    return page.get_by_role("region", name=name)


def downloaded(page: Page, link: str, folder: Path) -> Path:
    """Click on a file, and keep it under the name that it has."""
    with page.expect_download() as started:
        page.get_by_role("link", name=re.compile(link)).click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def begin(page: Page, system: str, service: str) -> None:
    """Go through the wizard as far as the credentials."""
    open_wizard(page, "MOBILE / WEB")
    page.get_by_role("link", name="NEXT").click()
    page.get_by_label("Application name").fill("Shop")
    press_next(page)
    choose(page, "Mobile")
    press_next(page)
    choose(page, system)
    press_next(page)
    choose(page, service)
    press_next(page)


def save(page: Page) -> tuple[str, str]:
    """End the wizard; return App ID and client key as it shows them."""
    press_next(page)
    page.get_by_label("Register only customers who have a master profile").uncheck()
    press_next(page)
    page.get_by_role("button", name="SAVE").click()
    expect(page.get_by_role("heading", name="The application is created")).to_be_visible()
    return page.locator("#app-id").input_value(), page.locator("#client-key").input_value()


def install(page: Page, twin: str, app: tuple[str, str], system: str = "") -> None:
    """Put the app on a new phone of the twin, for the user anna."""
    page.goto(PLAY.format(twin))
    page.get_by_label("App ID").fill(app[0])
    page.get_by_label("Client key").fill(app[1])
    page.get_by_label("User ID").fill("anna")
    if system:
        page.get_by_label("Phone", exact=True).select_option(system)
    page.get_by_role("button", name="Install and register").click()
    expect(page.locator(".toast-text")).to_contain_text("is registered with its")


def send(site: str, admin: Member) -> Message:
    """Send anna an in-app message with a notification; she is not connected."""
    app = App.objects.get()
    service = services.create_service(member=admin, name="Alerts")
    services.allocate(service=service, app=app)
    service = services.set_state(service=service, state="live")
    order = {
        "deliverychannel": "rt",
        "appid": app.app_id,
        "destination": [{"userid": ["anna"]}],
        "channels": {
            "rt": {
                "message": {"text": "Your parcel is here"},
                "notification": {"title": "Shop", "text": "A parcel for you"},
            }
        },
    }
    url = f"{site}/resources/v1/messaging"
    answer = httpx.post(url, json=order, headers={"key": services.current_key(service).secret})
    assert answer.status_code == 202, answer.text
    elsewhere(mt.process_due, lane=MT)
    elsewhere(companion.process_due)
    return Message.objects.get()


def open_and_look(page: Page, twin: str, message: Message) -> None:
    """Tap the notification on the twin's page, then read the message's journey."""
    page.goto(PLAY.format(twin))
    expect(page.get_by_text("A parcel for you")).to_be_visible()
    page.get_by_role("button", name="Open Shop").click()
    expect(page.locator(".toast-text")).to_contain_text("Opened, and the app has told")
    elsewhere(dr.process_due)
    page.goto(reverse("rtm:journey", args=[message.pk]))
    expect(page.get_by_text("push", exact=True).first).to_be_visible()
    expect(page.get_by_text("Clicked").first).to_be_visible()


def write(page: Page, twin: str) -> None:
    """Write in the app on the phone; see the message in the log."""
    page.goto(PLAY.format(twin))
    page.get_by_label("Write as anna").fill("Is it there yet?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".toast-text")).to_contain_text("The app has sent the message.")
    elsewhere(mo.process_due)
    assert heard("Is it there yet?").address == "anna"


def test_an_iphone_is_notified_with_the_sandboxs_key(
    page: Page, live_site: str, sign_in: SignIn, admin: Member, tmp_path: Path
) -> None:
    sign_in(page, admin)
    page.goto(PLAY.format("apns"))
    page.get_by_role("button", name="Make a key (.p8)").click()
    file = downloaded(page, r"AuthKey_\w+\.p8", tmp_path)
    [(_key_id, made)] = Store("apns").all("key")
    begin(page, "iOS", "APNs key (.p8)")
    page.get_by_label("Private key file (.p8)").set_input_files(file)
    page.get_by_label("Team ID").fill(made["team"])
    page.get_by_label("Bundle ID").fill("com.example.app")
    app = save(page)
    install(page, "apns", app)
    open_and_look(page, "apns", send(live_site, admin))
    write(page, "apns")


@pytest.mark.sweep
def test_an_android_phone_is_notified_with_the_sandboxs_service_account(
    page: Page, live_site: str, sign_in: SignIn, admin: Member, tmp_path: Path
) -> None:
    sign_in(page, admin)
    page.goto(PLAY.format("fcm"))
    page.get_by_role("button", name="Generate new private key").click()
    file = downloaded(page, r"firebase-adminsdk-\w+\.json", tmp_path)
    begin(page, "Android", "Firebase (FCM)")
    page.get_by_label("Service-account file (.json)").set_input_files(file)
    app = save(page)
    install(page, "fcm", app)
    open_and_look(page, "fcm", send(live_site, admin))
    write(page, "fcm")


@pytest.mark.sweep
def test_an_iphone_is_notified_through_firebase(
    page: Page, live_site: str, sign_in: SignIn, admin: Member, tmp_path: Path
) -> None:
    sign_in(page, admin)
    page.goto(PLAY.format("fcm"))
    page.get_by_role("button", name="Generate new private key").click()
    file = downloaded(page, r"firebase-adminsdk-\w+\.json", tmp_path)
    begin(page, "iOS", "Firebase (FCM)")
    page.get_by_label("Service-account file (.json)").set_input_files(file)
    install(page, "fcm", save(page), "ios")
    message = send(live_site, admin)
    [(_key, note)] = Store("fcm").all("note")
    assert "apns-expiration" in note["message"]["apns"]["headers"]
    open_and_look(page, "fcm", message)


def test_the_pages_of_the_phones(
    page: Page, sign_in: SignIn, admin: Member, seen: Seen
) -> None:
    sign_in(page, admin)
    store = Store("apns")
    data = {"topic": "com.example.app", "gateway": "sandbox", "state": "alive", "at": 0}
    data |= {"device": "iphone-1", "organization": str(admin.organization_id)}
    store.put("device", "ab" * 32, user="anna", app_id="AB123456", **data)
    payload = {"aps": {"alert": {"title": "Shop", "body": "A parcel"}}, "tid": "1"}
    headers = {
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-topic": "com.example.app",
    }
    note = {"device": "ab" * 32, "headers": headers, "payload": payload, "at": 0}
    store.put("note", "1", **note)
    page.goto(PLAY.format("apns"))
    page.get_by_role("button", name="Make a key (.p8)").click()
    page.get_by_role("button", name="Make a certificate (.p12)").click()
    seen("sandbox-apns")
    page.goto(PLAY.format("webpush"))
    page.get_by_role("button", name="Visit and allow notifications").click()
    expect(page.get_by_text("Enter the App ID").first).to_be_visible()
    seen("sandbox-webpush")

"""The main job, as an administrator does it: from sign-in to the customer's callback."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from imiconnect.accounts.models import Member
from imiconnect.rtm.callbacks.signing import hub_signature
from imiconnect.rtm.models import Message
from imiconnect.sharing.models import Service
from tests.browser.gateway import Forks, customer_server, gateway_processes
from tests.factories import PASSWORD
from tests.waiting import wait_until

TEXT = "Your parcel arrives today"


@pytest.fixture
def gateway(live_site: str, settings: Any, forks: Forks, tmp_path: Path) -> Iterator[None]:
    """The gateway's processes, in which loopback may be called back."""
    settings.ALLOW_PRIVATE_CALLBACKS = True
    with gateway_processes(forks, tmp_path):
        yield


def sign_in_by_form(page: Page, admin: Member) -> None:
    page.goto("/")
    page.get_by_label("E-mail").fill(admin.user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("main button[type=submit], main button.btn-primary").first.click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def press_next(page: Page) -> None:
    page.get_by_role("button", name="NEXT").click()


def choose(page: Page, words: str) -> None:
    page.locator(".choice", has_text=words).first.click()


def create_app(page: Page) -> None:
    page.goto("/apps/")
    page.locator("summary", has_text="CONFIGURE APPS").click()
    page.get_by_role("link", name="MOBILE / WEB").first.click()
    page.get_by_role("link", name="NEXT").click()
    page.get_by_label("Application name").fill("Parcel app")
    press_next(page)
    choose(page, "Web")
    press_next(page)
    choose(page, "Chrome")
    press_next(page)
    choose(page, "Later")
    press_next(page)
    press_next(page)
    page.get_by_role("button", name="SAVE").click()
    expect(page.get_by_role("heading", name="The application is created")).to_be_visible()


def create_live_service(page: Page, callback_url: str) -> None:
    page.goto("/services/new/")
    page.get_by_label("Name").fill("Parcel news")
    press_next(page)
    press_next(page)
    choose(page, "Parcel app")
    press_next(page)
    page.get_by_label("Receipt callback URL").fill(callback_url)
    press_next(page)
    page.locator("main form button.btn-primary").first.click()
    page.get_by_role("link", name="I have stored the key").click()
    service = Service.objects.get(name="Parcel news")
    page.goto(f"/services/{service.pk}/")
    page.get_by_role("button", name="Go live").click()
    expect(page.get_by_text("It is live")).to_be_visible()


def create_customer(page: Page) -> None:
    """Make the master profile that must be there before a device of the app registers."""
    page.goto("/customers/new/")
    page.get_by_label("Customer ID").fill("alice")
    page.locator("main form button.btn-primary").first.click()
    expect(page.get_by_role("heading", name="alice")).to_be_visible()


def open_device(context: BrowserContext) -> Page:
    device = context.new_page()
    device.goto("/tools/device/")
    device.get_by_label("User ID").fill("alice")
    device.get_by_role("button", name="Connect").click()
    expect(device.locator("[data-device-state]")).to_have_text("Connected")
    return device


def send(page: Page) -> None:
    page.goto("/messages/send/")
    page.get_by_label("User ID").fill("alice")
    page.get_by_label("Text").fill(TEXT)
    page.get_by_label("Correlation ID").fill("parcel-1")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page).to_have_url(re.compile(r"/messages/[0-9a-f-]{36}/$"))


def test_the_main_job(admin: Member, page: Page, context: BrowserContext, gateway: Any) -> None:
    with customer_server() as customer:
        sign_in_by_form(page, admin)
        create_app(page)
        create_live_service(page, customer.url)
        create_customer(page)
        device = open_device(context)

        log = open_log(context)
        # While nobody looks, what has arrived is delivered and not read.
        device.get_by_label("as soon as a message is seen").uncheck()
        send(page)
        expect(device.locator(".bubble p")).to_have_text(TEXT)
        message = Message.objects.get(correlation_id="parcel-1")
        state = log.locator(f"#state-{message.pk}")
        expect(state).to_have_text("Delivered")
        expect(page.locator(".verdict .status")).to_have_text("Delivered")

        device.get_by_role("button", name="Mark as read").click()
        expect(state).to_have_text("Read")
        expect(page.locator(".verdict .status")).to_have_text("Read")
        expect(page.locator(".journey-line")).to_contain_text("published to the broker")

        wait_until(
            lambda: {"Delivered", "Read"} <= set(customer.statuses()), "no callback came"
        )
        secret = Service.objects.get(name="Parcel news").signing_secret
        for call in customer.received:
            assert call.headers["x-hub-signature"] == hub_signature(secret, call.raw)
            note = call.body["deliveryInfoNotification"]
            assert note["correlationid"] == "parcel-1"
            assert note["transid"] == str(message.transid)

        answer(device, log)
        assert log.evaluate("window.isFirstLoad"), "the log was loaded again"


def open_log(context: BrowserContext) -> Page:
    """Open the log, which is empty, and mark the page, so that a reload would show."""
    log = context.new_page()
    log.goto("/messages/")
    expect(log.get_by_text("No messages yet")).to_be_visible()
    expect(log.locator("[data-live-state]")).to_have_text("Live")
    log.evaluate("window.isFirstLoad = true")
    return log


def answer(device: Page, log: Page) -> None:
    """The person answers, and the answer comes into the open log by itself."""
    device.get_by_label("Answer").fill("Thank you")
    device.get_by_role("button", name="Send").click()
    expect(device.locator(".bubble-out .bubble-state")).to_have_text("Sent")
    expect(log.locator("tbody tr").first).to_contain_text("Thank you")

"""A WeChat account, from CONFIGURE APPS to messages, receipts and customers on board."""

import re

import pytest
from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.rtm.directory import create_customer
from imiconnect.sharing import services
from tests.apps.file_site import PNG
from tests.browser.channels import (
    Seen,
    SignIn,
    answer,
    heard,
    live_service,
    open_wizard,
    press_next,
    see_journey,
    see_notice,
    see_problem,
)
from tests.browser.test_apps_and_services import choose
from tests.sharing.conftest import make_number

PLAY = "/tools/sandbox/wechat/"
SENDER, MOBILE = "NORTHWIND", "447400123456"


def make_account(page: Page) -> tuple[str, str]:
    """Make an official account at WeChat; return its AppID and AppSecret."""
    page.goto(PLAY)
    page.get_by_role("button", name="Make an account").click()
    fields = [page.get_by_label(name, exact=True) for name in ("AppID", "AppSecret")]
    return fields[0].input_value(), fields[1].input_value()


def fill_account(page: Page, appid: str, secret: str) -> None:
    page.get_by_label("Name").fill("Bank on WeChat")
    page.get_by_label("App ID").fill(appid)
    page.get_by_label("App Secret").fill(secret)
    press_next(page)


def shown_server(page: Page) -> dict[str, str]:
    """Return what the wizard shows for WeChat's server settings, by WeChat's own words."""
    labels = {
        "URL": "CALLBACK URL",
        "Token": "CALLBACK TOKEN",
        "EncodingAESKey": "EncodingAESKey",
    }
    return {
        name: page.get_by_label(label, exact=True).input_value()
        for name, label in labels.items()
    }


def set_server(page: Page, server: dict[str, str]) -> None:
    """Enter the server settings at WeChat, which calls the server before it keeps them."""
    page.goto(PLAY)
    for name, value in server.items():
        page.get_by_label(name, exact=True).fill(value)
    page.get_by_role("button", name="Submit").click()


def configure(page: Page) -> tuple[App, dict[str, str]]:
    """Walk the wizard as a person does; return the app, and what WeChat is told."""
    appid, secret = make_account(page)
    open_wizard(page, "WECHAT")
    page.get_by_role("link", name="NEXT").click()
    fill_account(page, appid, secret)
    server = shown_server(page)
    choose(page, "Safe mode")
    press_next(page)
    expect(page.get_by_label("Keyword to on-board a customer")).to_have_value("#start")
    expect(page.get_by_label("Keyword to off-board a customer")).to_have_value("#stop")
    page.get_by_label("Select Sender Id").select_option(SENDER)
    press_next(page)
    page.get_by_role("button", name="SAVE").click()
    expect(page.get_by_role("heading", name="The application is created")).to_be_visible()
    return App.objects.get(), server


def write(page: Page, text: str) -> None:
    """Write as the follower."""
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_role("button", name="Send as the customer").click()


@pytest.fixture
def sender(admin: Member, catalogue: None) -> None:
    """A Sender ID that may send one-time passwords."""
    make_number(admin, "sender_id", SENDER)


@pytest.mark.sweep
@pytest.mark.usefixtures("gateway", "sender")
def test_an_account_from_configuration_to_a_customer_on_board(
    page: Page, sign_in: SignIn, admin: Member, live_site: str
) -> None:
    sign_in(page, admin)
    app, server = configure(page)
    service = live_service(admin, app)
    number = service.organization.numbers.get()
    services.allocate_number(service=service, number=number, channel="sms")
    set_server(page, server)
    see_notice(page, "The server has answered")
    page.get_by_role("button", name="Follow the account").click()

    write(page, "Is the branch open?")
    incoming = heard("Is the branch open?")
    sent = answer(live_site, service, incoming, "wechatid", text="Until six.")
    expect(page.get_by_text("Until six.")).to_be_visible()
    see_journey(page, sent, "Delivered to the customer")

    customer = create_customer(
        member=admin, customer_id="C-1", attributes={"msisdn": "+44 7400 123456"}
    )
    page.goto(PLAY)
    write(page, "#start")
    expect(page.get_by_text("send your mobile number")).to_be_visible()
    write(page, "+44 7400 123456")
    expect(page.get_by_text("you get a one-time password by SMS")).to_be_visible()
    code = password_on(page, MOBILE)
    page.goto(PLAY)
    write(page, code)
    expect(page.get_by_text("Your account is linked.")).to_be_visible()
    page.goto(f"/customers/{customer.pk}/")
    expect(page.get_by_text(incoming.address).first).to_be_visible()


def password_on(page: Page, mobile: str) -> str:
    """Return the one-time password that a text on a handset has."""
    page.goto(f"/tools/sandbox/carrier/?handset={mobile}")
    text = page.get_by_text("is your one-time password")
    expect(text).to_be_visible()
    found = re.search(r"\d{6}", text.inner_text())
    assert found
    return found[0]


def test_the_pages_of_an_account(
    page: Page, sandbox: None, sign_in: SignIn, admin: Member, seen: Seen
) -> None:
    make_number(admin, "sender_id", SENDER)
    sign_in(page, admin)
    appid, secret = make_account(page)
    seen("twin-account")
    open_wizard(page, "WECHAT")
    seen("prerequisites")
    page.get_by_role("link", name="NEXT").click()
    fill_account(page, "wx12", "short")
    see_problem(page)
    seen("account-error")
    fill_account(page, appid, secret)
    server = shown_server(page)
    seen("callback")
    press_next(page)
    seen("onboarding")
    page.get_by_label("Keyword to off-board a customer").fill("#start")
    press_next(page)
    see_problem(page)
    page.get_by_label("Keyword to off-board a customer").fill("#stop")
    page.get_by_label("Select Sender Id").select_option(SENDER)
    press_next(page)
    seen("review")
    page.get_by_role("button", name="SAVE").click()
    seen("done")
    page.get_by_role("link", name="MANAGE").click()
    seen("manage")
    set_server(page, server | {"Token": "wrong"})
    see_notice(page, "nothing is saved")
    set_server(page, server)
    page.get_by_role("button", name="Follow the account").click()
    write(page, "Hello")
    expect(page.locator(".chat").get_by_text("Hello")).to_be_visible()
    page.locator("input[type=file]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": PNG}
    )
    page.get_by_role("button", name="Send the file").click()
    expect(page.locator(".chat img")).to_be_visible()
    seen("twin")


def test_a_wrong_app_secret_is_said_on_the_last_page(
    page: Page, sandbox: None, sign_in: SignIn, admin: Member
) -> None:
    sign_in(page, admin)
    appid, _secret = make_account(page)
    page.goto("/apps/configure/wechat/account/")
    fill_account(page, appid, "0" * 32)
    press_next(page)
    press_next(page)
    page.get_by_role("button", name="SAVE").click()
    expect(page.get_by_role("alert")).to_contain_text("does not accept the credentials")

"""A Facebook page, from CONFIGURE APPS to a message in and out with its receipts."""

from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.apps.models import App
from imiconnect.sandbox.facebook import world
from tests.browser.channels import (
    Seen,
    SignIn,
    answer,
    heard,
    live_service,
    open_wizard,
    press_next,
    see_journey,
    see_problem,
)

PLAY = "/tools/sandbox/facebook/"


def configure(page: Page) -> App:
    """Walk the wizard as a person does; return the app that it makes."""
    open_wizard(page, "FACEBOOK")
    page.get_by_role("link", name="NEXT").click()
    page.get_by_label("Name").fill("Bank on Facebook")
    press_next(page)
    page.get_by_role("button", name="LOG IN WITH FACEBOOK").click()
    page.get_by_role("button", name="Continue as Fred Owner").click()
    page.get_by_label("Northwind Bank").check()
    press_next(page)
    page.get_by_role("button", name="SAVE").click()
    expect(page.get_by_text("Healthy")).to_be_visible()
    return App.objects.get()


def test_a_page_from_configuration_to_receipts(
    page: Page, gateway: None, sign_in: SignIn, admin: Member, live_site: str
) -> None:
    sign_in(page, admin)
    app = configure(page)
    service = live_service(admin, app)
    page.goto(PLAY)
    page.get_by_label("Message", exact=True).fill("Is the branch open?")
    page.get_by_role("button", name="Send as the customer").click()
    incoming = heard("Is the branch open?")
    sent = answer(live_site, service, incoming, "psid", text="Until six.")
    expect(page.get_by_text("Until six.")).to_be_visible()
    see_journey(page, sent, "Delivered to the customer")
    page.goto(PLAY)
    page.get_by_role("button", name="Read everything").click()
    expect(page.get_by_text("Read", exact=True).first).to_be_visible()
    see_journey(page, sent, "Read by the customer")


def test_the_pages_of_a_page(
    page: Page, sandbox: None, sign_in: SignIn, admin: Member, seen: Seen
) -> None:
    sign_in(page, admin)
    page.goto("/apps/configure/facebook/prerequisites/")
    seen("prerequisites")
    page.get_by_role("link", name="NEXT").click()
    page.get_by_label("Name").fill("Bank on Facebook")
    press_next(page)
    seen("login")
    page.get_by_role("button", name="LOG IN WITH FACEBOOK").click()
    seen("dialog")
    page.get_by_role("button", name="Continue as Fred Owner").click()
    seen("accounts")
    press_next(page)
    see_problem(page)
    seen("accounts-error")
    page.get_by_label("Northwind Bank").check()
    press_next(page)
    page.get_by_role("button", name="SAVE").click()
    seen("done")
    page.get_by_role("link", name="MANAGE").click()
    seen("manage")
    page.get_by_role("link", name="GET CODE Messenger plugins").click()
    page.get_by_label("Site").fill("https://shop.example")
    press_next(page)
    expect(page.get_by_text("fb-send-to-messenger")).to_be_visible()
    seen("plugins")
    page.goto(f"/apps/{App.objects.get().pk}/facebook/menu/")
    page.get_by_role("button", name="ADD MORE OPTIONS").click()
    seen("menu")
    page.goto(f"/apps/{App.objects.get().pk}/facebook/welcome/")
    seen("welcome")
    page.goto(f"/apps/{App.objects.get().pk}/facebook/code/")
    seen("code")
    page.goto("/tools/sandbox/")
    seen("twins")
    page.goto(PLAY)
    page.get_by_label("Message", exact=True).fill("Hello")
    page.get_by_role("button", name="Send as the customer").click()
    expect(page.locator(".chat").get_by_text("Hello")).to_be_visible()
    seen("twin")


def test_a_page_that_is_configured_is_greyed_out(
    page: Page, sandbox: None, sign_in: SignIn, admin: Member
) -> None:
    world.seed()
    apps.create_app(
        member=admin,
        name="First",
        channel_type="facebook",
        config={"page_id": "20000000000001"},
        secrets={"page_token": world.page_token("20000000000001")},
    )
    sign_in(page, admin)
    page.goto("/apps/configure/facebook/name/")
    page.get_by_label("Name").fill("Second")
    press_next(page)
    page.get_by_role("button", name="LOG IN WITH FACEBOOK").click()
    page.get_by_role("button", name="Continue as Fred Owner").click()
    expect(page.get_by_label("Northwind Bank")).to_be_disabled()
    expect(page.get_by_label("Northwind Cards")).to_be_enabled()

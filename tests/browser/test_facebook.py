"""A Facebook page, from CONFIGURE APPS to a message in and out with its receipts."""

import re

from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.apps.channel_types.facebook.snippets import Look, snippet
from imiconnect.apps.models import App
from imiconnect.rtm.models import Message
from imiconnect.sandbox.facebook import world
from imiconnect.sharing.models import Service
from imiconnect.sharing.rules.services import Draft, create_rule
from tests.browser.channels import (
    Seen,
    SignIn,
    answer,
    heard,
    live_service,
    open_wizard,
    press_in_a_site,
    press_next,
    see_journey,
    see_notice,
    see_problem,
)
from tests.browser.test_apps_and_services import choose
from tests.waiting import wait_until

PLAY = "/tools/sandbox/facebook/"


def configure(page: Page) -> App:
    """Walk the wizard as a person does; return the app that it makes."""
    open_wizard(page, "FACEBOOK")
    page.get_by_role("link", name="NEXT").click()
    page.get_by_label("Name").fill("Bank on Facebook")
    press_next(page)
    page.get_by_role("button", name="Log in with Facebook").click()
    page.get_by_role("button", name="Continue as Fred Owner").click()
    page.get_by_label("Northwind Bank").check()
    press_next(page)
    page.get_by_role("button", name="SAVE").click()
    expect(page.get_by_text("Healthy")).to_be_visible()
    return App.objects.get()


def greet(page: Page, app: App) -> None:
    """Set the welcome screen, and a menu of one item, as a person does."""
    page.goto(f"/apps/{app.pk}/facebook/welcome/")
    page.get_by_label("Welcome message").fill("Hello {{user_first_name}}, how may we help?")
    page.get_by_label("Enable “Get started button”").check()
    page.get_by_label("Payload").fill("START")
    page.get_by_role("button", name="SAVE").click()
    see_notice(page, "The welcome screen is set.")
    page.goto(f"/apps/{app.pk}/facebook/menu/")
    item = page.get_by_role("group", name="Item 1")
    item.get_by_label("Text").fill("Opening hours")
    choose(page, "Postback")
    item.get_by_label("URL or payload").fill("HOURS")
    page.get_by_role("button", name="SAVE").click()
    see_notice(page, "The persistent menu is set.")


def thank(service: Service) -> None:
    """Thank whoever presses Get Started, as in the specification's example of a rule."""
    draft = Draft(
        name="Thanks",
        listens="postback",
        conditions=[{"field": "payload", "operator": "is", "value": "START"}],
        action="message",
        text="Thank you for visiting",
    )
    create_rule(service=service, draft=draft)


def hear_opt_in(double: Page, button: str, ref: str, plugin: str) -> None:
    """Go on as the customer whom a plugin has led to the double; see the opt-in come."""
    double.get_by_role("button", name=button, exact=True).click()
    extras = {"ref": ref, "plugin": plugin}
    told = Message.objects.filter(payload__event="optin", payload__extras=extras)
    wait_until(told.exists, f"no opt-in of {plugin}")
    double.close()


def copied_plugin(page: Page, app: App) -> str:
    """See each plugin in the preview, choose one, and return the code that Copy gives."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/apps/{app.pk}/facebook/plugins/")
    shown = page.locator(".plugin-preview > span:visible")
    for label, look in {"Message Us": "message-us", "Checkbox": "checkbox"}.items():
        choose(page, label)
        expect(shown).to_have_class(re.compile(f"plugin-{look}"))
    choose(page, "Send to Messenger")
    page.get_by_label("Colour").select_option("white")
    page.get_by_label("Size").select_option("xlarge")
    expect(shown).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(shown).to_have_css("font-size", "22px")
    page.get_by_label("Site").fill("https://shop.example")
    page.get_by_label("Reference").fill("home")
    press_next(page)
    page.get_by_role("button", name="Copy Paste this into your page").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    code: str = page.evaluate("navigator.clipboard.readText()")
    return code


def press_plugins(page: Page, app: App) -> None:
    """Use what GET CODE gives in a site: a button as copied, and a form with a checkbox."""
    copied, context = copied_plugin(page, app), page.context

    def press(site: Page) -> None:
        button = site.get_by_role("button", name="Send to Messenger")
        expect(button).to_have_css("background-color", "rgb(255, 255, 255)")
        button.click()

    def tick(site: Page) -> None:
        site.get_by_role("checkbox", name="Send to Messenger").check()
        site.get_by_role("button", name="Order").click()

    hear_opt_in(
        press_in_a_site(context, copied, press),
        "Send to Messenger",
        "home",
        "send_to_messenger",
    )
    form = snippet(
        app.account, Look("checkbox", "blue", "large", "https://shop.example", "o-7")
    )
    form = form.replace("UNIQUE-FOR-EACH-VIEW", "view-1")
    order = "<button onclick=\"confirmMessenger('view-1')\">Order</button>"
    double = press_in_a_site(context, form + order, tick)
    hear_opt_in(double, "Confirm the checkbox", "o-7", "checkbox")


def test_a_page_from_configuration_to_receipts_and_plugins(
    page: Page, gateway: None, sign_in: SignIn, admin: Member, live_site: str
) -> None:
    sign_in(page, admin)
    app = configure(page)
    service = live_service(admin, app)
    thank(service)
    greet(page, app)
    page.goto(PLAY)
    expect(page.get_by_text("Hello Cora, how may we help?")).to_be_visible()
    page.get_by_role("button", name="Get Started").click()
    expect(page.get_by_text("Thank you for visiting")).to_be_visible()
    page.get_by_role("button", name="Opening hours").click()
    assert heard("Opening hours").payload["interactiveData"]["payload"] == "HOURS"
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
    press_plugins(page, app)


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
    page.get_by_role("button", name="Log in with Facebook").click()
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
    page.goto(f"{PLAY}?came=send&ref=home")
    seen("twin")
    page.goto("/sandbox/facebook/plugins/send?page_id=1")
    seen("plugin-refused")


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
    page.get_by_role("button", name="Log in with Facebook").click()
    page.get_by_role("button", name="Continue as Fred Owner").click()
    expect(page.get_by_label("Northwind Bank")).to_be_disabled()
    expect(page.get_by_label("Northwind Cards")).to_be_enabled()

"""A business at Apple, from CONFIGURE APPS over Apple's choice of platform to messages."""

import pytest
from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Member
from imiconnect.apps.channel_types.apple_business_chat import outbound
from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.models import Message
from imiconnect.sandbox.apple_business_chat import world
from tests.browser.channels import (
    Seen,
    SignIn,
    answer,
    heard,
    live_service,
    open_wizard,
    see_journey,
)
from tests.waiting import wait_until

PLAY = "/tools/sandbox/apple_business_chat/"
ITEMS = [{"identifier": "n", "title": "North"}, {"identifier": "s", "title": "South"}]
FORM = {
    "template_type": "form",
    "title": "Book a visit",
    "pages": [
        {"type": "select", "identifier": "shop", "subtitle": "Which shop?", "items": ITEMS,
         "next": "why"},
        {"type": "select", "identifier": "why", "title": "Reason", "subtitle": "What about?",
         "items": ITEMS, "multiple": True, "next": "day"},
        {"type": "datePicker", "identifier": "day", "subtitle": "When do you come?",
         "hint": "We are closed on Sundays.", "next": "who"},
        {"type": "picker", "identifier": "who", "subtitle": "With whom?", "items": ITEMS,
         "next": "words"},
        {"type": "input", "identifier": "words", "subtitle": "Anything else?",
         "multiline": True},
    ],
}  # fmt: skip


def link(page: Page) -> App:
    """Read what CONFIGURE APPS says, register at Apple, choose this platform, and confirm."""
    open_wizard(page, "APPLE BUSINESS CHAT")
    expect(page.get_by_text("The app is made by itself when you register")).to_be_visible()
    expect(page.get_by_text("This is missing.")).to_have_count(0)
    page.goto(PLAY)
    page.get_by_label("Brand of a new business").fill("Northwind Traders")
    page.get_by_role("button", name="Register").click()
    page.get_by_role("button", name="Choose IMIconnect as CSP platform").click()
    page.get_by_role("button", name="LINK").click()
    expect(page.get_by_role("heading", name="Northwind Traders")).to_be_visible()
    return App.objects.get()


@pytest.mark.sweep
def test_a_business_from_apples_choice_to_an_answer(
    page: Page, gateway: None, sign_in: SignIn, admin: Member, live_site: str
) -> None:
    sign_in(page, admin)
    app = link(page)
    service = live_service(admin, app)
    page.goto(PLAY)
    page.get_by_role("button", name="Give a customer a phone").click()
    page.get_by_label("Write as this customer").fill("Are you open?")
    page.get_by_role("button", name="Send", exact=True).click()
    incoming = heard("Are you open?")
    options = [{"label": "North", "metadata": "N"}, {"label": "South", "metadata": "S"}]
    sent = answer(
        live_site,
        service,
        incoming,
        "opaqueid",
        text="Which shop?",
        quick_reply={"options": options},
    )
    see_journey(page, sent, "Delivered to the customer")
    page.goto(PLAY)
    page.get_by_role("button", name="South").click()
    wait_until(
        lambda: Message.objects.filter(payload__interactiveData__payload="S").exists(),
        "no answer",
    )


def test_the_pages_of_a_business(
    page: Page, sandbox: None, sign_in: SignIn, admin: Member, seen: Seen
) -> None:
    sign_in(page, admin)
    open_wizard(page, "APPLE BUSINESS CHAT")
    seen("instructions")
    business = world.register("Northwind Traders")
    world.store.change("business", business, csp=True)
    customer = world.meet(business)
    world.note(customer, {"id": "1", "type": "text", "body": "Are you open?"}, out=True)
    asked = outbound.body_of(uuid7(), business, customer, {"template": FORM})
    world.note(customer, asked, out=False)
    page.goto(PLAY)
    page.get_by_role("button", name="Fill in the form").click()
    expect(page.get_by_label("When do you come?")).to_be_visible()
    seen("phone")
    page.goto(f"/apps/link/apple_business_chat/?id={business}&name=Northwind+Traders")
    seen("landing")
    page.get_by_role("button", name="LINK").click()
    seen("manage")
    page.goto("/apps/link/apple_business_chat/?id=7")
    seen("refused")

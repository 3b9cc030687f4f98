"""A Twitter account, from CONFIGURE APPS to a message in and out with its receipts."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from tests.apps.file_site import PNG
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

PLAY = "/tools/sandbox/twitter/"


def add_account(page: Page, name: str = "Northwind Bank") -> None:
    """Press ADD TWITTER ACCOUNT, and Authorize App at Twitter."""
    page.get_by_role("button", name="ADD TWITTER ACCOUNT").click()
    choose(page, name)
    page.get_by_role("button", name="Authorize App").click()
    expect(page.get_by_label(name)).to_be_checked()


def configure(page: Page) -> App:
    """Walk the wizard as a person does; return the app that it makes."""
    open_wizard(page, "TWITTER")
    page.get_by_role("link", name="NEXT").click()
    page.get_by_label("Name").fill("Bank on Twitter")
    press_next(page)
    add_account(page)
    press_next(page)
    page.get_by_role("button", name="SAVE").click()
    expect(page.get_by_text("Healthy")).to_be_visible()
    return App.objects.get()


def greet(page: Page, app: App) -> None:
    """Set the welcome screen with two quick replies, as a person does."""
    page.goto(f"/apps/{app.pk}/twitter/welcome/")
    page.get_by_label("Welcome message").fill("How may we help?")
    page.get_by_label("Configure Quick Replies").check()
    for number, label in enumerate(("Cards", "Loans"), start=1):
        if number > 1:
            page.get_by_role("button", name="ADD MORE OPTIONS").click()
        reply = page.get_by_role("group", name=f"Quick reply {number}")
        reply.get_by_label("Label").fill(label)
        reply.get_by_label("Metadata").fill(label.upper())
    page.get_by_role("button", name="SAVE").click()
    see_notice(page, "The welcome screen is saved.")


def copied_button(page: Page, app: App) -> str:
    """Return the message button that GET CODE gives."""
    page.goto(f"/apps/{app.pk}/twitter/code/")
    page.get_by_label("Text").fill("I have a question")
    page.get_by_role("button", name="GET CODE").click()
    code = page.locator("pre.snippet")
    expect(code).to_contain_text("twitter-dm-button")
    return code.inner_text()


@pytest.mark.sweep
def test_an_account_from_configuration_to_receipts(
    page: Page,
    context: BrowserContext,
    gateway: None,
    sign_in: SignIn,
    admin: Member,
    live_site: str,
) -> None:
    sign_in(page, admin)
    app = configure(page)
    page.get_by_role("link", name="MANAGE").click()
    details = page.get_by_role("region", name="Twitter Application Details")
    for words in ("Account Name", "@northwindbank", "Added by", admin.user.name):
        expect(details.get_by_text(words)).to_be_visible()
    service = live_service(admin, app)
    greet(page, app)
    button = copied_button(page, app)
    double = press_in_a_site(context, button, lambda site: site.get_by_role("link").click())
    expect(double.get_by_label("Message", exact=True)).to_have_value("I have a question")
    double.close()
    page.goto(PLAY)
    expect(page.get_by_text("How may we help?")).to_be_visible()
    page.get_by_role("button", name="Loans").click()
    data = heard("Loans").payload["interactiveData"]
    assert data["payload"] == "LOANS"
    picture = {"name": "me.png", "mimeType": "image/png", "buffer": PNG}
    page.get_by_label("Picture or film").set_input_files(picture)
    page.get_by_role("button", name="Send the file").click()
    expect(page.locator(".chat img")).to_be_visible()
    page.get_by_label("Message", exact=True).fill("Is the branch open?")
    page.get_by_role("button", name="Send as the customer").click()
    incoming = heard("Is the branch open?")
    options = [{"label": "Today", "metadata": "T"}, {"label": "Tomorrow", "metadata": "M"}]
    replies = {"options": options}
    sent = answer(
        live_site, service, incoming, "twitterid", text="Until six.", quick_reply=replies
    )
    expect(page.get_by_text("Until six.")).to_be_visible()
    page.get_by_role("button", name="Tomorrow").click()
    assert heard("Tomorrow").address == incoming.address
    see_journey(page, sent, "Delivered to the customer")
    page.goto(PLAY)
    page.get_by_role("button", name="Read everything").click()
    expect(page.get_by_text("Read", exact=True).first).to_be_visible()
    see_journey(page, sent, "Read by the customer")


def test_the_pages_of_an_account(
    page: Page, sandbox: None, sign_in: SignIn, admin: Member, seen: Seen
) -> None:
    sign_in(page, admin)
    open_wizard(page, "TWITTER")
    seen("prerequisites")
    page.get_by_role("link", name="NEXT").click()
    press_next(page)
    see_problem(page)
    page.get_by_label("Name").fill("Bank on Twitter")
    press_next(page)
    seen("login")
    page.get_by_role("button", name="ADD TWITTER ACCOUNT").click()
    seen("authorize")
    page.get_by_role("button", name="Authorize App").click()
    seen("account")
    press_next(page)
    seen("review")
    page.get_by_role("button", name="SAVE").click()
    seen("done")
    page.get_by_role("link", name="MANAGE").click()
    seen("manage")
    page.get_by_role("link", name="GET CODE").click()
    page.get_by_role("button", name="GET CODE").click()
    expect(page.get_by_text("twitter-dm-button")).to_be_visible()
    seen("code")
    greet(page, App.objects.get())
    page.goto(f"/apps/{App.objects.get().pk}/twitter/welcome/")
    seen("welcome")
    page.goto(PLAY)
    expect(page.get_by_role("button", name="Loans")).to_be_visible()
    seen("twin")


def test_a_person_who_does_not_authorize_is_told_and_may_begin_again(
    page: Page, sandbox: None, sign_in: SignIn, admin: Member
) -> None:
    sign_in(page, admin)
    page.goto("/apps/configure/twitter/name/")
    page.get_by_label("Name").fill("Bank on Twitter")
    press_next(page)
    page.get_by_role("button", name="ADD TWITTER ACCOUNT").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The app was not authorized at Twitter.")).to_be_visible()
    page.go_back()
    page.go_back()
    add_account(page)


def test_another_account_takes_the_place_of_the_first(
    page: Page, sandbox: None, sign_in: SignIn, admin: Member
) -> None:
    sign_in(page, admin)
    app = configure(page)
    page.get_by_role("link", name="MANAGE").click()
    page.get_by_role("button", name="CHANGE TWITTER ACCOUNT").click()
    choose(page, "Harbour Telecom")
    page.get_by_role("button", name="Authorize App").click()
    expect(page.get_by_text("@harbourtel")).to_be_visible()
    assert App.objects.get().app_id == app.app_id

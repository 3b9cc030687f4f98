"""What the tests of every channel of a provider have in common: its customer plays the double.

``live_service`` sends through an app; ``heard`` is what a customer wrote; ``answer`` sends to
a customer by the messaging API; ``see_journey`` opens what became of a message;
``press_in_a_site`` is a visitor of a site that has what GET CODE gives.
"""

from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import BrowserContext, Page, expect

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.rtm.models import Message
from imiconnect.sharing import services
from imiconnect.sharing.models import Service
from tests.waiting import wait_until

Seen = Callable[[str], None]
SignIn = Callable[[Page, Member], None]


def open_wizard(page: Page, channel: str) -> None:
    """Press CONFIGURE APPS and the channel, as its menu calls it; see what it needs."""
    page.goto("/apps/")
    page.get_by_text("CONFIGURE APPS").click()
    page.locator(".menu-list").get_by_role("link", name=channel).click()


def press_next(page: Page) -> None:
    """Go to the next step of a wizard."""
    page.get_by_role("button", name="NEXT").click()


def see_problem(page: Page) -> None:
    """Be led to the box that says what is wrong."""
    expect(page.get_by_role("alert").filter(has_text="There is a problem")).to_be_focused()


def see_notice(page: Page, text: str) -> None:
    """See what a toast says."""
    notices = page.get_by_role("region", name="Notices")
    expect(notices.get_by_text(text)).to_be_visible()


def press_in_a_site(context: BrowserContext, code: str, press: Callable[[Page], None]) -> Page:
    """Open a page with pasted code, press something there; return what that has opened."""
    site = context.new_page()
    site.set_content(code)
    with context.expect_page() as opened:
        press(site)
    site.close()
    return opened.value


def live_service(admin: Member, app: App) -> Service:
    """Return a live service through which the app is sent to."""
    service = services.create_service(member=admin, name="Care")
    services.allocate(service=service, app=app)
    return services.set_state(service=service, state="live")


def heard(text: str) -> Message:
    """Wait until what a customer wrote is in the message log; return it."""

    def found() -> Message | None:
        rows = Message.objects.filter(direction=Message.Direction.MO, payload__message=text)
        message: Message | None = rows.first()
        return message

    message = wait_until(found, f"not in the log: {text}")
    assert message is not None
    return message


def answer(
    site: str, service: Service, message: Message, id_type: str, **content: Any
) -> Message:
    """Answer the customer of a message by the messaging API; return what was accepted."""
    request = {
        "deliverychannel": message.channel,
        "appid": message.app.app_id,
        "destination": [{id_type: [message.address]}],
        "channels": {message.channel: content},
    }
    key = services.current_key(service).secret
    said = httpx.post(f"{site}/resources/v1/messaging", json=request, headers={"key": key})
    assert said.status_code == 202, said.text
    return Message.objects.get(transid=said.json()["response"][0]["transid"])


def see_journey(page: Page, message: Message, verdict: str) -> None:
    """Open the journey of a message and wait for its outcome, which comes by itself."""
    page.goto(f"/messages/{message.pk}/")
    expect(page.get_by_role("heading", name=verdict)).to_be_visible()

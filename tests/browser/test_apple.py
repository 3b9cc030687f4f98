"""A business at Apple, from CONFIGURE APPS over Apple's choice of platform to messages."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.rtm.models import Message
from imiconnect.sandbox.apple_business_chat import world
from imiconnect.sharing import services
from tests.browser.conftest import Look
from tests.browser.gateway import gateway_processes
from tests.browser.test_apps_and_services import checked
from tests.waiting import wait_until

Assert = Callable[[Page], None]
SignIn = Callable[[Page, Member], None]
PLAY = "/tools/sandbox/apple_business_chat/"


@pytest.fixture
def sandbox(live_site: str, settings: Any) -> None:
    """The doubles stand in for the providers."""
    settings.SANDBOX = True


@pytest.fixture
def gateway(sandbox: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The gateway's processes, in the sandbox too."""
    monkeypatch.setenv("SANDBOX", "1")
    with gateway_processes(tmp_path):
        yield


def link(page: Page) -> App:
    """Register a business at Apple, choose this platform, and confirm."""
    page.goto(PLAY)
    page.get_by_label("Brand of a new business").fill("Northwind Traders")
    page.get_by_role("button", name="Register").click()
    page.get_by_role("button", name="Choose IMIconnect as CSP platform").click()
    page.get_by_role("button", name="LINK").click()
    expect(page.get_by_role("heading", name="Northwind Traders")).to_be_visible()
    return App.objects.get()


def test_a_business_from_apples_choice_to_an_answer(
    page: Page, gateway: None, sign_in: SignIn, admin: Member, live_site: str
) -> None:
    sign_in(page, admin)
    app = link(page)
    service = services.create_service(member=admin, name="Care")
    services.allocate(service=service, app=app)
    service = services.set_state(service=service, state="live")
    page.goto(PLAY)
    page.get_by_role("button", name="Give a customer a phone").click()
    page.get_by_label("Write as this customer").fill("Are you open?")
    page.get_by_role("button", name="Send", exact=True).click()
    incoming = wait_until(
        lambda: Message.objects.filter(direction=Message.Direction.MO).first(), "no MO"
    )
    request = {
        "deliverychannel": "apple",
        "appid": app.app_id,
        "destination": [{"opaqueid": [incoming.address]}],
        "channels": {
            "apple": {
                "text": "Which shop?",
                "quick_reply": {
                    "options": [
                        {"label": "North", "metadata": "N"},
                        {"label": "South", "metadata": "S"},
                    ]
                },
            }
        },
    }
    key = services.current_key(service).secret
    answer = httpx.post(
        f"{live_site}/resources/v1/messaging", json=request, headers={"key": key}
    )
    assert answer.status_code == 202, answer.text
    wait_until(lambda: world.store.all("message", out=False), "nothing on the phone")
    page.reload()
    page.get_by_role("button", name="South").click()
    wait_until(
        lambda: Message.objects.filter(payload__interactiveData__payload="S").exists(),
        "no answer",
    )


def test_the_pages_of_a_business(
    page: Page,
    look: Look,
    sandbox: None,
    sign_in: SignIn,
    admin: Member,
    assert_no_axe_findings: Assert,
) -> None:
    def seen(name: str) -> None:
        checked(page, assert_no_axe_findings, look, f"apple-{name}")

    sign_in(page, admin)
    page.goto("/apps/")
    page.get_by_text("CONFIGURE APPS").click()
    page.locator(".menu-list").get_by_role("link", name="APPLE BUSINESS CHAT").click()
    seen("instructions")
    business = world.register("Northwind Traders")
    world.store.change("business", business, csp=True)
    customer = world.meet(business)
    world.note(customer, {"id": "1", "type": "text", "body": "Are you open?"}, out=True)
    page.goto(PLAY)
    seen("phone")
    page.goto(f"/apps/link/apple_business_chat/?id={business}&name=Northwind+Traders")
    seen("landing")
    page.get_by_role("button", name="LINK").click()
    seen("manage")
    page.goto("/apps/link/apple_business_chat/?id=7")
    seen("refused")

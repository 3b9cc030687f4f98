"""A Facebook page, from CONFIGURE APPS to a message in and out with its receipts."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.apps.models import App
from imiconnect.rtm.models import Message
from imiconnect.rtm.protocol.states import State
from imiconnect.sandbox.facebook import world
from imiconnect.sharing import services
from imiconnect.sharing.models import Service
from tests.browser.conftest import Look
from tests.browser.gateway import gateway_processes
from tests.browser.test_apps_and_services import checked
from tests.waiting import wait_until

Assert = Callable[[Page], None]
SignIn = Callable[[Page, Member], None]
PLAY = "/tools/sandbox/facebook/"


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


def configure(page: Page) -> App:
    """Walk the wizard as a person does; return the app that it makes."""
    page.goto("/apps/")
    page.get_by_text("CONFIGURE APPS").click()
    page.locator(".menu-list").get_by_role("link", name="FACEBOOK").click()
    page.get_by_role("link", name="NEXT").click()
    page.get_by_label("Name").fill("Bank on Facebook")
    page.get_by_role("button", name="NEXT").click()
    page.get_by_role("button", name="LOG IN WITH FACEBOOK").click()
    page.get_by_role("button", name="Continue as Fred Owner").click()
    page.get_by_label("Northwind Bank").check()
    page.get_by_role("button", name="NEXT").click()
    page.get_by_role("button", name="SAVE").click()
    expect(page.get_by_text("Healthy")).to_be_visible()
    return App.objects.get()


def live_service(admin: Member, app: App) -> Service:
    service = services.create_service(member=admin, name="Care")
    services.allocate(service=service, app=app)
    return services.set_state(service=service, state="live")


def test_a_page_from_configuration_to_receipts(
    page: Page, gateway: None, sign_in: SignIn, admin: Member, live_site: str
) -> None:
    sign_in(page, admin)
    app = configure(page)
    service = live_service(admin, app)
    page.goto(PLAY)
    page.get_by_label("Message", exact=True).fill("Is the branch open?")
    page.get_by_role("button", name="Send as the customer").click()
    incoming = wait_until(
        lambda: Message.objects.filter(direction=Message.Direction.MO).first(), "no MO"
    )
    assert incoming.payload["message"] == "Is the branch open?"
    request = {
        "deliverychannel": "fb",
        "appid": app.app_id,
        "destination": [{"psid": [incoming.address]}],
        "channels": {"fb": {"text": "Until six."}},
    }
    key = services.current_key(service).secret
    answer = httpx.post(
        f"{live_site}/resources/v1/messaging", json=request, headers={"key": key}
    ).json()
    expect(page.get_by_text("Until six.")).to_be_visible()

    def state() -> int:
        transid = answer["response"][0]["transid"]
        return int(Message.objects.get(transid=transid).state)

    wait_until(lambda: state() == State.DELIVERED, "not delivered")
    page.get_by_role("button", name="Read everything").click()
    wait_until(lambda: state() == State.READ, "not read")


def test_the_pages_of_a_page(
    page: Page,
    look: Look,
    sandbox: None,
    sign_in: SignIn,
    admin: Member,
    assert_no_axe_findings: Assert,
) -> None:
    def seen(name: str) -> None:
        checked(page, assert_no_axe_findings, look, f"facebook-{name}")

    sign_in(page, admin)
    page.goto("/apps/configure/facebook/prerequisites/")
    seen("prerequisites")
    page.get_by_role("link", name="NEXT").click()
    page.get_by_label("Name").fill("Bank on Facebook")
    page.get_by_role("button", name="NEXT").click()
    seen("login")
    page.get_by_role("button", name="LOG IN WITH FACEBOOK").click()
    seen("dialog")
    page.get_by_role("button", name="Continue as Fred Owner").click()
    seen("accounts")
    page.get_by_role("button", name="NEXT").click()
    expect(page.get_by_role("alert").filter(has_text="There is a problem")).to_be_focused()
    seen("accounts-error")
    page.get_by_label("Northwind Bank").check()
    page.get_by_role("button", name="NEXT").click()
    page.get_by_role("button", name="SAVE").click()
    seen("done")
    page.get_by_role("link", name="MANAGE").click()
    seen("manage")
    page.get_by_role("link", name="GET CODE Messenger plugins").click()
    page.get_by_label("Site").fill("https://shop.example")
    page.get_by_role("button", name="NEXT").click()
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
    page.get_by_role("button", name="NEXT").click()
    page.get_by_role("button", name="LOG IN WITH FACEBOOK").click()
    page.get_by_role("button", name="Continue as Fred Owner").click()
    expect(page.get_by_label("Northwind Bank")).to_be_disabled()
    expect(page.get_by_label("Northwind Cards")).to_be_enabled()

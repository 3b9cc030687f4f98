"""SMS in the browser: numbers of a service, sending one, what came of it."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Member
from imiconnect.sharing.services import create_service
from tests.browser.conftest import Look
from tests.browser.test_apps_and_services import checked, choose
from tests.sharing.conftest import make_number

Assert = Callable[[Page], None]
SignIn = Callable[[Page, Member], None]


def test_a_number_is_found_and_mapped(
    page: Page, look: Look, sign_in: SignIn, admin: Member, assert_no_axe_findings: Assert
) -> None:
    service = create_service(member=admin, name="Alerts")
    make_number(admin, "phone_number", "+447700900123", voice=True)
    make_number(admin, "sender_id", "NWBANK")
    sign_in(page, admin)
    page.goto(f"/services/{service.pk}/")
    page.get_by_role("link", name="SMS", exact=True).click()
    checked(page, assert_no_axe_findings, look, "service-sms-empty")
    page.get_by_label("Search numbers").fill("900123")
    page.get_by_role("button", name="Search", exact=True).click()
    choose(page, "7700 900123")
    page.get_by_role("button", name="Map to this service").click()
    expect(page.locator(".summary").get_by_text("gets incoming messages")).to_be_visible()
    checked(page, assert_no_axe_findings, look, "service-sms")

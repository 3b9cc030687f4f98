"""SMS in the browser: numbers of a service, sending one, what came of it."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Member
from imiconnect.rtm.lanes import VOICE
from imiconnect.rtm.models import ProviderReceipt
from imiconnect.rtm.processors import dr, mt, provider
from imiconnect.sharing.services import allocate_number, create_service, set_state
from tests.browser.channels import Seen
from tests.browser.test_apps_and_services import choose
from tests.elsewhere import elsewhere
from tests.sharing.conftest import make_number
from tests.waiting import wait_until

Assert = Callable[[Page], None]
SignIn = Callable[[Page, Member], None]


def test_a_number_is_found_and_mapped(
    page: Page, sign_in: SignIn, admin: Member, seen: Seen
) -> None:
    service = create_service(member=admin, name="Alerts")
    make_number(admin, "phone_number", "+447700900123", voice=True)
    make_number(admin, "sender_id", "NWBANK")
    sign_in(page, admin)
    page.goto(f"/services/{service.pk}/")
    page.get_by_role("link", name="SMS", exact=True).click()
    seen("service-sms-empty")
    page.get_by_label("Search numbers").fill("900123")
    page.get_by_role("button", name="Search", exact=True).click()
    choose(page, "7700 900123")
    page.get_by_role("button", name="Map to this service").click()
    expect(page.locator(".summary").get_by_text("gets incoming messages")).to_be_visible()
    seen("service-sms")


def test_an_sms_is_typed_with_its_parts_counted(
    page: Page, sign_in: SignIn, admin: Member, seen: Seen
) -> None:
    service = create_service(member=admin, name="Alerts")
    number = make_number(admin, "sender_id", "NWBANK")
    allocate_number(service=service, number=number, channel="sms")
    set_state(service=service, state="live")
    sign_in(page, admin)
    page.goto("/messages/send/")
    page.get_by_role("link", name="SMS", exact=True).click()
    page.get_by_label("Text", exact=True).fill("a" * 161)
    expect(page.get_by_text("2 parts, GSM alphabet.")).to_be_visible()
    page.get_by_label("Text", exact=True).fill("It’s here")
    expect(page.get_by_text("Unicode because of: ’")).to_be_visible()
    page.get_by_label("Mobile number").fill("12")
    seen("send-sms")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="There is a problem")).to_be_focused()
    seen("send-sms-error")
    page.get_by_label("Mobile number").fill("+44 7400 123456")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("dl.summary").get_by_text("NWBANK")).to_be_visible()
    seen("sms-journey")


def test_a_call_rings_is_answered_and_its_receipt_is_shown(
    page: Page, sign_in: SignIn, admin: Member, settings: Any
) -> None:
    settings.SANDBOX = True
    service = create_service(member=admin, name="Codes by phone")
    number = make_number(admin, "phone_number", "+447400000002", voice=True)
    allocate_number(service=service, number=number, channel="voice")
    set_state(service=service, state="live")
    sign_in(page, admin)
    page.goto("/messages/send/")
    page.get_by_role("link", name="Voice", exact=True).click()
    page.get_by_label("Phone number of the customer").fill("+44 7400 123456")
    page.get_by_label("Text to speak").fill("Your code is 1 2 3")
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.get_by_role("heading", name="Waiting to be sent")).to_be_visible()
    journey = page.url
    elsewhere(mt.process_due, lane=VOICE)
    page.goto("/tools/sandbox/carrier/?handset=447400123456")
    page.get_by_role("button", name="Answer", exact=True).click()
    expect(page.get_by_text("Your code is 1 2 3")).to_be_visible()
    wait_until(ProviderReceipt.objects.exists)
    elsewhere(provider.process_due)
    elsewhere(dr.process_due)
    page.goto(journey)
    expect(page.get_by_role("heading", name="The customer answered the call")).to_be_visible()


def test_an_opt_out_is_added_and_its_words_shown(
    page: Page, sign_in: SignIn, admin: Member, seen: Seen
) -> None:
    sign_in(page, admin)
    page.goto("/customers/opt-outs/")
    seen("opt-outs-empty")
    page.get_by_role("link", name="ADD NEW").first.click()
    page.get_by_label("Mobile number").fill("+44 7400 123456")
    page.get_by_role("button", name="ADD NEW").click()
    expect(page.get_by_role("rowheader", name="+44 7400 123456")).to_be_visible()
    seen("opt-outs")
    page.get_by_role("link", name="Opt-out words").click()
    page.get_by_label("Word", exact=True).fill("GENUG")
    page.get_by_label("Reply").fill("Schade.")
    page.get_by_role("button", name="ADD NEW").click()
    expect(page.get_by_text("Opt-out: Schade.")).to_be_visible()
    seen("opt-words")

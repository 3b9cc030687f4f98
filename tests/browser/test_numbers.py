"""The screens of numbers in the browser: each wizard as documented, each refusal, axe."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Member
from imiconnect.numbers.carriers.stock.demo import numbers_of, stock_row
from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.models import (
    Number,
    OfflineRequest,
    RateCard,
    Reservation,
    ShortCode,
    StockNumber,
)
from imiconnect.numbers.models.orders import RESERVED_FOR
from imiconnect.numbers.numbering import pretty
from imiconnect.numbers.services import history, offline
from imiconnect.sharing.models import NumberAllocation
from imiconnect.sharing.services import allocate_number, create_service
from tests.browser.conftest import NARROW
from tests.numbers.rows import make_rows

Seen = Callable[[str], None]
SignIn = Callable[[Page, Member], None]


def choose(page: Page, text: str) -> None:
    """Click a choice as a whole."""
    page.locator(".choice label", has_text=text).click()


@pytest.fixture
def numbers_page(page: Page, sign_in: SignIn, admin: Member, catalogue: None) -> Page:
    """A signed-in page, with catalogue, stock and a shared code."""
    rate = RateCard.objects.get(country="GB", number_type="multi_function")
    rate.address_requirement = "local"
    rate.save()
    StockNumber.objects.bulk_create(
        [stock_row(e164, rate) for e164 in numbers_of(rate, 8)], ignore_conflicts=True
    )
    ShortCode.objects.create(code="55555", country_id="GB", is_shared=True)
    sign_in(page, admin)
    return page


@pytest.fixture
def narrow_page(numbers_page: Page, seen: Seen) -> Page:
    """The same page on a phone."""
    numbers_page.set_viewport_size({"width": NARROW.width, "height": 900})
    return numbers_page


def test_a_phone_number_is_bought_in_the_documented_steps(
    numbers_page: Page, seen: Seen
) -> None:
    page = numbers_page
    page.goto("/numbers/")
    page.get_by_role("button", name="GET NUMBERS").click()
    seen("menu")
    page.get_by_role("link", name="PHONE NUMBER", exact=True).last.click()
    page.get_by_label("Country", exact=True).fill("united kingd")
    choose(page, "United Kingdom")
    seen("country")
    page.get_by_role("button", name="NEXT").click()
    expect(page.get_by_role("heading", name="Buy Phone Number", level=1)).to_be_visible()
    choose(page, "Multi-Function")
    page.get_by_role("button", name="SEARCH").click()
    expect(page.get_by_role("heading", name="Available numbers")).to_be_visible()
    seen("search")
    page.get_by_role("button", name="BUY").first.click()
    expect(page.get_by_label("Street and number")).to_be_visible()
    seen("address")
    page.get_by_role("button", name="NEXT").click()
    expect(page.get_by_text("There is a problem")).to_be_visible()
    page.get_by_label("Name of the person or company").fill("Ada")
    page.get_by_label("Street and number").fill("1 High St")
    page.get_by_label("City").fill("London")
    page.get_by_role("button", name="NEXT").click()
    expect(page.get_by_role("heading", name="Verify the details")).to_be_visible()
    seen("details")
    page.get_by_role("button", name="CONFIRM AND BUY").click()
    expect(page.get_by_role("heading", name="Buy this number?")).to_be_visible()
    seen("confirm")
    page.get_by_role("button", name="CONFIRM", exact=True).click()
    expect(page.get_by_role("heading", name="The number is yours")).to_be_visible()
    seen("done")
    page.get_by_role("button", name="Use as Sender ID").click()
    expect(page.get_by_text("Two-way: customers can answer")).to_be_visible()
    seen("sender-manage")


def test_the_other_screens(numbers_page: Page, admin: Member, seen: Seen) -> None:
    made = make_rows(admin)
    page = numbers_page
    paths: dict[str, str] = {
        "list": "/numbers/",
        "manage": f"/numbers/{made['phone_number'].pk}/",
        "release": f"/numbers/{made['keyword'].pk}/release/",
        "sender": "/numbers/get/sender-id/?country=AE",
        "offline": "/numbers/get/offline/?country=AF",
        "sms-restrictions": "/tools/sms-restrictions/?search=united",
        "number-restrictions": "/tools/number-restrictions/?search=united",
    }
    for name, path in paths.items():
        page.goto(path)
        seen(name)
    page.goto("/numbers/")
    page.get_by_role("button", name="Show the history").first.click()
    expect(page.locator(".history-pop:popover-open")).to_contain_text("History of")
    seen("history")


def fill_keyword_details(page: Page) -> None:
    """Fill in what the keyword form asks for beside the keyword."""
    for label, value in {
        "Mailing Address": "1 High St",
        "Primary Contact Name": "Ada",
        "Primary Contact Number": "+44 20 7946 0018",
        "Service Name": "Savings",
        "Service Website": "https://example.com",
        "Service Content Details": "Savings information",
    }.items():
        page.get_by_label(label, exact=True).fill(value)


def test_a_sender_id_a_keyword_and_a_short_code_are_asked_for(
    narrow_page: Page, seen: Seen
) -> None:
    page: Any = narrow_page
    page.goto("/numbers/get/sender-id/")
    page.get_by_label("Desired Sender Code").fill("NORTHWIND")
    page.get_by_label("Country").select_option("US")
    expect(page.get_by_role("heading", name="SMS in United States")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert").first).to_contain_text("not supported in United States")
    page.get_by_label("Country").select_option("GB")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="NORTHWIND")).to_be_visible()
    page.goto("/numbers/get/keyword/")
    page.get_by_label("Desired Keyword").fill("SAVINGS")
    choose(page, "Random")
    page.get_by_label("Desired Keyword").blur()
    expect(page.get_by_text("Short code 55555")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("There is a problem")).to_be_visible()
    seen("keyword-empty")
    fill_keyword_details(page)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="SAVINGS → 55555")).to_be_visible()
    page.goto("/numbers/get/short-code/")
    page.get_by_label("Country", exact=True).fill("GB")
    page.get_by_role("button", name="NEXT").click()
    choose(page, "Vanity")
    seen("code-details")
    page.get_by_label("Desired Short Code").fill("607")
    choose(page, "Dedicated: yours alone")
    page.get_by_role("button", name="NEXT").click()
    expect(page.get_by_role("alert").first).to_contain_text("digits in United Kingdom")
    seen("code-refused")
    page.get_by_label("Desired Short Code").fill("60777")
    page.get_by_role("button", name="NEXT").click()
    page.get_by_label("Messages a month").fill("500")
    page.get_by_label("Purpose").fill("Alerts")
    seen("code-purpose")
    page.get_by_role("button", name="NEXT").click()
    expect(page.get_by_text("Select the country")).to_have_count(0)
    seen("code-review")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("The short code was requested").first).to_be_visible()
    assert Number.objects.filter(kind="short_code", value="60777").exists()


def test_each_refusal_of_the_purchase(narrow_page: Page, outsider: Member, seen: Seen) -> None:
    page = narrow_page
    RateCard.objects.filter(country="GB").update(address_requirement="none")
    RateCard.objects.filter(country="GB", number_type="landline").update(monthly_rental=None)
    page.goto("/numbers/get/phone-number/")
    page.get_by_label("Country", exact=True).fill("GB")
    page.get_by_role("button", name="NEXT").click()
    choose(page, "Landline")
    page.get_by_role("button", name="SEARCH").click()
    expect(page.get_by_role("heading", name="The price is on request")).to_be_visible()
    seen("on-request")
    choose(page, "Multi-Function")
    page.get_by_role("button", name="SEARCH").click()
    first = page.locator("button[name=e164]").first
    taken = str(first.get_attribute("value"))
    later = timezone.now() + RESERVED_FOR
    Reservation.objects.create(
        e164=taken, organization=outsider.organization, carrier="stock",
        number_type="multi_function", expires_at=later,
    )  # fmt: skip
    first.click()
    told = page.get_by_role("alert").first
    expect(told).to_contain_text(f"Somebody else is about to buy {pretty(taken)}")
    seen("taken")
    assert page.locator(f"button[value='{taken}']").count() == 0
    page.get_by_role("button", name="BUY").first.click()
    expect(page.get_by_text("Kept for you for")).to_be_visible()
    Reservation.objects.update(expires_at=timezone.now())
    page.get_by_role("button", name="CONFIRM AND BUY").click()
    expect(page.get_by_text("The 10 minutes are over")).to_be_visible()
    seen("time-over")
    page.get_by_role("link", name="Search again").click()
    expect(page.get_by_role("button", name="SEARCH")).to_be_visible()
    assert not Number.objects.exists()


def test_a_country_that_is_not_offered_is_asked_for_and_answered(
    narrow_page: Page, seen: Seen
) -> None:
    page = narrow_page
    page.goto("/numbers/get/phone-number/")
    page.get_by_label("Country", exact=True).fill("AF")
    page.get_by_role("button", name="NEXT").click()
    expect(page.get_by_role("heading", name="Offline request")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("was sent to support").first).to_be_visible()
    request = OfflineRequest.objects.get()
    offline.answer(request=request, text="In two weeks", accepted=True, by=None)
    page.reload()
    expect(page.get_by_text("In two weeks")).to_be_visible()
    seen("answered")


def test_each_refusal_of_a_keyword_and_a_sender_id(
    narrow_page: Page, outsider: Member, seen: Seen
) -> None:
    page = narrow_page
    page.goto("/numbers/get/sender-id/?country=GB")
    page.get_by_label("Desired Sender Code").fill("447400123456")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert").first).to_contain_text("Buy the number first")
    seen("sender-refused")
    other = ShortCode.objects.create(code="66666", country_id="GB", is_shared=True)
    for code, word in ((ShortCode.objects.get(code="55555"), "SAVINGS"), (other, "SAV1NGS")):
        history.create(
            member=outsider, kind=Kind.KEYWORD, value=word, text="Made", state="active",
            short_code=code, country_id="GB",
        )  # fmt: skip
    page.goto("/numbers/get/keyword/")
    page.get_by_label("Desired Keyword").fill("SAVINGS")
    choose(page, "Vanity")
    page.locator("#id_desired_short_code").fill("55555")
    fill_keyword_details(page)
    page.get_by_role("button", name="Submit").click()
    told = page.get_by_role("alert").first
    expect(told).to_contain_text("SAVINGS is taken on 55555")
    seen("keyword-refused")
    page.get_by_label("Assign Random").select_option("yes")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("It looks like another keyword on 66666").first).to_be_visible()
    seen("keyword-warned")
    page.get_by_label("I have read the warnings").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="SAVINGS → 66666")).to_be_visible()


def test_a_number_is_released_and_kept(narrow_page: Page, admin: Member, seen: Seen) -> None:
    number = make_rows(admin)["phone_number"]
    Number.objects.filter(pk=number.pk).update(sms=True)
    service = create_service(member=admin, name="Alerts")
    allocate_number(service=service, number=number, channel="sms")
    page = narrow_page
    page.goto(f"/numbers/{number.pk}/")
    page.get_by_role("link", name="Release this number").click()
    expect(page.get_by_role("link", name="The service Alerts")).to_be_visible()
    seen("release-blocked")
    NumberAllocation.objects.all().delete()
    page.reload()
    page.get_by_label("to confirm").fill("+44 7400 999 999")
    page.get_by_role("button", name="Release", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text(f"Type {number.value}")
    seen("release-wrong")
    page.get_by_label("to confirm").fill(pretty(number.value))
    page.get_by_role("button", name="Release", exact=True).click()
    expect(page.get_by_role("heading", name="This number is being released")).to_be_visible()
    expect(page.get_by_text("can be undone until").first).to_contain_text("UTC")
    expect(page.get_by_text("<time")).to_have_count(0)
    seen("releasing")
    page.get_by_role("button", name="Undo the release").click()
    expect(page.get_by_text("The number stays yours").first).to_be_visible()
    number.refresh_from_db()
    assert number.state == "active"


def test_the_keyword_test_shows_who_gets_a_text(
    narrow_page: Page, admin: Member, seen: Seen
) -> None:
    code = ShortCode.objects.get()
    history.create(
        member=admin, kind=Kind.KEYWORD, value="SAVINGS", text="Made", state="active",
        short_code=code, country_id="GB",
    )  # fmt: skip
    page = narrow_page
    page.goto("/tools/keyword-test/")
    page.get_by_label("Incoming text").fill("savings please")
    page.get_by_label("Short code").select_option(str(code.pk))
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("heading", name="A keyword gets it")).to_be_visible()
    seen("tried")

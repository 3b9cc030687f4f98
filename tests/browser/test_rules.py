"""The rule wizard, the order of rules, and trying an event out, in the browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Member
from imiconnect.sharing import services
from imiconnect.sharing.models import Rule, RuleRun, Service
from imiconnect.sharing.rules.services import Draft, create_rule
from tests.browser.channels import Seen
from tests.browser.test_apps_and_services import choose
from tests.objects import make_app

Assert = Callable[[Page], None]
SignIn = Callable[[Page, Member], None]


@pytest.fixture
def service(admin: Member) -> Service:
    """A live service with an app."""
    service = services.create_service(member=admin, name="Alerts")
    services.allocate(service=service, app=make_app(admin, "Shop"))
    return services.set_state(service=service, state=Service.State.LIVE)


def test_a_rule_is_made_and_tried_out(
    page: Page, sign_in: SignIn, admin: Member, service: Service, seen: Seen
) -> None:
    def look_at(name: str) -> None:
        seen(name)

    def go_on() -> None:
        page.get_by_role("button", name="NEXT").click()

    sign_in(page, admin)
    page.goto(f"/services/{service.pk}/rules/")
    look_at("rules-empty")
    page.get_by_role("link", name="New rule").click()
    choose(page, "Shop")
    go_on()
    choose(page, "Device event")
    go_on()
    page.get_by_label("Attribute").first.fill("battery")
    page.get_by_label("Comparison").first.select_option("falls_below")
    page.get_by_label("Value").first.fill("five")
    go_on()
    expect(page.get_by_role("alert")).to_contain_text("“five” is not a number")
    look_at("rule-conditions")
    page.get_by_label("Value").first.fill("5")
    go_on()
    choose(page, "Send a message")
    go_on()
    page.get_by_label("Text").fill("Your battery is at {{battery}} percent")
    look_at("rule-message")
    go_on()
    page.get_by_label("Name").fill("Low battery")
    look_at("rule-name")
    go_on()
    look_at("rule-review")
    page.get_by_role("button", name="SAVE").click()
    expect(page.get_by_role("heading", name="The rule is saved")).to_be_visible()
    page.get_by_role("link", name="What would this event do?").click()
    page.get_by_role("link", name="Device event").click()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("heading", name="1 rule would act")).to_be_visible()
    page.get_by_text("What would be sent").click()
    expect(page.get_by_text("Your battery is at 4 percent")).to_be_visible()
    look_at("rule-tried")
    page.get_by_role("link", name="Incoming message").click()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("This is: Incoming message")).to_be_visible()
    assert not RuleRun.objects.exists()


def test_rules_are_moved_and_one_is_managed(
    page: Page, sign_in: SignIn, admin: Member, service: Service, seen: Seen
) -> None:
    for name in ("First", "Second"):
        create_rule(
            service=service,
            draft=Draft(name=name, listens="message", action="message", text="Thank you"),
        )
    sign_in(page, admin)
    page.goto(f"/services/{service.pk}/rules/")
    page.get_by_role("button", name="Move down First").click()
    expect(page.get_by_text("First is number 2 now.").first).to_be_visible()
    seen("rules-two")
    assert [rule.name for rule in Rule.objects.in_order()] == ["Second", "First"]
    page.get_by_role("link", name="First").first.click()
    expect(page.get_by_role("heading", name="What it did")).to_be_visible()
    seen("rule-page")

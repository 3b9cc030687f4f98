"""The two wizards and the pages of apps, services and callbacks, in the browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.apps.models import App
from imiconnect.rtm.models import Callback, CallbackAttempt
from imiconnect.sharing import services
from imiconnect.sharing.models import Service
from tests.browser.channels import Seen

Assert = Callable[[Page], None]
SignIn = Callable[[Page, Member], None]


def choose(page: Page, label: str) -> None:
    """Click a choice, the whole box of which is its label."""
    page.locator(".choice label").filter(has_text=label).click()


def test_the_app_wizard(page: Page, sign_in: SignIn, admin: Member, seen: Seen) -> None:
    sign_in(page, admin)
    page.goto("/apps/")
    page.get_by_text("CONFIGURE APPS").click()
    seen("apps-empty-menu")
    page.locator(".menu-list").get_by_role("link", name="MOBILE / WEB").click()
    seen("app-prerequisites")
    page.get_by_role("link", name="NEXT").click()
    page.get_by_role("button", name="NEXT").click()
    expect(page.get_by_role("alert").filter(has_text="There is a problem")).to_be_focused()
    seen("app-name-error")
    page.get_by_label("Application name").fill("Northwind Shop")
    page.get_by_role("button", name="NEXT").click()
    choose(page, "Web")
    page.get_by_role("button", name="NEXT").click()
    choose(page, "Chrome")
    seen("app-system")
    page.reload()
    # The browser may restore the tick by itself; a click would take it away then.
    if not page.get_by_label("Chrome").is_checked():
        choose(page, "Chrome")
    page.get_by_role("button", name="NEXT").click()
    expect(page.locator(".choice", has_text="Web push")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Chrome")).to_be_checked()
    page.go_forward()
    choose(page, "Web push")
    seen("app-web-push-support")
    page.get_by_role("button", name="NEXT").click()
    page.get_by_label("Site URL").fill("http://shop.example")
    page.get_by_label("Contact").fill("ops@shop.example")
    page.get_by_role("button", name="NEXT").click()
    seen("app-web-push-error")
    page.get_by_label("Site URL").fill("https://shop.example")
    page.get_by_role("button", name="NEXT").click()
    page.get_by_label("Allowed origins").fill("https://shop.example")
    page.get_by_role("button", name="NEXT").click()
    seen("app-review")
    page.get_by_role("button", name="SAVE").click()
    expect(page.get_by_role("heading", name="The application is created")).to_be_visible()
    app = App.objects.get()
    expect(page.get_by_label("App ID")).to_have_value(app.app_id)
    key = apps.current_client_key(app).secret
    expect(page.get_by_label("Client key")).to_have_value(key)
    seen("app-done")
    page.reload()
    expect(page.get_by_text("It was shown once")).to_be_visible()
    page.get_by_role("link", name="MANAGE").click()
    seen("app-manage")


def test_the_service_wizard(page: Page, sign_in: SignIn, admin: Member, seen: Seen) -> None:
    config = {"platform": "web", "systems": ["chrome"]}
    apps.create_app(member=admin, name="Shop", channel_type="mobile_web", config=config)
    sign_in(page, admin)
    page.goto("/services/")
    page.get_by_role("link", name="New service").first.click()
    page.get_by_label("Name").fill("Order alerts")
    page.get_by_role("button", name="NEXT").click()
    page.get_by_label("Description").fill("Sends what became of an order")
    page.get_by_role("button", name="NEXT").click()
    choose(page, "Shop")
    seen("service-app")
    page.get_by_role("button", name="NEXT").click()
    seen("service-receipts")
    page.get_by_role("button", name="NEXT").click()
    seen("service-review")
    page.get_by_role("button", name="CONFIRM").click()
    expect(page.get_by_label("Service key")).to_be_visible()
    service = Service.objects.get()
    key = services.current_key(service).secret
    expect(page.get_by_label("Service key")).to_have_value(key)
    seen("service-key")
    page.get_by_role("link", name="I have stored the key").click()
    seen("service-done")
    page.get_by_role("button", name="Go live").click()
    expect(page.get_by_text("It is live")).to_be_visible()


@pytest.fixture
def service(admin: Member) -> Service:
    config = {"platform": "web", "systems": ["chrome"]}
    app = apps.create_app(member=admin, name="Shop", channel_type="mobile_web", config=config)
    service = services.create_service(member=admin, name="Order alerts")
    services.allocate(service=service, app=app)
    return services.set_state(service=service, state="live")


def test_the_pages_of_a_service(
    page: Page, sign_in: SignIn, admin: Member, service: Service, seen: Seen
) -> None:
    sign_in(page, admin)
    # What a live service has otherwise than the one in the walk of every page.
    for tab in ("", "danger/"):
        page.goto(f"/services/{service.pk}/{tab}")
        seen(f"service-{tab.strip('/') or 'overview'}")
    page.goto(f"/services/{service.pk}/outbound/")
    page.get_by_label("Receipt callback URL").fill("nonsense")
    page.get_by_role("region", name="Receipts").get_by_role("button", name="UPDATE").click()
    expect(page.get_by_role("link", name="Enter a whole URL")).to_be_visible()
    seen("service-outbound-error")


def test_the_pages_of_callbacks(
    page: Page, sign_in: SignIn, admin: Member, service: Service, seen: Seen
) -> None:
    values: dict[str, Any] = {"state": "failed", "due_at": None, "attempts": 1}
    callback = Callback.objects.create(
        organization=service.organization,
        service=service,
        kind=Callback.Kind.DR,
        event="delivered",
        url="https://example.com/receipts",
        body='{"deliveryInfoNotification": {}}',
        **values,
    )
    CallbackAttempt.objects.create(
        callback=callback, number=1, status_code=410, duration_ms=37, response="gone"
    )
    sign_in(page, admin)
    page.goto("/messages/callbacks/")
    seen("callbacks")
    page.get_by_role("link", name="MANAGE").first.click()
    seen("callback")
    page.get_by_role("button", name="Resend").click()
    expect(page.locator("h1").get_by_text("Retrying")).to_be_visible()

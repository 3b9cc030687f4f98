"""The gateway's pages, wide and narrow, light and dark."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.console.live import notify
from imiconnect.identity import uuid7
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.live import group_of_messages
from imiconnect.rtm.models import Message
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing import services as sharing
from imiconnect.sharing.models import Service


def make_log(admin: Member, count: int = 3) -> list[Message]:
    app = apps.create_app(
        member=admin, name="Web shop", channel_type="mobile_web",
        config={"platform": "web", "systems": ["chrome"]},
    )  # fmt: skip
    service = sharing.create_service(member=admin, name="Parcel news")
    sharing.allocate(service=service, app=app)
    sharing.set_state(service=service, state=Service.State.LIVE)
    return [log_one(service, State(number % 7)) for number in range(count)]


def log_one(service: Service, state: State) -> Message:
    key = uuid7()
    return Message.objects.create(
        id=key, transid=key, organization=service.organization, service=service,
        app=service.allocations.get().app, channel="rt", address="alice", state=state,
        payload={"message": "Your parcel is on its way"}, created_at=timezone.now(),
        correlation_id="order-17",
    )  # fmt: skip


def hint(**news: Any) -> None:
    """Send a hint from a thread of its own: Playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(notify, **news).result()


def test_nothing_keeps_people_out(
    admin: Member,
    page: Page,
    sign_in: Any,
    look: Any,
    assert_no_axe_findings: Callable[..., None],
) -> None:
    page.set_default_timeout(20_000)
    message = make_log(admin, 7)[1]
    customer = create_customer(member=admin, customer_id="1001", attributes={"name": "Grace"})
    sign_in(page, admin)
    for path in (
        "/", "/messages/", f"/messages/{message.pk}/", "/messages/send/", "/customers/",
        f"/customers/{customer.pk}/", "/customers/new/", "/tools/", "/tools/device/",
    ):  # fmt: skip
        page.goto(path)
        assert_no_axe_findings(page)
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{path} scrolls sideways"


def test_the_log_changes_while_it_is_open(admin: Member, page: Page, sign_in: Any) -> None:
    page.set_default_timeout(20_000)
    (first,) = make_log(admin, 1)
    sign_in(page, admin)
    page.goto("/messages/")
    expect(page.locator("[data-live-state]")).to_have_text("Live", timeout=20_000)
    second = log_one(first.service, State.QUEUED)
    group = group_of_messages(admin.organization_id)
    hint(group=group, new=1)
    expect(page.locator(f"#row-{second.pk}")).to_be_visible(timeout=20_000)
    hint(group=group, changed={str(second.pk): "delivered"})
    expect(page.locator(f"#state-{second.pk}")).to_have_text("Delivered", timeout=20_000)

"""The gateway's pages, wide and narrow, light and dark."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page, WebSocketRoute, expect

from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.console.live import notify
from imiconnect.identity import uuid7
from imiconnect.rtm.live import group_of_messages
from imiconnect.rtm.models import Attempt, Message
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing import services as sharing
from imiconnect.sharing.models import Service
from tests.elsewhere import elsewhere


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


def test_nothing_keeps_people_out(
    admin: Member, page: Page, sign_in: Any, seen: Callable[[str], None]
) -> None:
    # The others, and these with less on them, are in the walk of every page.
    message = make_log(admin, 7)[1]
    sign_in(page, admin)
    journey = f"/messages/{message.pk}/"
    for path in ("/", "/messages/", journey, "/messages/send/"):
        page.goto(path)
        seen("journey" if path == journey else path.strip("/").replace("/", "-"))


def test_the_log_changes_while_it_is_open(admin: Member, page: Page, sign_in: Any) -> None:
    (first,) = make_log(admin, 1)
    sign_in(page, admin)
    page.goto("/messages/")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    second = log_one(first.service, State.QUEUED)
    group = group_of_messages(admin.organization_id)
    elsewhere(notify, group=group, new=1)
    expect(page.locator(f"#row-{second.pk}")).to_be_visible()
    elsewhere(notify, group=group, changed={str(second.pk): "delivered"})
    expect(page.locator(f"#state-{second.pk}")).to_have_text("Delivered")


def test_a_journey_misses_nothing_while_its_page_loads(
    admin: Member, page: Page, sign_in: Any
) -> None:
    (message,) = make_log(admin, 1)

    def subscribe(socket: WebSocketRoute) -> None:
        Message.objects.filter(pk=message.pk).update(state=State.READ)
        socket.connect_to_server()

    page.route_web_socket(re.compile("/ws/live/"), subscribe)
    sign_in(page, admin)
    page.goto(f"/messages/{message.pk}/")
    expect(page.get_by_role("heading", name="Read by the customer")).to_be_visible()


def test_an_empty_log_fills_without_a_reload(admin: Member, page: Page, sign_in: Any) -> None:
    (first,) = make_log(admin, 1)
    service = first.service
    Message.objects.all().delete()
    sign_in(page, admin)
    page.goto("/messages/")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.evaluate("window.isFirstLoad = true")
    message = log_one(service, State.QUEUED)
    group = group_of_messages(admin.organization_id)
    elsewhere(notify, group=group, new=1)
    expect(page.locator(f"#row-{message.pk}")).to_be_visible()
    elsewhere(notify, group=group, changed={str(message.pk): "read"})
    expect(page.locator(f"#state-{message.pk}")).to_have_text("Read")
    assert page.locator("details.filters").count() == 1
    assert page.evaluate("window.isFirstLoad")


def test_a_log_in_which_nothing_matches_fills_with_what_does(
    admin: Member, page: Page, sign_in: Any
) -> None:
    (first,) = make_log(admin, 1)
    sign_in(page, admin)
    page.goto(f"/messages/?state={int(State.DELIVERED)}")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.evaluate("window.isFirstLoad = true")
    Message.objects.filter(pk=first.pk).update(state=State.DELIVERED)
    group = group_of_messages(admin.organization_id)
    elsewhere(notify, group=group, changed={str(first.pk): "delivered"})
    expect(page.locator(f"#row-{first.pk}")).to_be_visible()
    assert page.evaluate("window.isFirstLoad")


def test_an_unfolded_payload_stays_open_when_the_journey_grows(
    admin: Member, page: Page, sign_in: Any
) -> None:
    message = make_log(admin, 2)[1]
    sign_in(page, admin)
    page.goto(f"/messages/{message.pk}/")
    page.get_by_text("Show the payload").first.click()
    expect(page.locator("details[open] pre")).to_be_visible()
    now = timezone.now()
    Attempt.objects.create(
        message_id=message.pk, organization=message.organization, number=1, route="mqtt",
        started_at=now - dt.timedelta(days=1), finished_at=now - dt.timedelta(days=1),
        succeeded=True, code=7501, detail={"topic": "x"},
    )  # fmt: skip
    Message.objects.filter(pk=message.pk).update(state=State.READ, read_at=now)
    page.evaluate(
        "document.getElementById('journey').dispatchEvent(new Event('journey:changed'))"
    )
    expect(page.locator(".verdict .status")).to_have_text("Read")
    expect(page.locator("details")).to_have_count(2)
    opened = page.locator("details[open]")
    expect(opened).to_have_count(1)
    expect(opened).to_have_id("raw-accepted")

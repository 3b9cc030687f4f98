"""The JavaScript SDK when something ends or is lost: connections, tokens, answers, policies."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Request, Route

from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy
from imiconnect.rtm import broker, tasks
from imiconnect.rtm.connect.kick import kick
from imiconnect.rtm.models import Device, Inbound, Receipt
from tests.browser.test_sdk import ask, until
from tests.elsewhere import elsewhere
from tests.waiting import wait_until

REGISTER = """async ([appId, key]) => {
  const { startup } = await import('/static/sdk/imiconnect.js');
  const device = window.device = startup(appId, key);
  window.told = { states: [], messages: [], policies: 0, sent: [] };
  device.on('connection', ({ state }) => window.told.states.push(state));
  device.on('message', ({ text }) => window.told.messages.push(text));
  device.on('policy', () => (window.told.policies += 1));
  device.on('sent', (what) => window.told.sent.push(what));
  await device.register({ userId: 'ana', deviceId: 'd1' });
}"""


@pytest.fixture
def app(admin: Member) -> App:
    """An app in which a device needs its access token."""
    return apps.create_app(
        member=admin, name="Web shop", channel_type="mobile_web",
        config={"platform": "web", "systems": ["chrome"]},
        policy=Policy(profile_required=False),
    )  # fmt: skip


@pytest.fixture
def shop(page: Page, app: App) -> Page:
    """A page that is the registered device ``d1`` of ``ana``."""
    page.goto("/accounts/login/")
    ask(page, REGISTER, [app.app_id, apps.current_client_key(app).secret])
    return page


@pytest.fixture
def beside() -> Iterator[Callable[..., Any]]:
    """Call the gateway in a thread of its own: Playwright's loop runs in this one."""
    yield elsewhere
    elsewhere(broker.link.close)


def calls_of(page: Page) -> list[str]:
    """Return the list that grows with the name of each further call of the RTMS API."""
    calls: list[str] = []

    def note(request: Request) -> None:
        if "/rtmsAPI/" in request.url:
            calls.append(request.url.partition("?")[0].rsplit("/", 1)[1])

    page.on("request", note)
    return calls


def test_a_lost_connection_is_made_again(
    shop: Page, app: App, beside: Callable[..., Any]
) -> None:
    ask(shop, "() => window.device.connect()")
    assert beside(kick, app.app_id, "ana", "d1")
    states = "connected,waiting,connecting,connected"
    until(shop, f"window.told.states.slice(-4).join() === '{states}'")
    payload = b'{"tid": "01890000-0000-7000-8000-000000000001", "message": "Still here?"}'
    assert beside(broker.link.publish, [(f"{app.app_id}/ana", payload)]) == [True]
    until(shop, "window.told.messages.includes('Still here?')")


def test_an_expired_token_is_renewed_before_the_next_connection(
    shop: Page, app: App, beside: Callable[..., Any]
) -> None:
    calls = calls_of(shop)
    ask(shop, "() => window.device.connect()")
    Device.objects.update(token_expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert beside(kick, app.app_id, "ana", "d1")
    until(shop, "window.told.states.filter((state) => state === 'connected').length === 2")
    assert "token" in calls
    assert "register" not in calls


def test_a_call_with_an_expired_token_is_made_again_with_a_new_one(shop: Page) -> None:
    calls = calls_of(shop)
    before = shop.evaluate("window.device.session.accessToken")
    Device.objects.update(token_expires_at=timezone.now() - dt.timedelta(seconds=1))
    ask(shop, "() => window.device.publish({ text: 'Hi' })")
    assert calls == ["mo", "token", "mo"]
    assert shop.evaluate("window.device.session.accessToken") != before
    assert Inbound.objects.get().body["message"] == "Hi"


def test_where_the_refresh_token_has_ended_too_the_device_registers_again(
    shop: Page,
) -> None:
    calls = calls_of(shop)
    past = timezone.now() - dt.timedelta(seconds=1)
    Device.objects.update(token_expires_at=past, refresh_token_digest="0" * 64)
    ask(shop, "() => window.device.publish({ text: 'Hi' })")
    assert calls == ["mo", "token", "register", "mo"]
    assert Inbound.objects.count() == 1


def test_a_changed_policy_is_read_again(
    shop: Page, app: App, beside: Callable[..., Any]
) -> None:
    calls = calls_of(shop)
    ask(shop, "() => window.device.connect()")
    assert beside(tasks.publish_policy, app.app_id, ["chrome", "firefox"]) >= 2
    until(shop, "window.told.policies === 1")
    assert "verifyPolicy" in calls


def test_a_click_is_told_with_what_was_clicked(shop: Page) -> None:
    tid = "01890000-0000-7000-8000-000000000001"
    ask(shop, "(tid) => window.device.markClicked(tid, { button: 'yes' })", tid)
    receipt = Receipt.objects.get()
    assert (str(receipt.tid), receipt.kind) == (tid, Receipt.Kind.CLICKED)
    assert (receipt.address, receipt.detail) == ("ana", {"button": "yes"})


def test_a_message_that_is_too_large_to_outlive_its_page_goes_all_the_same(shop: Page) -> None:
    large = "(letters) => window.device.publish({ text: 'Hi', extras: { note: letters } })"
    ask(shop, large, "x" * 100_000)
    assert shop.evaluate("window.told.sent.length") == 1
    assert Inbound.objects.count() == 1


def test_more_messages_than_a_receipt_may_name_are_told_as_read_in_two(shop: Page) -> None:
    ask(shop, """() => window.device.markRead(Array.from({ length: 501 }, (_, n) =>
        `01890000-0000-7000-8000-${String(n).padStart(12, '0')}`))""")  # fmt: skip
    assert Receipt.objects.filter(kind=Receipt.Kind.READ).count() == 501


def test_a_message_whose_answer_was_lost_is_stored_once(shop: Page) -> None:
    lost: list[Route] = []

    def lose_the_first_answer(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route)
        route.fetch()
        route.abort("connectionreset")

    shop.route("**/mo", lose_the_first_answer)
    ask(shop, "() => window.device.publish({ text: 'Hi' })")
    stored = wait_until(Inbound.objects.first, "nothing was stored")
    until(shop, "window.told.sent.length === 1")
    assert shop.evaluate("window.told.sent[0].tid") == str(stored.pk)
    assert Inbound.objects.count() == 1

"""Two tabs of one site are one device, and say each message once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Request

from imiconnect.accounts.models import Member
from imiconnect.apps import services as apps
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy
from imiconnect.rtm.models import Inbound
from tests.browser.test_sdk import ask, until

START = """async ([appId, key]) => {
  const { startup } = await import('/static/sdk/imiconnect.js');
  const device = window.device = startup(appId, key);
  window.sent = 0;
  device.on('sent', ({ kind }) => { if (kind === 'mo') window.sent += 1; });
  if (!device.session) await device.register({ userId: 'ana', deviceId: 'd1' });
  await device.flush();
}"""
SAY = "(text) => window.device.publish({ text })"
NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined })"

Open = Callable[[], Page]


@pytest.fixture(params=["locks", "no locks"])
def tab(request: pytest.FixtureRequest, context: BrowserContext, admin: Member) -> Open:
    """Return a function that opens a tab of the site, in which the device has started."""
    app: App = apps.create_app(
        member=admin, name="Web shop", channel_type="mobile_web",
        config={"platform": "web", "systems": ["chrome"]},
        policy=Policy(profile_required=False),
    )  # fmt: skip
    key = apps.current_client_key(app).secret
    if request.param == "no locks":
        context.add_init_script(NO_LOCKS)

    def act() -> Page:
        page = context.new_page()
        page.goto("/accounts/login/")
        ask(page, START, [app.app_id, key])
        return page

    return act


@pytest.fixture
def said(context: BrowserContext) -> list[str]:
    """Return the list that grows with each message that the gateway has got."""
    calls: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/mo"):
            calls.append(str((request.post_data_json or {}).get("message")))

    context.on("requestfinished", note)
    return calls


def away(context: BrowserContext) -> Callable[[], None]:
    """Take the network away from messages; the function that is returned brings it back."""
    context.route("**/mo", lambda route: route.abort("internetdisconnected"))
    return lambda: context.unroute("**/mo")


def stored() -> list[str]:
    return sorted(str(row.body["message"]) for row in Inbound.objects.all())


def test_two_tabs_say_each_message_once(
    tab: Open, context: BrowserContext, said: list[str]
) -> None:
    first, second = tab(), tab()
    back = away(context)
    for number in range(4):
        ask(first if number % 2 else second, SAY, str(number))
    until(first, "window.device.waiting === 4")
    back()
    said.clear()
    for page in (first, second, first, second):
        page.evaluate("() => { window.device.flush(); }")
    for page in (first, second):
        until(page, "window.sent === 2")
    assert stored() == sorted(said) == ["0", "1", "2", "3"]
    assert first.evaluate("window.device.waiting") == 0


def test_what_a_closed_tab_has_left_is_said_by_the_other_one(
    tab: Open, context: BrowserContext, said: list[str]
) -> None:
    first, second = tab(), tab()
    back = away(context)
    for text in ("0", "1"):
        ask(first, SAY, text)
    ask(second, SAY, "2")
    first.goto("about:blank")
    first.close()
    back()
    said.clear()
    ask(second, "() => window.device.flush()")
    until(second, "window.device.waiting === 0")
    assert stored() == sorted(said) == ["0", "1", "2"]


def test_a_new_tab_says_what_was_left_when_the_last_one_closed(
    tab: Open, context: BrowserContext, said: list[str]
) -> None:
    first = tab()
    back = away(context)
    for text in ("0", "1"):
        ask(first, SAY, text)
    first.goto("about:blank")
    first.close()
    back()
    said.clear()
    second = tab()
    until(second, "window.device.waiting === 0")
    assert said == ["0", "1"]
    assert stored() == ["0", "1"]


def test_another_users_registration_drops_what_waits_in_every_tab(
    tab: Open, context: BrowserContext, said: list[str]
) -> None:
    first, second = tab(), tab()
    back = away(context)
    ask(first, SAY, "of ana")
    ask(second, "() => window.device.register({ userId: 'bob', deviceId: 'd1' })")
    back()
    said.clear()
    ask(first, "() => window.device.flush()")
    assert first.evaluate("window.device.waiting") == 0
    assert said == []

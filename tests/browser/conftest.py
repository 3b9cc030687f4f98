"""The real application in real Chromium: a server, signed-in pages, and axe.

``live_site`` is the address of the whole ASGI application on a free port; ``sign_in`` puts a
member's session into a page; ``sandbox`` and ``gateway`` let a channel be walked through with
the doubles of the providers; ``look`` repeats a test for wide and light, narrow and dark;
``assert_no_axe_findings`` looks for what keeps people out. A script error or a breach of the
content security policy fails the test that met it.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from imiconnect import ROOT
from imiconnect.accounts.models import Member
from tests.browser.gateway import Forks, gateway_processes
from tests.debian import find_browser
from tests.serving import serve
from tests.waiting import PATIENCE, PATIENCE_MS

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = find_browser()
HERE = Path(__file__).parent

expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    width: int
    theme: str


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these tests last: Playwright leaves an event loop running in this thread."""
    here = [item for item in items if HERE in item.path.parents]
    for item in here:
        if CHROMIUM is None:
            item.add_marker(pytest.mark.skip("needs Chromium; see the README"))
        elif not AXE.exists():
            item.add_marker(pytest.mark.skip("needs the front-end packages: npm ci"))
    items[:] = [item for item in items if item not in here] + here


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Let fixtures use the ORM beside Playwright's loop, which Django takes for async code."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Let no clean-up wait for a browser that does not answer: closing it has no limit.

    pytest-timeout watches over a test until it fails, and no longer.
    """
    timer = threading.Timer(2 * PATIENCE, _end_browser)
    timer.daemon = True
    timer.start()
    try:
        return (yield)
    finally:
        timer.cancel()


def _end_browser() -> None:
    """End Playwright and its browser; whatever waits for them raises that they are gone."""
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if any("playwright" in word for word in child.cmdline()):
                child.kill()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use the system's Chromium; its sandbox needs rights that containers lack.

    Without a graphics card, drawing as if there were one only costs time.
    """
    arguments = ["--no-sandbox", "--disable-gpu"]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": arguments}


@pytest.fixture(scope="session")
def base_url() -> None:
    """Replace the plugin's own, which warns; each context has the address of its site."""


@pytest.fixture
def live_site(transactional_db: None, settings: Any) -> Iterator[str]:
    """Serve the application on a free port and return its address."""
    with serve(settings) as address:
        yield address


@pytest.fixture(scope="session")
def forks(
    nobody_left_in_the_database: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Forks]:
    """What starts the gateway's processes."""
    forks = Forks(tmp_path_factory.mktemp("forks"))
    yield forks
    forks.close()


@pytest.fixture
def sandbox(live_site: str, settings: Any) -> None:
    """The doubles stand in for the providers."""
    settings.SANDBOX = True


@pytest.fixture
def gateway(sandbox: None, forks: Forks, tmp_path: Path) -> Iterator[None]:
    """The gateway's processes, which call the doubles too."""
    with gateway_processes(forks, tmp_path):
        yield


@pytest.fixture
def context(new_context: Callable[..., BrowserContext], live_site: str) -> BrowserContext:
    """A browser profile in which ``page.goto("/")`` leads to the served application."""
    context = new_context(base_url=live_site)
    context.set_default_timeout(PATIENCE_MS)
    return context


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page of which each script error and each refused resource fails the test."""
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    assert not faults, "\n".join(faults)


@pytest.fixture
def sign_in(live_site: str) -> Callable[[Page, Member], None]:
    """Return a function that puts a member's session into a page."""

    def sign_in(page: Page, member: Member) -> None:
        client = Client()
        client.force_login(member.user)
        session = client.session
        session["organization"] = str(member.organization_id)
        session.save()
        value = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": value, "url": live_site}])

    return sign_in


#: Each width and each theme once: they do not hang on one another.
LOOKS = (Look(1440, "light"), Look(390, "dark"))


@pytest.fixture(
    params=LOOKS,
    ids=lambda look: f"{look.width}-{look.theme}",
)
def look(request: pytest.FixtureRequest, page: Page, live_site: str) -> Look:
    """Go the way wide and light, then once more narrow and dark."""
    chosen: Look = request.param
    page.set_viewport_size({"width": chosen.width, "height": 900})
    page.context.add_cookies([{"name": "theme", "value": chosen.theme, "url": live_site}])
    page.add_init_script(path=AXE)
    return chosen


@pytest.fixture
def assert_no_axe_findings() -> Callable[[Page], None]:
    """Return a function that fails with each finding of axe on the page as it is now."""
    return _assert_no_axe_findings


def _assert_no_axe_findings(page: Page) -> None:
    lines = axe_findings(page)
    assert not lines, f"{page.url}\n" + "\n".join(lines)


def axe_findings(page: Page) -> list[str]:
    """Return a line for each finding of axe, of all rules in ``TAGS``.

    Stylesheets are not fetched anew each time, as one rule on locked orientation would want.
    """
    # A click has waited for the answer, not for all of the page.
    page.wait_for_load_state()
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate(
        "tags => axe.run({runOnly: tags, resultTypes: ['violations'], preload: false})"
        ".then(r => r.violations)",
        TAGS,
    )
    return [
        f"{finding['id']}: {node['html'][:200]} ({node['failureSummary'][:300]})"
        for finding in found
        for node in finding["nodes"]
    ]


@pytest.fixture
def seen(
    page: Page,
    live_site: str,
    assert_no_axe_findings: Callable[[Page], None],
    request: pytest.FixtureRequest,
) -> Callable[[str], None]:
    """Look at the page as it is, under a name: axe, width, and a picture where asked for.

    Each page is looked at wide and light, then narrow and dark: the way to it is gone once.
    """
    channel = request.path.stem.removeprefix("test_")
    first = LOOKS[0]
    page.context.add_cookies([{"name": "theme", "value": first.theme, "url": live_site}])
    # A change of theme would otherwise be measured half-way.
    page.emulate_media(reduced_motion="reduce")
    page.add_init_script(path=AXE)
    show(page, first)

    def look_at(name: str) -> None:
        # A click has waited for the answer, not for all of the page.
        page.wait_for_load_state()
        for look in LOOKS:
            show(page, look)
            if pictures := os.environ.get("PICTURES"):
                path = Path(pictures) / f"{channel}-{name}-{look.width}-{look.theme}.png"
                page.screenshot(path=path, full_page=True)
            assert_no_axe_findings(page)
            fits = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            assert fits, f"{name} scrolls sideways at {look.width}"
        show(page, first)

    return look_at


def show(page: Page, look: Look) -> None:
    """Show the page that is there in another width and theme."""
    page.set_viewport_size({"width": look.width, "height": 900})
    page.evaluate("theme => document.documentElement.dataset.bsTheme = theme", look.theme)

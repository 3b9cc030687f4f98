"""The real application in real Chromium: a server, signed-in pages, and axe.

``live_site`` is the address of the whole ASGI application on a free port; ``sign_in`` puts a
member's session into a page; ``sandbox`` and ``gateway`` let a channel be walked through with
the doubles of the providers; ``seen`` looks at a page wide and light, narrow and dark, for
what keeps people out. A script error or a breach of the content security policy fails the test
that met it.
"""

import contextlib
import os
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from imiconnect.accounts.models import Member
from imiconnect.accounts.standing import ORGANIZATION_KEY
from tests.browser.axe import AXE, OF_A_LOOK, axe_findings
from tests.browser.gateway import Forks, gateway_processes
from tests.debian import find_browser
from tests.factories import new_session
from tests.serving import serve
from tests.waiting import PATIENCE, PATIENCE_MS

CHROMIUM = find_browser()
HERE = Path(__file__).parent
#: What tests use that walk along many pages.
_LONG = {"gateway", "faults", "seen"}

expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    width: int
    theme: str


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these tests last: Playwright leaves an event loop running in this thread.

    Of them the long ones first, so that no worker has one left when the others are done.
    """
    here = [item for item in items if HERE in item.path.parents]
    here.sort(key=lambda item: not _LONG.intersection(getattr(item, "fixturenames", ())))
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
        value = new_session(member.user, **{ORGANIZATION_KEY: str(member.organization_id)})
        page.context.add_cookies([{"name": "sessionid", "value": value, "url": live_site}])

    return sign_in


#: Each width and each theme once: they do not hang on one another.
LOOKS = WIDE, NARROW = Look(1440, "light"), Look(390, "dark")


#: Of so many pages on the way one is tried by axe, in one look, unless all are.
ONE_OF = 4


def sample_of(name: str) -> tuple[Look, ...]:
    """Return the looks in which axe tries a page when it does not try all."""
    number = zlib.crc32(name.encode())
    return (LOOKS[number // ONE_OF % len(LOOKS)],) if number % ONE_OF == 0 else ()


@pytest.fixture
def seen(
    page: Page, live_site: str, request: pytest.FixtureRequest, whole: bool
) -> Callable[..., None]:
    """Look at the page as it is, under a name: axe, width, and a picture where asked for.

    Each page is looked at wide and light, then narrow and dark: the way to it is gone once,
    in the width that it had. Axe tries a sample of the pages; with ``everywhere``, or in the
    sweep, each page in each look.
    """
    channel = request.path.stem.removeprefix("test_")
    page.context.add_cookies([{"name": "theme", "value": WIDE.theme, "url": live_site}])
    # A change of theme would otherwise be measured half-way.
    page.emulate_media(reduced_motion="reduce")
    page.add_init_script(path=AXE)
    show(page, WIDE)

    def look_at(name: str, *, everywhere: bool = whole) -> None:
        # A click has waited for the answer, not for all of the page.
        page.wait_for_load_state()
        size = page.viewport_size
        assert size
        tried = LOOKS if everywhere else sample_of(f"{channel}-{name}")
        for look in LOOKS:
            show(page, look)
            if pictures := os.environ.get("PICTURES"):
                path = Path(pictures) / f"{channel}-{name}-{look.width}-{look.theme}.png"
                page.screenshot(path=path, full_page=True)
            if look in tried:
                lines = axe_findings(page, () if look == tried[0] else OF_A_LOOK)
                assert not lines, f"{page.url} {look}\n" + "\n".join(lines)
            assert fits(page), f"{name} scrolls sideways at {look.width}"
        show(page, Look(size["width"], WIDE.theme))

    return look_at


def show(page: Page, look: Look) -> None:
    """Show the page that is there in another width and theme."""
    page.set_viewport_size({"width": look.width, "height": 900})
    page.evaluate("theme => document.documentElement.dataset.bsTheme = theme", look.theme)


def fits(page: Page) -> bool:
    """Tell whether no part of the page is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))

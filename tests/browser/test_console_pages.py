"""The console's own parts in the browser, on the pages of the gallery."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Group, Member, Organization
from imiconnect.console import live
from tests import factories
from tests.browser.conftest import NARROW, WIDE, fits, show
from tests.console import gallery
from tests.elsewhere import elsewhere

Seen = Callable[[str], None]
SignIn = Callable[[Page, Member], None]


@pytest.fixture
def gallery_page(
    page: Page, monkeypatch: pytest.MonkeyPatch, sign_in: SignIn, admin: Member
) -> Iterator[Page]:
    """A signed-in page where the gallery is served beside the console."""
    gallery.serve(monkeypatch)
    live.register_topic("gallery", lambda member, rest: "gallery")
    sign_in(page, admin)
    yield page


MISSING = "/no-such-page/"
PATHS = (
    "/",
    "/gallery/",
    "/gallery/?name=nothing-has-this-name",
    "/gallery/form/",
    "/gallery/discard/",
    "/gallery/release/",
    "/gallery/wizard/",
    "/gallery/secret/",
    "/gallery/parts/",
    MISSING,
)


def test_pages_have_no_axe_findings_and_no_sideways_scroll(
    gallery_page: Page, group: Group, seen: Seen
) -> None:
    for path in PATHS:
        answer = gallery_page.goto(path)
        assert answer is not None and answer.status == (404 if path == MISSING else 200)
        seen(path.strip("/?").replace("/", "-"))
        gallery_page.set_viewport_size({"width": 320, "height": 800})
        assert fits(gallery_page), path
        show(gallery_page, WIDE)


def test_open_parts_have_no_axe_findings(gallery_page: Page, group: Group, seen: Seen) -> None:
    gallery_page.goto("/gallery/form/")
    gallery_page.get_by_role("button", name="SAVE").click()
    expect(gallery_page.get_by_role("alert")).to_be_focused()
    seen("form-error")
    gallery_page.goto("/gallery/parts/")
    gallery_page.get_by_text("Discard", exact=True).click()
    expect(gallery_page.get_by_role("dialog")).to_be_visible()
    seen("dialog")
    gallery_page.get_by_role("button", name="Discard draft").click()
    expect(gallery_page.locator(".toast-text")).to_have_text("Draft discarded")
    gallery_page.get_by_label("Select Retail").check()
    gallery_page.set_viewport_size({"width": NARROW.width, "height": 900})
    gallery_page.get_by_role("button", name="Menu").click()
    gallery_page.get_by_role("button", name="Ada Admin").click()
    expect(gallery_page.get_by_role("button", name="Sign out")).to_be_visible()
    gallery_page.wait_for_timeout(400)
    seen("menus")


def test_axe_finds_a_planted_fault(gallery_page: Page, seen: Any) -> None:
    gallery_page.goto("/")
    seen("dashboard", everywhere=True)
    gallery_page.evaluate("document.querySelector('main').append(new Image())")
    with pytest.raises(AssertionError, match="image-alt"):
        seen("dashboard", everywhere=True)


def test_axe_finds_what_is_pale_in_the_dark_only(gallery_page: Page, seen: Any) -> None:
    gallery_page.goto("/")
    gallery_page.evaluate("""() => {
        const said = document.createElement('p');
        said.textContent = 'Read me';
        said.style.color = 'light-dark(#000, #333)';
        document.querySelector('main').append(said);
    }""")
    with pytest.raises(AssertionError, match="theme='dark'.*\\n*.*color-contrast"):
        seen("dashboard", everywhere=True)


def test_wrong_form_keeps_what_was_typed_and_leads_to_the_field(gallery_page: Page) -> None:
    gallery_page.goto("/gallery/form/")
    gallery_page.get_by_label("Name").fill("Orders")
    gallery_page.get_by_role("button", name="SAVE").click()
    expect(gallery_page).to_have_title("Error: New thing · IMIconnect")
    expect(gallery_page.get_by_label("Name")).to_have_value("Orders")
    gallery_page.get_by_role("link", name="Enter the description").click()
    expect(gallery_page.get_by_label("Description")).to_be_focused()


def test_dialog_opens_with_the_safe_button_focused_and_closes_with_escape(
    gallery_page: Page,
) -> None:
    gallery_page.goto("/gallery/parts/")
    gallery_page.get_by_text("Discard", exact=True).click()
    expect(gallery_page.get_by_role("link", name="Keep draft")).to_be_focused()
    gallery_page.keyboard.press("Escape")
    expect(gallery_page.get_by_role("dialog")).to_be_hidden()
    assert gallery.CALLS == []


def test_theme_switch_is_kept_without_script_in_the_page(gallery_page: Page) -> None:
    gallery_page.goto("/")
    gallery_page.get_by_role("button", name="Dark").click()
    expect(gallery_page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    gallery_page.reload()
    assert gallery_page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_filter_changes_the_list_in_place_and_the_address(
    gallery_page: Page, group: Group
) -> None:
    gallery_page.goto("/gallery/")
    gallery_page.get_by_label("Name", exact=True).fill("nothing-like-it")
    gallery_page.get_by_role("button", name="Filter").click()
    expect(gallery_page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    assert gallery_page.url.endswith("?name=nothing-like-it&state=")
    gallery_page.get_by_role("link", name="Clear filters").last.click()
    expect(gallery_page.get_by_role("link", name="Retail").first).to_be_visible()


def test_server_fault_behind_htmx_shows_a_banner_and_keeps_the_page(
    gallery_page: Page, group: Group
) -> None:
    gallery_page.goto("/gallery/")
    gallery_page.route("**/gallery/?*", lambda route: route.fulfill(status=503))
    gallery_page.get_by_label("Name", exact=True).fill("x")
    gallery_page.get_by_role("button", name="Filter").click()
    expect(gallery_page.get_by_text("The server could not finish that")).to_be_visible()
    expect(gallery_page.get_by_role("link", name="Retail").first).to_be_visible()


def test_signed_out_htmx_request_opens_the_sign_in_page(
    gallery_page: Page, group: Group
) -> None:
    gallery_page.goto("/gallery/")
    gallery_page.context.clear_cookies()
    gallery_page.get_by_role("button", name="Filter").click()
    gallery_page.wait_for_url("**/account/login/?next=/gallery/")


def test_pages_work_without_script(
    settings: Any, new_context: Any, live_site: str, sign_in: SignIn, gallery_page: Page
) -> None:
    context = new_context(base_url=live_site, java_script_enabled=False)
    context.add_cookies(gallery_page.context.cookies())
    page = context.new_page()
    page.goto("/gallery/form/")
    page.get_by_role("button", name="SAVE").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.goto("/gallery/parts/")
    page.get_by_text("Discard", exact=True).click()
    page.get_by_role("button", name="Discard draft").click()
    expect(page.get_by_text("Draft discarded")).to_be_visible()
    assert gallery.CALLS == [{"discarded": "Draft 7"}]


def test_copy_selects_the_text_where_the_clipboard_is_out_of_reach(gallery_page: Page) -> None:
    gallery_page.add_init_script(
        "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
    )
    gallery_page.goto("/gallery/parts/")
    gallery_page.get_by_role("button", name="Copy Service key").click()
    expect(gallery_page.get_by_text("Press Ctrl+C to copy")).to_be_visible()
    chosen = "document.activeElement.value.slice(document.activeElement.selectionStart, 99)"
    assert gallery_page.evaluate(chosen) == "sk_live_1234567890"


def test_chart_is_drawn_and_has_a_table(gallery_page: Page) -> None:
    gallery_page.goto("/gallery/parts/")
    expect(gallery_page.get_by_role("img", name="Sent messages vary")).to_be_visible()
    expect(gallery_page.locator(".chart-canvas canvas")).to_be_visible()
    gallery_page.get_by_text("Show the figures").click()
    expect(gallery_page.locator("[data-chart-rows] tr")).to_have_count(60)


def test_toast_is_announced_and_offers_undo(gallery_page: Page) -> None:
    gallery_page.goto("/gallery/discard/")
    gallery_page.get_by_role("button", name="Discard draft").click()
    expect(gallery_page.locator("#announce")).to_have_text("Draft discarded")
    gallery_page.get_by_role("button", name="Undo").click()
    gallery_page.wait_for_url("**/gallery/")
    assert gallery.CALLS[-1] == {"undone": "POST"}


def test_new_row_and_new_state_appear_without_reload(
    gallery_page: Page, group: Group, organization: Organization
) -> None:
    gallery_page.goto("/gallery/")
    expect(gallery_page.locator("[data-live-state]")).to_have_text("Live")
    factories.make_group(organization, name="Fresh from the wire")
    elsewhere(live.notify, "gallery", new=1, changed={str(group.pk): "failed"})
    expect(gallery_page.get_by_role("link", name="Fresh from the wire").first).to_be_visible()
    expect(gallery_page.locator(f"#state-{group.pk}")).to_have_text("Failed")


def test_paused_list_offers_what_is_new_instead_of_moving(
    gallery_page: Page, group: Group, organization: Organization
) -> None:
    gallery_page.goto("/gallery/")
    expect(gallery_page.locator("[data-live-state]")).to_have_text("Live")
    gallery_page.get_by_role("button", name="Pause").click()
    expect(gallery_page.locator("[data-live-state]")).to_have_text("Paused")
    factories.make_group(organization, name="Held back")
    elsewhere(live.notify, "gallery", new=1)
    gallery_page.get_by_role("button", name="Show 1 new entry").click()
    expect(gallery_page.get_by_role("link", name="Held back").first).to_be_visible()

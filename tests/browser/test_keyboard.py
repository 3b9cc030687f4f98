"""The keyboard alone: from the sign-in page through CONFIGURE APPS to SAVE, focus in sight."""

import pytest
from playwright.sync_api import Locator, Page, expect

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from tests.factories import PASSWORD

#: More presses of Tab than any page on the way needs.
FAR = 60
#: Where the focus is: on the target, and on a part that does not show it, by an outline or a
#: ring, its own or its box's.
FOCUS = """(target) => {
  const part = document.activeElement;
  if (part === document.body) return { reached: false, unseen: '' };
  const shown = part.closest('.choice') || part;
  const ring = (style) => (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2)
    || style.boxShadow !== 'none';
  const box = part.getBoundingClientRect();
  const inside = box.bottom > 0 && box.top < innerHeight;
  const seen = inside && (ring(getComputedStyle(part)) || ring(getComputedStyle(shown)));
  return { reached: part === target, unseen: seen ? '' : part.outerHTML.slice(0, 120) };
}"""


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the part has the focus; each part on the way shows that it has it."""
    # Found once: looking for a part by its role and name takes longer than the press.
    part = target.element_handle()
    for presses in range(FAR):
        focus = part.evaluate(FOCUS)
        if presses:
            assert not focus["unseen"], f"the focus cannot be seen on {focus['unseen']}"
        if focus["reached"]:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not reach {target}")


def press(page: Page, key: str, *, leads_to: str) -> None:
    """Press a key that opens another page."""
    page.keyboard.press(key)
    expect(page.locator("h1")).to_contain_text(leads_to)
    page.wait_for_load_state()


def type_into(page: Page, label: str, words: str) -> None:
    """Go to a field and write."""
    tab_to(page, page.get_by_label(label, exact=True))
    page.keyboard.type(words)


def choose(page: Page, target: Locator) -> None:
    """Go through the choices, of which one has the focus, to a certain one."""
    for _ in range(FAR):
        if target.is_checked():
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"the arrow keys do not reach {target}")


def press_next(page: Page) -> None:
    """Go to NEXT and press it."""
    tab_to(page, page.get_by_role("button", name="NEXT"))
    page.keyboard.press("Enter")


def test_an_app_is_configured_without_a_mouse(page: Page, admin: Member) -> None:
    page.goto("/apps/")
    type_into(page, "E-mail address", admin.user.email)
    type_into(page, "Password", PASSWORD)
    press(page, "Enter", leads_to="Apps")

    menu = page.locator("summary", has_text="CONFIGURE APPS")
    entry = page.locator(".menu-list").get_by_role("link", name="MOBILE / WEB")
    tab_to(page, menu)
    page.keyboard.press("Enter")
    tab_to(page, entry)
    page.keyboard.press("Escape")
    expect(entry).to_be_hidden()
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, entry)
    press(page, "Enter", leads_to="Before you begin")
    tab_to(page, page.get_by_role("link", name="NEXT"))
    press(page, "Enter", leads_to="What is the application called?")

    # An empty answer: the focus goes to the sentence that says so, and its link to the field.
    press_next(page)
    expect(page.get_by_role("alert").filter(has_text="There is a problem")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Application name")).to_be_focused()
    page.keyboard.type("Typed app")
    press_next(page)

    expect(page.get_by_label("Web", exact=True)).to_be_visible()
    # A script of the page may still move the focus.
    page.wait_for_load_state()
    tab_to(page, page.locator("input[type=radio]").first)
    choose(page, page.get_by_label("Web", exact=True))
    press_next(page)

    expect(page.get_by_label("Chrome")).to_be_visible()
    tab_to(page, page.get_by_label("Chrome"))
    page.keyboard.press("Space")
    expect(page.get_by_label("Chrome")).to_be_checked()
    press_next(page)

    expect(page.get_by_label("Later, on the page of the app")).to_be_checked()
    press_next(page)

    expect(page.get_by_label("Allowed origins")).to_be_visible()
    press_next(page)

    tab_to(page, page.get_by_role("button", name="SAVE"))
    press(page, "Enter", leads_to="The application is created")
    assert App.objects.get().name == "Typed app"

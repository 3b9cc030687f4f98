"""Every page of the console, as the URLconf lists them: axe, width, title, headings.

A new page is covered by itself. Each page is loaded once and looked at in two ways, so that
each width and each theme is seen. That is the sweep; a usual run takes the pages of ``KNOWN``.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, Response

from imiconnect.accounts import services as people
from imiconnect.accounts.models import Member, Team
from imiconnect.accounts.roles import Role
from tests.browser.axe import AXE, OF_A_LOOK, OF_A_REQUEST, axe_findings
from tests.browser.conftest import LOOKS, NARROW, WIDE, Look, fits, show
from tests.factories import client_of
from tests.objects import make_objects
from tests.routes import every_address

SignIn = Callable[[Page, Member], None]
NARROWEST = 320
ANSWERS = (200, 403, 404, 410)
DOCTYPES = (b"<!doctype", b"<!DOCTYPE")
#: The long walk in parts, which the workers share; none takes minutes on a slow machine.
PARTS = 6
#: Not of the console: the page of the REST API is Swagger UI's.
NOT_OURS = ("/api/docs/",)
#: Tables of every country, of which a few are looked at: thousands of cells are alike.
SHORTER = {
    path: f"{path}?search=united"
    for path in ("/tools/sms-restrictions/", "/tools/number-restrictions/")
}
#: The walk finds at least these; it fails when a change hides pages from it.
KNOWN = {
    "/", "/apps/", "/services/", "/messages/", "/messages/callbacks/", "/messages/send/",
    "/customers/", "/numbers/", "/tools/", "/account/", "/settings/organization/",
    "/settings/people/", "/settings/people/invite/", "/settings/groups/", "/settings/audit/",
    "/services/new/name/", "/apps/configure/mobile_web/name/",
}  # fmt: skip


@pytest.fixture
def objects(admin: Member, team: Team, team_member: Member) -> dict[str, Any]:
    """An object of each kind, of the team Cards where a team can own one."""
    return make_objects(admin, team, team_member)


@pytest.fixture
def faults(page: Page) -> Iterator[list[str]]:
    """What is wrong with the pages looked at, all of it at once."""
    found: list[str] = []

    def note(answer: Response) -> None:
        if answer.status >= 400 and answer.request.resource_type != "document":
            found.append(f"{page.url}: {answer.url} answered {answer.status}")

    page.on("response", note)
    # A change of theme would otherwise be measured half-way.
    page.emulate_media(reduced_motion="reduce")
    page.add_init_script(path=AXE)
    yield found
    assert not found, "\n".join(found)


def paths_of(objects: dict[str, Any]) -> list[str]:
    """Return every address once, but for those that are not the console's."""
    paths = dict.fromkeys(address.path for address in every_address(objects))
    assert SHORTER.keys() <= paths.keys()
    return [SHORTER.get(path, path) for path in paths if path not in NOT_OURS]


def pages_for(client: Client, paths: list[str]) -> list[str]:
    """Return an address of each page that this person gets.

    Many lead to one page, such as that of a thing not found: it is looked at once.
    """
    pages: dict[str, str] = {}
    for path in paths:
        answer = client.get(path)
        if _is_page(answer):
            pages.setdefault(OF_A_REQUEST.sub("", answer.text), path)
    return list(pages.values())


def _is_page(answer: Any) -> bool:
    # What htmx fetches into a page is a part of one, and has no document around it.
    return answer.status_code in ANSWERS and answer.content[:200].lstrip()[:9] in DOCTYPES


def look_at(page: Page, path: str, looks: Sequence[Look] = LOOKS) -> list[str]:
    """Open a page and return what is wrong with it."""
    page.set_viewport_size({"width": WIDE.width, "height": 900})
    page.goto(path)
    found = [*_words(page)]
    for look in looks:
        show(page, look)
        rules = () if look == looks[0] else OF_A_LOOK
        found += [f"{look.width} {look.theme}: {fault}" for fault in axe_findings(page, rules)]
    for width in (NARROW.width, NARROWEST):
        page.set_viewport_size({"width": width, "height": 900})
        if not fits(page):
            found.append(f"scrolls sideways at {width}")
    return [f"{path}: {finding}" for finding in found]


def _words(page: Page) -> Iterator[str]:
    title, *headings = page.evaluate(
        "[document.title, ...['h1', 'main h1'].map(s => document.querySelectorAll(s).length)]"
    )
    if not title.removesuffix("IMIconnect").strip(" ·"):
        yield f"has the title {title!r}"
    if headings != [1, 1]:
        yield f"has {headings[0]} h1, of which {headings[1]} in main"


def test_the_pages_that_people_use_most(
    page: Page,
    sign_in: SignIn,
    admin: Member,
    objects: dict[str, Any],
    faults: list[str],
) -> None:
    pages = pages_for(client_of(admin), sorted(KNOWN))
    assert set(pages) == KNOWN
    sign_in(page, admin)
    for number, path in enumerate(pages):
        faults += look_at(page, path, [LOOKS[number % len(LOOKS)]])


@pytest.mark.sweep
@pytest.mark.parametrize("part", range(PARTS))
def test_the_pages_of_an_admin(
    part: int,
    page: Page,
    sign_in: SignIn,
    admin: Member,
    objects: dict[str, Any],
    faults: list[str],
) -> None:
    paths = paths_of(objects)
    pages = pages_for(client_of(admin), paths[part::PARTS])
    known = KNOWN - set(paths) | KNOWN & set(paths[part::PARTS])
    assert known <= set(pages), known - set(pages)
    sign_in(page, admin)
    for path in pages:
        faults += look_at(page, path)


@pytest.mark.sweep
def test_the_pages_of_somebody_not_signed_in(
    page: Page, objects: dict[str, Any], team: Team, faults: list[str]
) -> None:
    offer = people.invite(email="new@northwind.example", level=team, role=Role.VIEWER)
    paths = pages_for(Client(), paths_of(objects))
    assert {"/account/login/", "/account/password/reset/"} <= set(paths)
    for path in (*paths, "/no-such-page/", f"/invitation/{offer.token}/"):
        faults += look_at(page, path)


def test_the_pages_that_refuse(
    page: Page, sign_in: SignIn, viewer: Member, objects: dict[str, Any], faults: list[str]
) -> None:
    sign_in(page, viewer)
    for path in ("/no-such-page/", "/settings/audit/", f"/apps/{objects['app']}/delete/"):
        faults += look_at(page, path)


def test_the_support_pages_keep_to_their_policy(page: Page, faults: list[str]) -> None:
    # The page's own fixture fails on each breach of the policy that Chromium reports.
    person = people.create_staff(email="help@example.test", name="Helpful", password="x" * 16)
    page.goto("/admin/")
    page.locator("[name=username], [name=login]").first.fill(person.email)
    page.locator("[name=password]").fill("x" * 16)
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/")
    # tests/support draws each of the lists, all of which come from one template.
    for model in ("accounts_user", "rtm_message"):
        answer = page.goto(reverse(f"admin:{model}_changelist"))
        assert answer is not None and answer.status == 200
    page.goto(reverse("admin:accounts_user_change", args=[person.pk]))
    assert page.locator("h1, h2").count()

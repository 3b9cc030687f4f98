"""The documented five sharing steps for each option, and who sees the app afterwards."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.apps.services import create_app
from imiconnect.sharing.models import AppShare
from tests.browser.channels import Seen

SignIn = Callable[[Page, Member], None]


@pytest.fixture
def app(admin: Member) -> App:
    config = {"platform": "web", "systems": ["chrome"]}
    return create_app(member=admin, name="Shop", channel_type="mobile_web", config=config)


@pytest.fixture
def sharing(page: Page, sign_in: SignIn, admin: Member, app: App) -> Page:
    """Steps 1 and 2: MANAGE against the asset; its page appears."""
    sign_in(page, admin)
    page.goto("/apps/")
    page.get_by_role("link", name="MANAGE Shop").click()
    expect(page.get_by_role("heading", name="Sharing")).to_be_visible()
    return page


def pick(page: Page, label: str) -> None:
    """Click an option, the whole box of which is its label."""
    with page.expect_response(lambda answer: "/sharing/" in answer.url):
        page.locator("#sharing .choice label").filter(has_text=label).click()


def add_new(page: Page) -> None:
    with page.expect_response(lambda answer: "/sharing/" in answer.url):
        page.get_by_role("button", name="ADD NEW").click()
    expect(page.locator(".share-row")).to_have_count(1)


def update(page: Page) -> None:
    with page.expect_response(lambda answer: "/sharing/" in answer.url):
        page.get_by_role("button", name="UPDATE the sharing").click()
    expect(page.get_by_text("The sharing is changed.").first).to_be_visible()


def sees(page: Page, sign_in: SignIn, member: Member) -> bool:
    sign_in(page, member)
    page.goto("/apps/")
    expect(page.get_by_role("heading", name="Apps", level=1)).to_be_visible()
    return page.get_by_role("link", name="MANAGE Shop").count() == 1


def test_share_to_a_group_only(
    sharing: Page,
    sign_in: SignIn,
    group_member: Member,
    team_member: Member,
) -> None:
    pick(sharing, "Share to a group only")
    add_new(sharing)
    sharing.get_by_label("Group", exact=True).select_option("Retail")
    expect(sharing.get_by_text("Gil Group")).to_be_visible()
    update(sharing)
    assert sees(sharing, sign_in, group_member)
    assert not sees(sharing, sign_in, team_member)


def test_share_to_a_group_and_all_teams_under_it(
    sharing: Page, sign_in: SignIn, team_member: Member, sister: Member
) -> None:
    pick(sharing, "Share to a group only")
    add_new(sharing)
    sharing.get_by_label("Group", exact=True).select_option("Retail")
    sharing.get_by_label("Share to all teams under this group").check()
    expect(sharing.get_by_text("Sam Sister, Tia Team")).to_be_visible()
    update(sharing)
    assert sees(sharing, sign_in, team_member)
    assert sees(sharing, sign_in, sister)


def test_share_to_a_team(
    sharing: Page,
    seen: Seen,
    sign_in: SignIn,
    team_member: Member,
    sister: Member,
) -> None:
    seen("none")
    pick(sharing, "Share to a team")
    add_new(sharing)
    sharing.get_by_role("button", name="UPDATE the sharing").click()
    expect(sharing.get_by_role("link", name="Select the team")).to_be_visible()
    seen("error")
    sharing.get_by_label("Group", exact=True).select_option("Retail")
    expect(sharing.get_by_label("Team", exact=True).locator("optgroup")).to_have_count(0)
    sharing.get_by_label("Team", exact=True).select_option("Cards")
    expect(sharing.get_by_text("Tia Team")).to_be_visible()
    seen("preview")
    update(sharing)
    seen("changed")
    assert AppShare.objects.get().group_id == team_member.team.permission_group_id
    assert not sees(sharing, sign_in, sister)
    assert sees(sharing, sign_in, team_member)
    sharing.get_by_role("link", name="MANAGE Shop").click()
    sharing.get_by_role("link", name="Why can I see this?").click()
    expect(sharing.get_by_text("Tia Team is in the team Cards")).to_be_visible()
    seen("why")


def test_share_to_all_groups_and_teams(
    sharing: Page,
    sign_in: SignIn,
    group_member: Member,
    team_member: Member,
    sister: Member,
) -> None:
    pick(sharing, "Share to all groups and teams")
    update(sharing)
    for member in (group_member, team_member, sister):
        assert sees(sharing, sign_in, member)

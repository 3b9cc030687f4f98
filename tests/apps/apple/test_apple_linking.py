"""The instructions, and the landing page that makes the app."""

from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps import services
from imiconnect.apps.channel_types.apple_business_chat.linking import TAKEN, link_business
from imiconnect.apps.channel_types.apple_business_chat.provider import AppleSettings
from imiconnect.apps.models import App, AppHealth
from tests.apps.apple.conftest import LANDING

INSTRUCTIONS = "/apps/configure/apple_business_chat/prerequisites/"


def test_the_menu_leads_to_the_instructions_and_to_no_wizard(
    twin: Any, signed_in: Client
) -> None:
    assert INSTRUCTIONS in signed_in.get("/apps/").text
    page = signed_in.get(INSTRUCTIONS).text
    assert "Getting started with Business Chat" in page
    assert "On-boarding your account" in page
    assert "choose IMIconnect as your CSP platform" in page
    assert "about 2 hours on a business day" in page
    assert "NEXT" not in page
    assert signed_in.get("/apps/configure/apple_business_chat/").url == INSTRUCTIONS  # type: ignore[attr-defined]


def test_the_instructions_say_when_the_operator_has_no_access(signed_in: Client) -> None:
    page = signed_in.get(INSTRUCTIONS).text
    assert "This is missing." in page
    assert "APPLE_BUSINESS_CHAT_CSP_ID" in page


def test_without_access_nothing_is_linked(signed_in: Client) -> None:
    page = signed_in.get(LANDING, {"id": "11111111-2222-4333-8444-555555555555"})
    assert page.status_code == 422
    assert "has no access to Apple Business Chat yet" in page.text


def test_a_secret_that_is_no_base64_is_no_access(monkeypatch: pytest.MonkeyPatch) -> None:
    from imiconnect.apps.channel_types.apple_business_chat import provider

    found = AppleSettings(csp_id="a", csp_secret="not base64!")
    monkeypatch.setattr(provider, "apple", lambda: found)
    assert not provider.is_configured()


def test_a_stranger_signs_in_before_the_landing_page(client: Client, business: str) -> None:
    answer = client.get(LANDING, {"id": business})
    assert answer.status_code == 302
    assert "next=" in answer["Location"]


def test_the_landing_page_shows_the_business_and_links_nothing_yet(
    signed_in: Client, business: str
) -> None:
    page = signed_in.get(LANDING, {"id": business, "name": "Northwind <Traders>"}).text
    assert business in page
    assert "Northwind &lt;Traders&gt;" in page
    assert not App.objects.exists()


@pytest.mark.parametrize("parameter", ["id", "businessId"])
def test_an_account_for_tests_has_no_name(
    signed_in: Client, business: str, parameter: str
) -> None:
    page = signed_in.get(LANDING, {parameter: f"urn:biz:{business.upper()}"})
    assert page.status_code == 200
    assert f"Apple Business Chat {business[-6:]}".lower() in page.text.lower()


def test_a_confirmed_business_is_an_app_at_the_persons_level(
    linked: App, admin: Member, business: str
) -> None:
    assert (linked.account, linked.level) == (business, admin.level)
    assert linked.name == "Northwind on Apple"
    assert AppHealth.objects.filter(app=linked).exists()


def test_linking_twice_leads_to_the_one_app(
    linked: App, signed_in: Client, business: str
) -> None:
    again = signed_in.post(LANDING, {"name": "Other", "business_id": business})
    assert again["Location"] == f"/apps/{linked.pk}/"
    assert signed_in.get(LANDING, {"id": business})["Location"] == f"/apps/{linked.pk}/"
    assert App.objects.count() == 1


def test_a_business_of_another_organization_is_refused(
    linked: App, outsider: Member, client: Client, business: str
) -> None:
    client.force_login(outsider.user)
    refused = client.get(LANDING, {"id": business})
    assert refused.status_code == 422
    assert str(TAKEN) in refused.text
    posted = client.post(LANDING, {"name": "Mine", "business_id": business})
    assert posted.status_code == 422
    assert str(TAKEN) in posted.text
    assert App.objects.count() == 1


def test_a_viewer_may_not_link(client: Client, viewer: Member, business: str) -> None:
    client.force_login(viewer.user)
    assert client.post(LANDING, {"name": "x", "business_id": business}).status_code == 403


@pytest.mark.parametrize("query", [{}, {"id": "17"}, {"id": "../etc"}])
def test_a_call_without_a_business_says_so(
    twin: Any, signed_in: Client, query: dict[str, str]
) -> None:
    answer = signed_in.get(LANDING, query)
    assert answer.status_code == 422
    assert "Apple has named no business account" in answer.text


def test_whoever_links_in_the_same_moment_gets_the_one_app(
    admin: Member, business: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = services.create_app

    def twice(**values: Any) -> App:
        create(**values)
        return create(**values)

    monkeypatch.setattr(services, "create_app", twice)
    app = link_business(member=admin, business_id=business, name="Raced")
    assert App.objects.get() == app


def test_choosing_the_platform_at_apple_leads_to_the_landing_page(
    signed_in: Client, business: str, linked: App
) -> None:
    answer = signed_in.post(
        "/tools/sandbox/apple_business_chat/", {"act": "choose", "business": business}
    )
    assert answer["Location"].startswith(f"{LANDING}?id={business}")
    assert signed_in.get(answer["Location"])["Location"] == f"/apps/{linked.pk}/"

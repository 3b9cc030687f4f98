"""CONFIGURE APPS > FACEBOOK, through the double's login dialog."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps import health
from imiconnect.apps.connection import secrets_of
from imiconnect.apps.models import App
from imiconnect.sandbox.facebook import world
from tests.facebook.conftest import PAGE, SITE

WIZARD = "/apps/configure/facebook/"


def press_login(client: Client, act: str = "continue") -> Any:
    """Log in at the double; return the answer of the platform's callback."""
    begun = client.post(
        "/apps/authorize/facebook/", {"next": f"{WIZARD}account/"}
    ).headers["Location"]  # fmt: skip
    assert begun.startswith(f"{SITE}/sandbox/facebook/v25.0/dialog/oauth?")
    path = begun.removeprefix(SITE)
    assert "Fred Owner" in client.get(path).text
    back = client.post(path, {"act": act}).headers["Location"]
    return client.get(back.removeprefix(SITE))


def choose_page(client: Client, page: str = PAGE) -> Any:
    """Walk to the review with a page."""
    client.get(WIZARD, follow=True)
    client.post(f"{WIZARD}name/", {"name": "Bank on Facebook"})
    back = press_login(client).headers["Location"]
    row = urlsplit(back).query.partition("=")[2]
    return client.post(f"{WIZARD}account/", {"authorization": row, "account": page})


def test_prerequisites_are_met_in_the_sandbox(twin: Any, client: Client) -> None:
    page = client.get(f"{WIZARD}prerequisites/").text
    assert "Create a page on Facebook" in page
    assert "This is there." in page


def test_without_a_meta_app_the_prerequisites_say_what_is_missing(client: Client) -> None:
    assert "This is missing." in client.get(f"{WIZARD}prerequisites/").text


def test_the_wizard_connects_a_page(twin: Any, client: Client) -> None:
    assert choose_page(client).headers["Location"] == f"{WIZARD}review/"
    review = client.get(f"{WIZARD}review/").text
    assert "Northwind Bank" in review
    assert "Fred Owner" in review
    done = client.post(f"{WIZARD}review/", follow=True).text
    app = App.objects.get()
    assert app.app_id in done
    assert (app.account, app.checkup.state) == (PAGE, "healthy")
    assert "messaging_postbacks" in twin.get("page", PAGE)["fields"]


def test_the_details_are_the_documented_ones(
    page_app: App, client: Client, admin: Member
) -> None:
    text = client.get(f"/apps/{page_app.pk}/").text
    for words in ("PAGE Name", "Northwind Bank", "AUTHORIZED BY", "Fred Owner", "ADDED BY"):
        assert words in text
    assert admin.user.name in text
    assert secrets_of(page_app)["page_token"] not in text


def test_all_pages_are_listed_and_configured_ones_cannot_be_selected(
    page_app: App, client: Client
) -> None:
    client.get(WIZARD, follow=True)
    client.post(f"{WIZARD}name/", {"name": "Again"})
    back = press_login(client).headers["Location"]
    text = client.get(back).text
    assert text.count('type="radio"') == 4
    assert re.search(rf'value="{PAGE}" disabled', text)
    assert "Already configured" in text
    assert "You may not answer messages of this page." in text


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (PAGE, "already configured"),
        ("20000000000004", "may not answer"),
        ("999", "Select the account"),
    ],
)
def test_a_page_that_may_not_be_selected_is_refused(
    page_app: App, client: Client, chosen: str, words: str
) -> None:
    answer = choose_page(client, chosen)
    assert answer.status_code == 422
    assert words in answer.text


def test_saying_no_at_facebook_changes_nothing(twin: Any, client: Client) -> None:
    answer = press_login(client, "cancel")
    assert answer.status_code == 422
    assert "was not allowed" in answer.text
    assert not App.objects.exists()


def test_the_dialog_refuses_a_foreign_redirect(twin: Any, client: Client) -> None:
    query = "client_id=100000000000777&redirect_uri=https://evil.example/"
    answer = client.get(f"/sandbox/facebook/v25.0/dialog/oauth?{query}")
    assert answer.status_code == 400


def test_the_page_lets_the_form_go_to_facebook(twin: Any, client: Client) -> None:
    client.get(WIZARD, follow=True)
    client.post(f"{WIZARD}name/", {"name": "Bank"})
    policy = client.get(f"{WIZARD}account/").headers["Content-Security-Policy"]
    assert re.search(r"form-action 'self' http://testserver/sandbox/facebook", policy)


def test_an_expired_token_breaks_the_app_and_a_login_mends_it(
    page_app: App, twin: Any, client: Client
) -> None:
    twin.set_switches({"expired_token"})
    found = health.check_now(app=page_app)
    assert found is not None
    assert found.state == "broken"
    assert "Reconnect the app" in client.get(f"/apps/{page_app.pk}/").text
    twin.set_switches(set())
    before = secrets_of(page_app)["page_token"]
    twin.change("token", before, dead=True)
    begun = client.post(f"/apps/{page_app.pk}/reconnect/").headers["Location"]
    path = begun.removeprefix(SITE)
    back = client.post(path, {"act": "continue"}).headers["Location"]
    client.get(back.removeprefix(SITE))
    page_app.refresh_from_db()
    assert secrets_of(page_app)["page_token"] != before
    assert App.objects.get().checkup.state == "healthy"


@pytest.mark.parametrize(
    ("switch", "state"), [("down", "unchecked"), ("rate_limit", "unchecked")]
)
def test_an_outage_alone_breaks_nothing_at_once(
    page_app: App, twin: Any, switch: str, state: str
) -> None:
    twin.set_switches({switch})
    found = health.check_now(app=page_app)
    assert found is not None
    assert found.state == state


def test_the_sandbox_is_not_there_when_it_is_off(
    twin: Any, settings: Any, admin: Member, client_of: Callable[[Member], Client]
) -> None:
    addresses = ("/tools/sandbox/", "/tools/sandbox/facebook/", "/sandbox/facebook/v25.0/me")
    client = client_of(admin)
    assert [client.get(url).status_code for url in addresses[:2]] == [200, 200]
    settings.SANDBOX = False
    assert [client.get(url).status_code for url in addresses] == [404, 404, 404]


def test_every_page_says_that_it_is_a_sandbox(twin: Any, client: Client) -> None:
    assert "Nothing leaves this machine" in client.get("/apps/").text
    assert world.PERSON == "Fred Owner"

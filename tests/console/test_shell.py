"""The shell: navigation, theme, errors in words, request ids, htmx manners, dashboard."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client, RequestFactory

from imiconnect.accounts.models import Group, Member
from imiconnect.apps.channel_types import registry as channels
from imiconnect.console import errors, panels, shell, states
from imiconnect.console.icons import ICONS
from imiconnect.sandbox import twins

ClientOf = Callable[[Member], Client]
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/gallery/?page=2"}


@pytest.fixture
def client(admin: Member, client_of: ClientOf) -> Client:
    return client_of(admin)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[panels.Registry]:
    """An empty dashboard."""
    fresh = panels.Registry()
    monkeypatch.setattr(panels, "registry", fresh)
    yield fresh


def get(client: Client, url: str = "/") -> str:
    return client.get(url).content.decode()


def test_page_marks_its_section_in_the_navigation(client: Client) -> None:
    page = get(client)
    assert re.search(r'href="/" aria-current="page"', page)
    assert page.count("<h1") == 1


def test_section_without_a_page_is_left_out(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "_sections", {})
    shell.register_section(shell.Section("ghost", "Ghosts", "no:such-page", "x", 1))
    shell.register_section(shell.Section("real", "Real", "console:dashboard", "x", 2))
    page = get(client)
    assert "Ghosts" not in page
    assert "Real" in page


def test_theme_is_kept_in_a_cookie_and_written_by_the_server(client: Client) -> None:
    assert 'data-theme="auto"' in get(client)
    response = client.post("/theme/", {"theme": "dark", "next": "/gallery/"})
    assert response.headers["Location"] == "/gallery/"
    assert 'data-bs-theme="dark"' in get(client)


def test_theme_switch_leads_to_no_other_site(client: Client) -> None:
    response = client.post("/theme/", {"theme": "dark", "next": "https://evil.example/"})
    assert response.headers["Location"] == "/"


def test_sandbox_strip_is_on_every_page_and_in_the_title(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "_sandbox_checks", [lambda request: True])
    page = get(client)
    assert "Nothing leaves this machine" in page
    assert "(sandbox)</title>" in page


def test_no_page_has_inline_script_or_style(client: Client, group: Group) -> None:
    for url in ("/", "/gallery/", "/gallery/form/", "/gallery/parts/", "/nothing/"):
        page = get(client, url)
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"\son\w+=|\sstyle=|<style", page)


def test_missing_page_says_so_with_the_request_id(client: Client) -> None:
    response = client.get("/nothing/")
    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()
    assert response.headers["X-Request-Id"] in response.content.decode()


def test_refused_page_says_whom_to_ask(viewer: Member, client_of: ClientOf) -> None:
    response = client_of(viewer).get("/gallery/form/")
    assert response.status_code == 403
    assert "An Admin of your organization" in response.content.decode()


def test_fault_page_needs_no_database(client: Client) -> None:
    request = RequestFactory().get("/")
    request.request_id = "abc12345"  # type: ignore[attr-defined]
    response = errors.server_error(request)
    assert response.status_code == 500
    assert "abc12345" in response.content.decode()
    assert "500" not in response.content.decode()


def test_fault_is_logged_with_the_request_id(
    admin: Member, client_of: ClientOf, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(admin)
    client.raise_request_exception = False
    seen: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(getattr(record, "request_id", ""))

    handler = Keep()
    handler.filters = logging.getLogger().handlers[0].filters
    logging.getLogger("django.request").addHandler(handler)
    response = client.get("/gallery/fail/")
    logging.getLogger("django.request").removeHandler(handler)
    assert response.status_code == 500
    assert seen == [response.headers["X-Request-Id"]]


def test_form_from_elsewhere_is_refused_in_words(admin: Member) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin.user)
    response = client.post("/gallery/form/", {})
    assert response.status_code == 403
    assert "The page was open too long" in response.content.decode()


def test_given_request_id_is_kept_and_a_strange_one_replaced(client: Client) -> None:
    kept = client.get("/", headers={"X-Request-Id": "proxy-id-0001"})
    assert kept.headers["X-Request-Id"] == "proxy-id-0001"
    other = client.get("/", headers={"X-Request-Id": "<b>hello</b>"})
    assert re.fullmatch(r"[0-9a-f]{16}", other.headers["X-Request-Id"])


def test_signed_out_htmx_request_is_led_to_the_sign_in_page(db: None) -> None:
    response = Client().get("/gallery/", headers=HTMX)
    assert response.status_code == 204
    assert response.headers["HX-Redirect"] == "/account/login/?next=/gallery/%3Fpage%3D2"


def test_a_form_sent_without_a_session_leads_back_to_its_page_and_is_said_to_be_undone(
    db: None,
) -> None:
    referer = "http://testserver/gallery/?page=2"
    client = Client(headers={"referer": referer})
    response = client.post("/gallery/wizard/name/", {"name": "Typed"})
    sign_in = response.headers["Location"]
    assert sign_in == "/account/login/?next=/gallery/%3Fpage%3D2&unsent=1"
    assert "what you sent was not done" in client.get(sign_in).text


def test_the_address_of_a_form_opened_by_itself_is_a_page_in_words(client: Client) -> None:
    page = client.get("/theme/", headers={"accept": "text/html"})
    assert page.status_code == 405 and page.headers["Allow"] == "POST"
    assert "There is no page here" in page.text
    assert client.get("/theme/", headers={"accept": "application/json"}).content == b""


def test_a_form_of_another_site_does_not_say_where_the_sign_in_leads(db: None) -> None:
    client = Client(headers={"referer": "https://evil.example/page"})
    response = client.post("/gallery/wizard/name/")
    assert response.headers["Location"] == "/account/login/?next=/&unsent=1"


def test_signed_out_page_redirects_to_the_sign_in_page(db: None) -> None:
    assert Client().get("/").headers["Location"] == "/account/login/?next=/"


def test_toast_of_an_htmx_answer_travels_in_a_header(client: Client, group: Group) -> None:
    client.post("/gallery/", {"act": "rename", "ids": [str(group.pk)]})
    response = client.get("/gallery/", headers=HTMX)
    items = json.loads(response.headers["HX-Trigger"])["toasts"]["items"]
    assert items == [{"text": "1 groups renamed", "undo": "/gallery/undo/", "warning": False}]


def test_what_was_not_done_looks_unlike_a_confirmation(client: Client, group: Group) -> None:
    asked = {"act": "keep", "ids": [str(group.pk)]}
    page = client.post("/gallery/", asked, follow=True).text
    assert re.search(r'class="toast-card toast-warning".*Nothing was renamed', page, re.S)
    assert "toast-warning" not in client.get("/gallery/").text


def test_panel_that_raises_costs_its_own_card(
    client: Client, registry: panels.Registry
) -> None:
    def broken(request: Any) -> Any:
        raise ConnectionError("the engine is away")

    template = "includes/could_not_load.html"
    panels.register_panel(panels.Panel("a", "Engines", template, broken))
    panels.register_panel(panels.Panel("b", "Fine card", template, lambda request: {}))
    page = get(client)
    assert "Could not load. The rest of the page is not affected." in page
    assert "Fine card" in page
    assert "the engine is away" not in page


def test_panel_without_business_here_is_left_out(
    client: Client, registry: panels.Registry
) -> None:
    panels.register_panel(panels.Panel("a", "Hidden", "none.html", lambda request: None))
    assert "Hidden" not in get(client)


def test_first_run_lists_tasks_until_all_are_done(
    client: Client, registry: panels.Registry
) -> None:
    done = {"app": True, "service": False}
    for number, slug in enumerate(done):
        panels.register_first_step(
            panels.FirstStep(
                slug, f"Task {slug}", "", "console:dashboard", lambda r, s=slug: done[s], number
            )
        )
    page = get(client)
    assert page.index("Task app") < page.index("Task service")
    assert "Next" in page
    done["service"] = True
    assert "Task app" not in get(client)


def test_finder_that_raises_is_said_and_others_are_shown(
    client: Client, registry: panels.Registry
) -> None:
    def broken(request: Any) -> Any:
        raise ConnectionError

    panels.register_attention(broken)
    panels.register_attention(lambda request: [panels.Attention("Key ends tomorrow")])
    page = get(client)
    assert "Key ends tomorrow" in page
    assert "Some checks could not be made just now." in page


def test_every_state_has_an_icon_that_is_shipped() -> None:
    assert {state.icon for state in states.STATES.values()} <= set(ICONS)


def test_every_channel_and_twin_has_an_icon_that_is_shipped() -> None:
    shown = (*channels.all_types(), *twins.by_slug().values())
    assert {each.icon for each in shown} <= set(ICONS)


def test_unknown_state_is_its_own_word() -> None:
    assert states.state_of("half_way").label == "Half way"


def test_api_document_and_its_page_obey_the_policy(client: Client) -> None:
    assert client.get("/api/openapi.json").status_code == 200
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style", page.content.decode())

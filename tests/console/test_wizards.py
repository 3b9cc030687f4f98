"""The wizard base, on a wizard with a step that only some answers ask for."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member
from tests.console import gallery

URL = "/gallery/wizard/"
ClientOf = Callable[[Member], Client]


@pytest.fixture
def client(admin: Member, client_of: ClientOf) -> Client:
    return client_of(admin)


def answer(client: Client, step: str, **data: Any) -> Any:
    return client.post(f"{URL}{step}/", data)


def fill(client: Client, name: str = "Orders") -> None:
    answer(client, "kind", kind="a")
    answer(client, "name", name=name)


def test_start_leads_to_the_first_step(client: Client) -> None:
    assert client.get(URL).headers["Location"] == f"{URL}kind/"


def test_answer_leads_to_the_next_step(client: Client) -> None:
    assert answer(client, "kind", kind="a").headers["Location"] == f"{URL}name/"


def test_answer_can_bring_in_a_step(client: Client) -> None:
    assert answer(client, "kind", kind="b").headers["Location"] == f"{URL}colour/"


@pytest.mark.parametrize("step", ["name", "colour", "review", "done", "no-such-step"])
def test_step_out_of_turn_leads_to_the_first_open_one(client: Client, step: str) -> None:
    assert client.get(f"{URL}{step}/").headers["Location"] == f"{URL}kind/"


def test_answer_out_of_turn_is_not_kept(client: Client) -> None:
    assert answer(client, "name", name="Early").headers["Location"] == f"{URL}kind/"
    answer(client, "kind", kind="a")
    assert b"Early" not in client.get(f"{URL}name/").content


def test_empty_answer_is_422_and_says_what_to_do(client: Client) -> None:
    response = answer(client, "kind")
    assert response.status_code == 422
    assert "Select the kind" in response.content.decode()
    assert "<title>Error:" in response.content.decode()


def test_reload_shows_what_was_answered(client: Client) -> None:
    fill(client, name="Kept over reload")
    assert 'value="Kept over reload"' in client.get(f"{URL}name/").content.decode()


def test_another_browser_has_answers_of_its_own(
    client: Client, admin: Member, client_of: ClientOf
) -> None:
    fill(client)
    assert client_of(admin).get(f"{URL}name/").headers["Location"] == f"{URL}kind/"


def test_answers_are_not_readable_in_the_session(client: Client) -> None:
    answer(client, "kind", kind="a")
    answer(client, "name", name="Orders", code="very-secret")
    assert "very-secret" not in str(dict(client.session))


def test_review_shows_answers_with_links_that_come_back(client: Client) -> None:
    fill(client)
    page = client.get(f"{URL}review/").content.decode()
    assert "Orders" in page
    assert f'href="{URL}kind/?change=1"' in page
    changed = client.post(f"{URL}kind/?change=1", {"kind": "a"})
    assert changed.headers["Location"] == f"{URL}review/"


def test_change_that_brings_in_a_step_asks_it_before_the_review(client: Client) -> None:
    fill(client)
    changed = client.post(f"{URL}kind/?change=1", {"kind": "b"})
    assert changed.headers["Location"] == f"{URL}colour/?change=1"


def test_review_hides_secrets(client: Client) -> None:
    answer(client, "kind", kind="a")
    answer(client, "name", name="Orders", code="very-secret")
    assert "very-secret" not in client.get(f"{URL}review/").content.decode()


def test_step_list_links_backwards_only(client: Client) -> None:
    fill(client)
    page = client.get(f"{URL}name/").content.decode()
    assert f'<a href="{URL}kind/">Kind</a>' in page
    assert f'<a href="{URL}review/">' not in page
    assert "Step 2 of 3" in page


def test_confirm_calls_the_service_once_with_all_answers(client: Client) -> None:
    fill(client)
    assert gallery.CALLS == []
    confirmed = answer(client, "review")
    assert confirmed.headers["Location"] == f"{URL}done/"
    assert gallery.CALLS == [{"kind": {"kind": "a"}, "name": {"name": "Orders", "code": ""}}]
    assert "THING-1" in client.get(f"{URL}done/").content.decode()


def test_second_confirm_does_nothing(client: Client) -> None:
    fill(client)
    answer(client, "review")
    assert answer(client, "review").headers["Location"] == f"{URL}done/"
    assert len(gallery.CALLS) == 1


def test_confirm_sent_twice_at_once_calls_the_service_once(
    client: Client, admin: Member, client_of: ClientOf
) -> None:
    fill(client)
    session = dict(client.session)
    answer(client, "review")
    late = client_of(admin)
    kept = late.session
    kept.update(session)
    kept.save()
    assert answer(late, "review").headers["Location"] == f"{URL}done/"
    assert len(gallery.CALLS) == 1


def test_back_after_done_says_that_it_is_done(client: Client) -> None:
    fill(client)
    answer(client, "review")
    for step in ("kind", "name", "review"):
        page = client.get(f"{URL}{step}/").content.decode()
        assert "This was already done" in page
        assert "THING-1" in page


def test_start_after_done_begins_anew(client: Client) -> None:
    fill(client)
    answer(client, "review")
    client.get(URL)
    assert client.get(f"{URL}kind/").status_code == 200
    assert client.get(f"{URL}name/").headers["Location"] == f"{URL}kind/"


def test_refusal_of_the_service_is_shown_and_can_be_corrected(client: Client) -> None:
    fill(client, name="taken")
    refused = answer(client, "review")
    assert refused.status_code == 422
    assert "A thing of this name exists" in refused.content.decode()
    answer(client, "name", name="Free")
    assert answer(client, "review").headers["Location"] == f"{URL}done/"


def seen_of(client: Client) -> str:
    """Return what the review says of the answers that it shows."""
    seen: str = client.get(f"{URL}review/").context["seen"]
    assert f'name="seen" value="{seen}"' in client.get(f"{URL}review/").text
    return seen


def test_confirm_does_what_the_review_has_shown(client: Client) -> None:
    fill(client)
    assert answer(client, "review", seen=seen_of(client)).headers["Location"] == f"{URL}done/"


def test_answers_changed_in_another_tab_are_shown_before_anything_is_done(
    client: Client,
) -> None:
    fill(client, name="Shown here")
    seen = seen_of(client)
    answer(client, "name", name="Changed there")
    again = answer(client, "review", seen=seen)
    assert again.status_code == 422
    assert "changed in another tab" in again.text and "Changed there" in again.text
    assert gallery.CALLS == []
    answer(client, "review", seen=seen_of(client))
    assert gallery.CALLS[0]["name"]["name"] == "Changed there"


def test_a_step_of_another_tab_is_not_said_to_be_done(client: Client) -> None:
    fill(client)
    answer(client, "review")
    late = client.post(f"{URL}name/", {"name": "Of another tab"}, follow=True)
    assert "This was already done" in late.text and "Start another" in late.text


def test_discard_forgets_the_answers(client: Client) -> None:
    fill(client)
    client.post(f"{URL}review/", {"act": "discard"})
    assert client.get(f"{URL}name/").headers["Location"] == f"{URL}kind/"

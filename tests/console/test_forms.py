"""Forms: what a wrong one answers, and that a second click does nothing."""

import re
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.db import connection
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.console.forms import ConsoleForm
from imiconnect.console.models import Submission
from tests.console import gallery

URL = "/gallery/form/"
ClientOf = Callable[[Member], Client]
GOOD = {"name": "Orders", "text": "All of them", "channel": "sms", "size": "s"}


@pytest.fixture
def client(admin: Member, client_of: ClientOf) -> Client:
    return client_of(admin)


def once() -> dict[str, str]:
    return {"once": str(uuid.uuid4())}


def test_wrong_form_is_422_with_a_box_that_links_to_the_fields(client: Client) -> None:
    response = client.post(URL, {"name": "Orders"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error: New thing" in page
    assert 'role="alert" tabindex="-1" autofocus' in page
    assert '<a href="#id_text">Enter the description</a>' in page
    assert '<a href="#id_size_0">Select the size</a>' in page
    assert 'value="Orders"' in page


def test_control_names_its_hint_and_its_error(client: Client) -> None:
    page = client.post(URL, {}).content.decode()
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_helptext"' in page
    assert 'id="id_name_error"' in page


@pytest.mark.parametrize(
    ("label", "sentence"),
    [
        ("Mailing Address", "Enter the mailing address"),
        ("Email ID", "Enter the email ID"),
        ("CALLBACK TOKEN", "Enter the CALLBACK TOKEN"),
        ("Name of the App", "Enter the name of the App"),
    ],
)
def test_a_label_is_part_of_the_sentence(label: str, sentence: str) -> None:
    fields = {"value": forms.CharField(label=label)}
    form = type("Asked", (ConsoleForm,), fields)({})
    assert form.errors["value"] == [sentence]


def test_words_that_blame_are_not_used(client: Client) -> None:
    page = client.post(URL, {"url": "not a url"}).content.decode().lower()
    for word in ("please", "sorry", "oops", "this field is required"):
        assert word not in page


def test_optional_fields_say_so_and_no_field_has_an_asterisk(client: Client) -> None:
    page = client.get(URL).content.decode()
    assert re.search(r'Callback URL <span class="optional">\(optional\)', page)
    assert " required" not in page
    assert "placeholder" not in page


def test_good_form_redirects_and_confirms(client: Client) -> None:
    page = client.post(URL, GOOD | once(), follow=True).content.decode()
    assert "Thing created" in page
    assert len(gallery.CALLS) == 1


def test_second_click_leads_where_the_first_one_led(client: Client) -> None:
    data = GOOD | once()
    first, second = client.post(URL, data), client.post(URL, data)
    assert second.headers["Location"] == first.headers["Location"]
    assert len(gallery.CALLS) == 1


def test_wrong_form_may_be_sent_again_with_the_same_token(client: Client) -> None:
    token = once()
    assert client.post(URL, token).status_code == 422
    assert client.post(URL, GOOD | token).status_code == 302


def test_token_of_another_person_leads_nowhere(
    client: Client, viewer: Member, client_of: ClientOf, developer: Member
) -> None:
    token = once()
    client.post("/gallery/discard/", token)
    other = client_of(developer).post("/gallery/discard/", token)
    assert other.status_code == 409
    assert len(gallery.CALLS) == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_act_once(
    admin: Member, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once, data, answers = threading.Barrier(2), GOOD | once(), []

    def click() -> None:
        client = client_of(admin)
        at_once.wait()
        answers.append(client.post(URL, data).status_code)
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [302, 302]
    assert len(gallery.CALLS) == 1


def test_form_that_failed_may_be_sent_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Any, form: Any) -> Any:
        raise RuntimeError("broken")

    token = once()
    monkeypatch.setattr(gallery.Form, "form_valid", fail)
    with pytest.raises(RuntimeError):
        client.post(URL, GOOD | token)
    assert not Submission.objects.filter(token=token["once"]).exists()


def test_heavy_act_waits_for_the_name(client: Client) -> None:
    wrong = client.post("/gallery/release/", {"name": "something else"})
    assert wrong.status_code == 422
    assert gallery.CALLS == []
    assert client.post("/gallery/release/", {"name": "+44 20 7946 0000"}).status_code == 302
    assert gallery.CALLS == [{"discarded": "+44 20 7946 0000"}]


def test_confirmation_is_a_page_and_for_htmx_a_dialog(client: Client) -> None:
    page = client.get("/gallery/discard/").content.decode()
    dialog = client.get(
        "/gallery/discard/", headers={"HX-Request": "true", "HX-Target": "dialog#dialog"}
    ).content.decode()
    assert "<html" in page
    assert "<html" not in dialog
    assert "Keep draft" in dialog


def test_secret_is_shown_once(client: Client) -> None:
    url = client.get("/gallery/secret/").headers["Location"]
    assert "sk_very_secret" not in str(dict(client.session))
    first = client.get(url)
    assert "sk_very_secret" in first.content.decode()
    assert "no-store" in first.headers["Cache-Control"]
    assert client.get(url).status_code == 410


def test_secret_is_not_shown_to_another_session(
    client: Client, admin: Member, client_of: ClientOf
) -> None:
    url = client.get("/gallery/secret/").headers["Location"]
    assert client_of(admin).get(url).status_code == 410

"""MANAGE and the advanced pages of a Twitter account."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps.channel_types.twitter.config import checked_config
from imiconnect.apps.models import App
from imiconnect.sandbox.twitter.world import store
from tests.apps.twitter.conftest import BANK


def replies(*rows: dict[str, str]) -> dict[str, str]:
    """Return the fields of a formset."""
    fields = {"replies-TOTAL_FORMS": str(len(rows)), "replies-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        fields |= {f"replies-{number}-{name}": value for name, value in row.items()}
    return fields


def test_manage_shows_the_documented_details(browser: Client, twitter_app: App) -> None:
    page = browser.get(f"/apps/{twitter_app.pk}/").content.decode()
    for words in ("Account Name", "Twitter Handle", "Added by", "CHANGE TWITTER ACCOUNT"):
        assert words in page
    assert "@northwindbank" in page


def test_get_code_shows_the_button(browser: Client, twitter_app: App) -> None:
    answer = browser.post(
        f"/apps/{twitter_app.pk}/twitter/code/", {"text": "Hello <you>", "size": "large"}
    )
    page = answer.content.decode()
    assert f"recipient_id={BANK}" in page
    assert "<you>" not in page


def test_the_welcome_screen_is_set_at_x_and_kept(browser: Client, twitter_app: App) -> None:
    rows = [{"label": "Cards", "metadata": "CARDS"}, {"label": "Loans", "metadata": "LOANS"}]
    values = {"welcome": "How may we help?", "replies_on": "on", **replies(*rows)}
    answer = browser.post(f"/apps/{twitter_app.pk}/twitter/welcome/", values)
    assert answer.status_code == 302, answer.content
    config = App.objects.get().config
    assert [reply["metadata"] for reply in config["quick_replies"]] == ["CARDS", "LOANS"]
    ((_key, kept),) = store.all("welcome")
    assert kept["data"]["quick_reply"]["options"][0]["label"] == "Cards"
    assert len(store.all("rule")) == 1


def test_an_empty_welcome_message_takes_the_screen_away(
    browser: Client, twitter_app: App
) -> None:
    url = f"/apps/{twitter_app.pk}/twitter/welcome/"
    browser.post(url, {"welcome": "Hello", **replies()})
    browser.post(url, {"welcome": "", **replies()})
    assert store.all("rule") == []


def test_add_more_options_adds_a_row(browser: Client, twitter_app: App) -> None:
    values = {"welcome": "Hello", "act": "add", **replies({"label": "Cards"})}
    page = browser.post(f"/apps/{twitter_app.pk}/twitter/welcome/", values).content.decode()
    assert 'name="replies-1-label"' in page
    assert "Cards" in page


def test_what_x_refuses_is_not_kept(browser: Client, twitter_app: App) -> None:
    store.set_switches({"expired_token"})
    answer = browser.post(
        f"/apps/{twitter_app.pk}/twitter/welcome/", {"welcome": "Hello", **replies()}
    )
    assert answer.status_code == 422
    assert not App.objects.get().config.get("welcome")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"welcome": "x" * 9_991}, "welcome"),
        ({"attachment_type": "hologram"}, "attachment_type"),
        ({"welcome": "Hi", "attachment_type": "image"}, "attachment_url"),
        ({"welcome": "Hi", "quick_replies": [{"label": "x" * 37}]}, "quick_replies"),
        (
            {
                "welcome": "Hi",
                "quick_replies": [{"label": "a", "description": "d"}, {"label": "b"}],
            },
            "quick_replies",
        ),
    ],
)
def test_a_wrong_welcome_screen_says_which_field(changes: Any, field: str) -> None:
    with pytest.raises(ValidationError) as found:
        checked_config({"user_id": "1", **changes})
    assert field in found.value.message_dict


def test_the_api_sets_the_welcome_screen_as_the_page_does(
    browser: Client, twitter_app: App
) -> None:
    url = f"/api/v1/apps/{twitter_app.pk}/welcome-screen/"
    body = {"welcome": "Hello", "quick_replies": [{"label": "Cards", "metadata": "CARDS"}]}
    answer = browser.patch(url, body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert browser.get(url).json()["quick_replies"][0]["metadata"] == "CARDS"
    ((_key, kept),) = store.all("welcome")
    assert kept["data"]["text"] == "Hello"
    wrong = browser.patch(url, {"attachment_type": "x"}, content_type="application/json")
    assert wrong.status_code == 400
    assert "attachment_type" in wrong.content.decode()


def test_a_viewer_reads_the_welcome_screen_and_does_not_set_it(
    twitter_app: App, viewer: Member, client_of: Any
) -> None:
    url, client = f"/api/v1/apps/{twitter_app.pk}/welcome-screen/", client_of(viewer)
    assert client.get(url).status_code == 200
    refused = client.patch(url, {"welcome": "Hi"}, content_type="application/json")
    assert refused.status_code == 403


def test_the_api_gives_the_code_of_the_button(browser: Client, twitter_app: App) -> None:
    url = f"/api/v1/apps/{twitter_app.pk}/message-button/"
    answer = browser.post(url, {"text": "Hi"}, content_type="application/json")
    assert f"recipient_id={BANK}" in answer.json()["code"]
    wrong = browser.post(url, {"size": "vast"}, content_type="application/json")
    assert wrong.status_code == 400

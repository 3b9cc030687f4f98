"""Advanced settings of a page: plugins, welcome screen, persistent menu, Messenger code."""

from typing import Any

import pytest
from django.test import Client

from imiconnect.apps.models import App
from tests.facebook.conftest import PAGE


@pytest.fixture
def base(page_app: App) -> str:
    return f"/apps/{page_app.pk}/facebook/"


def profile(twin: Any) -> dict[str, Any]:
    """Return the Messenger profile as the double has it."""
    found: dict[str, Any] = twin.get("page", PAGE)["profile"]
    return found


def welcome(client: Client, base: str, **values: str) -> Any:
    return client.post(f"{base}welcome/", values)


def menu(client: Client, base: str, *items: tuple[str, str, str], **more: str) -> Any:
    values = {"form-TOTAL_FORMS": str(len(items)), "form-INITIAL_FORMS": "0", **more}
    for number, (title, kind, value) in enumerate(items):
        values |= {
            f"form-{number}-title": title,
            f"form-{number}-type": kind,
            f"form-{number}-value": value,
        }
    return client.post(f"{base}menu/", values)


@pytest.mark.parametrize(
    ("plugin", "words"),
    [
        ("send", "fb-send-to-messenger"),
        ("message_us", "fb-messengermessageus"),
        ("checkbox", "fb-messenger-checkbox"),
    ],
)
def test_get_code_gives_each_plugin(
    client: Client, base: str, twin: Any, plugin: str, words: str
) -> None:
    values = {
        "plugin": plugin, "color": "blue", "size": "large", "site": "https://shop.example",
        "ref": "home",
    }  # fmt: skip
    text = client.post(f"{base}plugins/", values).text
    assert words in text
    assert PAGE in text
    assert "How the plugin looks" in text
    assert profile(twin)["whitelisted_domains"] == ["https://shop.example"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("site", "http://shop.example", "is no site"),
        ("site", "shop", "is no site"),
        ("ref", "a b", "The reference must be"),
        ("ref", "x" * 251, "The reference must be"),
    ],
)
def test_a_wrong_plugin_is_marked(
    client: Client, base: str, field: str, value: str, words: str
) -> None:
    values = {
        "plugin": "send", "color": "blue", "size": "large", "site": "https://shop.example",
        "ref": "",
    }  # fmt: skip
    answer = client.post(f"{base}plugins/", values | {field: value})
    assert answer.status_code == 422
    assert words in answer.text


def test_the_welcome_screen_reaches_messenger(client: Client, base: str, twin: Any) -> None:
    answer = welcome(
        client, base, greeting="Hi {{user_first_name}}!", enabled="on", payload="START"
    )
    assert answer.status_code == 302
    assert profile(twin) == {
        "greeting": [{"locale": "default", "text": "Hi {{user_first_name}}!"}],
        "get_started": {"payload": "START"},
    }
    assert App.objects.get().config["get_started"] == "START"


def test_taking_the_button_away_removes_it_at_messenger(
    client: Client, base: str, twin: Any
) -> None:
    welcome(client, base, greeting="Hi", enabled="on", payload="START")
    welcome(client, base, greeting="")
    assert profile(twin) == {}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"greeting": "x" * 161}, "160 characters"),
        ({"greeting": "Hi {{user_age}}"}, "Messenger fills in only"),
        ({"enabled": "on", "payload": " "}, "Enter the payload"),
        ({"enabled": "on", "payload": "x" * 1001}, "1,000 characters"),
    ],
)
def test_a_wrong_welcome_is_marked(
    client: Client, base: str, values: dict[str, str], words: str
) -> None:
    answer = welcome(client, base, **values)
    assert answer.status_code == 422
    assert words in answer.text


def test_the_menu_reaches_messenger(client: Client, base: str, twin: Any) -> None:
    welcome(client, base, enabled="on", payload="START")
    answer = menu(
        client, base, ("Shop", "web_url", "https://shop.example"), ("Care", "postback", "CARE")
    )
    assert answer.status_code == 302
    actions = profile(twin)["persistent_menu"][0]["call_to_actions"]
    assert [item["type"] for item in actions] == ["web_url", "postback"]
    assert actions[1]["payload"] == "CARE"


def test_the_menu_needs_get_started(client: Client, base: str) -> None:
    answer = menu(client, base, ("Care", "postback", "CARE"))
    assert "needs the Get Started button" in answer.text


def test_a_button_under_a_menu_cannot_be_taken_away(client: Client, base: str) -> None:
    welcome(client, base, enabled="on", payload="START")
    menu(client, base, ("Care", "postback", "CARE"))
    answer = welcome(client, base, greeting="")
    assert "Remove the menu first" in answer.text


def test_add_more_options_keeps_what_was_typed_and_ends_at_five(
    client: Client, base: str
) -> None:
    items = [("Care", "postback", "CARE")] * 4
    answer = menu(client, base, *items, act="add")
    assert answer.text.count('value="CARE"') == 4
    assert "Item 5" in answer.text
    assert "ADD MORE OPTIONS" not in answer.text


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (("", "postback", "CARE"), "Enter the text of the item."),
        (("x" * 31, "postback", "CARE"), "30 characters"),
        (("Care", "postback", ""), "Enter the payload."),
        (("Care", "postback", "x" * 1001), "1,000 characters"),
        (("Shop", "web_url", "shop.example"), "must begin with https://"),
    ],
)
def test_a_wrong_item_is_marked(
    client: Client, base: str, item: tuple[str, str, str], words: str
) -> None:
    answer = menu(client, base, item)
    assert answer.status_code == 422
    assert words in answer.text


def test_six_items_are_too_many(client: Client, base: str) -> None:
    welcome(client, base, enabled="on", payload="START")
    assert menu(client, base, *[("Care", "postback", "CARE")] * 6).status_code == 422


def test_what_messenger_refuses_is_shown_and_not_kept(
    client: Client, base: str, twin: Any
) -> None:
    twin.set_switches({"rate_limit"})
    answer = welcome(client, base, greeting="Hi")
    assert answer.status_code == 422
    assert "send more slowly" in answer.text
    assert App.objects.get().config["greeting"] == ""


def test_the_api_sets_the_profile_as_the_pages_do(
    client: Client, page_app: App, twin: Any
) -> None:
    url = f"/api/v1/apps/{page_app.pk}/messenger-profile/"
    body = {
        "greeting": "Hi", "get_started": "START",
        "menu": [{"title": "Care", "type": "postback", "value": "CARE"}],
    }  # fmt: skip
    answer = client.patch(url, body, content_type="application/json")
    assert answer.json() == body | {"domains": []}
    assert profile(twin)["get_started"] == {"payload": "START"}
    refused = client.patch(url, {"get_started": ""}, content_type="application/json")
    assert refused.status_code == 400
    assert client.get(url).json()["get_started"] == "START"


def test_the_api_gives_the_code_of_a_plugin(client: Client, page_app: App) -> None:
    body = {"plugin": "send", "site": "https://shop.example"}
    url = f"/api/v1/apps/{page_app.pk}/messenger-plugin/"
    answer = client.post(url, body, content_type="application/json").json()
    assert "fb-send-to-messenger" in answer["code"]
    assert answer["link"].endswith(PAGE)


def test_the_api_does_not_change_a_profile_behind_metas_back(
    client: Client, page_app: App
) -> None:
    url = f"/api/v1/apps/{page_app.pk}/"
    body = {"config": page_app.config | {"greeting": "Hi"}}
    assert client.patch(url, body, content_type="application/json").status_code == 400


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_the_code_is_a_qr_code_of_the_link(
    client: Client, base: str, kind: str, start: bytes
) -> None:
    page = client.get(f"{base}code/").text
    assert f"m.me/{PAGE}" in page
    assert "removed its round Messenger codes in 2019" in page
    answer = client.get(f"{base}code.{kind}?download")
    assert answer.content.startswith(start)
    assert f"messenger-{PAGE}.{kind}" in answer.headers["Content-Disposition"]

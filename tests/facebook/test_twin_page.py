"""What leads a customer to the double of Messenger: plugins of a site, links; and files."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from imiconnect.apps.channel_types.facebook.profile import save_profile
from imiconnect.apps.models import App
from imiconnect.rtm.models import Contact, Message
from imiconnect.sandbox.facebook.twin import APP_ID
from tests.apps.file_site import PNG
from tests.facebook.conftest import PAGE, PSID
from tests.facebook.test_messages import (  # noqa: F401 - fixtures
    PLAY,
    connected,
    rtm_app,
    work,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("twin")]
SHOP = "https://shop.example"


def come(client: Client, plugin: str, **query: str) -> Any:
    """Press a plugin of a site; return the page of the double to which that leads."""
    given = {"app_id": APP_ID, "page_id": PAGE, "origin": SHOP, "ref": "home"} | query
    return client.get(f"/sandbox/facebook/plugins/{plugin}?{urlencode(given)}", follow=True)


def go_on(client: Client, page: Any) -> dict[str, Any]:
    """Press the button there; return what the gateway has logged of it."""
    client.post(PLAY, page.context["arrival"].press.fields)
    work()
    payload: dict[str, Any] = Message.objects.get().payload
    return payload


@pytest.fixture
def shop(connected: App) -> App:  # noqa: F811 - the fixture
    """A page whose plugins a shop may show."""
    return save_profile(app=connected, domains=[SHOP])


def test_the_script_of_the_plugins_is_served(client: Client) -> None:
    script = client.get("/sandbox/facebook/sdk/en_US/sdk.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert "fb-messenger-checkbox" in script.text


def test_send_to_messenger_leads_to_an_opt_in(shop: App, client: Client) -> None:
    told = go_on(client, come(client, "send"))
    assert (told["event"], told["extras"]["ref"]) == ("optin", "home")


def test_a_checkbox_leads_to_an_opt_in_of_its_user_ref(shop: App, client: Client) -> None:
    page = come(client, "checkbox", user_ref="view-7")
    assert go_on(client, page)["extras"]["plugin"] == "checkbox"
    assert Message.objects.get().address == "user_ref:view-7"
    assert not Contact.objects.exists()


def test_a_user_ref_that_was_used_is_refused(shop: App, client: Client) -> None:
    page = come(client, "checkbox", user_ref="view-7")
    go_on(client, page)
    again = client.post(PLAY, page.context["arrival"].press.fields, follow=True)
    assert "was used before" in again.text
    work()
    assert Message.objects.count() == 1


@pytest.mark.parametrize("plugin", ["message_us", "link"])
def test_a_link_into_a_conversation_is_a_referral(
    shop: App, client: Client, plugin: str
) -> None:
    told = go_on(client, come(client, plugin))
    assert (told["event"], told["extras"]["ref"]) == ("referral", "home")


def test_the_reference_of_a_link_comes_with_get_started(shop: App, client: Client) -> None:
    save_profile(app=shop, get_started="START")
    page = client.get(f"/sandbox/facebook/m.me/{PAGE}?ref=poster-3", follow=True)
    assert page.text.count("Get Started") >= 1
    told = go_on(client, page)
    assert (told["interactiveData"]["payload"], told["extras"]) == (
        "START",
        {"ref": "poster-3"},
    )


def test_a_link_without_a_reference_opens_the_conversation(client: Client) -> None:
    page = client.get(f"/sandbox/facebook/m.me/{PAGE}", follow=True)
    assert (page.context["page"], page.context["arrival"]) == (PAGE, None)


def test_another_customer_may_be_chosen_who_came(shop: App, client: Client) -> None:
    page = come(client, "send")
    other = client.get(PLAY, page.context["arrival"].query | {"psid": "7000000000012"})
    assert other.context["arrival"].press.fields["psid"] == "7000000000012"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"origin": "https://other.example"}, "whitelisted_domains"),
        ({"app_id": "1"}, "not connected"),
        ({"page_id": "1"}, "no page"),
        ({"page_id": "20000000000002"}, "not connected"),
    ],
)
def test_a_plugin_that_meta_would_not_draw_says_why(
    shop: App, client: Client, query: dict[str, str], words: str
) -> None:
    answer = come(client, "send", **query)
    assert answer.status_code == 400
    assert words in answer.text


@pytest.mark.parametrize("origin", ["null", "http://localhost:3000", "http://127.0.0.1"])
def test_a_page_of_this_machine_may_be_tried(
    connected: App,  # noqa: F811 - the fixture
    client: Client,
    origin: str,
) -> None:
    assert come(client, "send", origin=origin).status_code == 200


def test_a_customers_picture_reaches_the_log_by_its_address(
    connected: App,  # noqa: F811 - the fixture
    client: Client,
) -> None:
    picture = SimpleUploadedFile("me.png", PNG, "image/png")
    page = client.post(PLAY, {"psid": PSID, "act": "file", "file": picture}, follow=True)
    work()
    (part,) = Message.objects.get().payload["media"]
    assert part["contentType"] == "image"
    path = part["file"].removeprefix("http://testserver")
    assert f'src="{path}"' in page.text
    answer = client.get(path)
    assert (answer.content, answer.headers["Content-Type"]) == (PNG, "image/png")


def test_a_customers_page_is_saved_and_never_shown(
    connected: App,  # noqa: F811 - the fixture
    client: Client,
) -> None:
    site = SimpleUploadedFile("a.html", b"<script>alert(1)</script>", "text/html")
    client.post(PLAY, {"psid": PSID, "act": "file", "file": site})
    work()
    (part,) = Message.objects.get().payload["media"]
    answer = client.get(part["file"].removeprefix("http://testserver"))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.html"'


def test_a_form_without_a_file_asks_for_one(connected: App, client: Client) -> None:  # noqa: F811
    page = client.post(PLAY, {"psid": PSID, "act": "file"}, follow=True)
    assert "Choose a file of at most 2 MB." in page.text
    assert not Message.objects.exists()

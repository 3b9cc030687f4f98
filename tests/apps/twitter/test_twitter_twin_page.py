"""The page where a person plays a customer at the double of Twitter, and what leads there."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps import health, hooks
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.events import Event, Incoming
from imiconnect.apps.channel_types.twitter.config import QuickReply
from imiconnect.apps.channel_types.twitter.handler import TwitterHandler
from imiconnect.apps.channel_types.twitter.inbound import events_in
from imiconnect.apps.channel_types.twitter.welcome import save_welcome
from imiconnect.apps.connection import account_of
from imiconnect.apps.models import App
from imiconnect.rtm.models import MediaFile
from imiconnect.sandbox.twitter.world import store
from tests.apps.file_site import PNG
from tests.apps.twitter.conftest import BANK, CORA, TELECOM
from tests.apps.twitter.test_twitter_files import FILM

PAGE = "/tools/sandbox/twitter/"
ASKED = {"user": BANK, "person": CORA}
Taken = list[tuple[str, Event]]


def heard(taken: Taken) -> Incoming:
    """Let the platform work on what the double has told; return the one message."""
    hooks.work_through()
    ((_app, event),) = taken
    assert isinstance(event, Incoming)
    return event


def attach(browser: Client, name: str, kind: str, data: bytes, text: str = "") -> str:
    """Send a file as the customer; return the page that follows."""
    file = SimpleUploadedFile(name, data, kind)
    act = ASKED | {"act": "file", "file": file, "text": text}
    return browser.post(PAGE, act, follow=True).text


def test_what_the_customer_writes_reaches_the_platform_and_is_shown(
    browser: Client, twitter_app: App, taken: Taken
) -> None:
    health.check_now(app=twitter_app)
    act = ASKED | {"act": "say", "text": "What is my balance?"}
    page = browser.post(PAGE, act, follow=True)
    assert page.status_code == 200
    assert "What is my balance?" in page.text
    assert heard(taken).text == "What is my balance?"


def test_an_account_that_is_not_connected_is_said_to_be(browser: Client) -> None:
    act = ASKED | {"act": "say", "text": "Hello"}
    assert "not connected" in browser.post(PAGE, act, follow=True).text


def test_a_reply_of_the_welcome_message_is_pressed_once(
    browser: Client, twitter_app: App, taken: Taken
) -> None:
    health.check_now(app=twitter_app)
    replies = [QuickReply("Cards", "", "CARDS"), QuickReply("Loans", "", "LOANS")]
    save_welcome(app=twitter_app, welcome="How may we help?", quick_replies=replies)
    page = browser.get(PAGE, ASKED)
    (welcome,) = page.context["talk"]
    assert (welcome.text, [press.label for press in welcome.presses]) == (
        "How may we help?",
        ["Cards", "Loans"],
    )
    after = browser.post(PAGE, welcome.presses[1].fields, follow=True).context["talk"]
    assert [(bubble.text, len(bubble.presses)) for bubble in after] == [
        ("How may we help?", 0),
        ("Loans", 0),
    ]
    event = heard(taken)
    assert (event.text, event.payload) == ("Loans", "LOANS")


def test_a_picture_of_a_customer_is_read_with_the_accounts_signature_and_kept(
    browser: Client, twitter_app: App, taken: Taken
) -> None:
    health.check_now(app=twitter_app)
    assert "data:image/png;base64," in attach(browser, "me.png", "image/png", PNG, "Look")
    event = heard(taken)
    (part,) = event.attachments
    assert (event.text, part.kind, part.content_type) == ("Look", "image", "image/png")
    assert b"".join(Client().get(part.url.partition("testserver")[2])) == PNG
    assert MediaFile.objects.get().user_id == CORA


def test_a_film_of_a_customer_is_kept(browser: Client, twitter_app: App, taken: Taken) -> None:
    health.check_now(app=twitter_app)
    attach(browser, "me.mp4", "video/mp4", FILM)
    event = heard(taken)
    assert (event.text, event.attachments[0].kind) == ("", "video")
    assert MediaFile.objects.get().content_type == "video/mp4"


@pytest.mark.parametrize(
    ("kind", "size", "words"),
    [("application/pdf", 9, "Choose a JPEG"), ("image/png", 2**21 + 1, "at most 2 MB")],
)
def test_a_file_that_x_does_not_take_is_said_to_be_none(
    browser: Client, twitter_app: App, kind: str, size: int, words: str
) -> None:
    assert words in attach(browser, "a", kind, b"x" * size)
    assert not store.all("message")


def test_nobody_but_the_account_reads_a_customers_file(
    browser: Client, twitter_app: App, log_in: Any
) -> None:
    attach(browser, "me.png", "image/png", PNG)
    ((key, kept),) = store.all("media")
    address = f"http://testserver/sandbox/twitter/1.1/ton/data/dm/{key}/a.png"
    assert Client().get(address).status_code == 401
    handler = TwitterHandler()
    own = account_of(twitter_app, handler)
    assert handler.fetch(own, {"id": address}) == PNG
    store.change("media", key, account=TELECOM)
    with pytest.raises(ChannelError):
        handler.fetch(own, {"id": address})


@pytest.mark.parametrize(
    "url",
    ["https://ton.twitter.com.evil.example/a.png", "http://ton.twitter.com/a.png", "file:///a"],
)
def test_a_file_elsewhere_is_asked_for_by_no_signed_call(twitter_app: App, url: str) -> None:
    handler = TwitterHandler()
    with pytest.raises(ChannelError) as found:
        handler.fetch(account_of(twitter_app, handler), {"id": url})
    assert found.value.detail == "the file is not at X"


def test_of_a_film_the_best_one_is_taken() -> None:
    def film(rate: int, kind: str = "video/mp4") -> dict[str, Any]:
        return {"bitrate": rate, "content_type": kind, "url": f"https://video.twimg.com/{rate}"}

    films = [film(1), film(9), film(99, "application/x-mpegURL"), film(5)]
    media = {"type": "video", "video_info": {"variants": films}}
    made = {"sender_id": CORA, "message_data": {"attachment": {"media": media}}}
    told = {
        "type": "message_create",
        "id": "1",
        "created_timestamp": "1",
        "message_create": made,
    }
    body = json.dumps({"for_user_id": BANK, "direct_message_events": [told]}).encode()
    (event,) = events_in(body)
    assert isinstance(event, Incoming)
    assert event.attachments[0].at_provider == {"id": "https://video.twimg.com/9"}


def test_the_message_button_leads_to_the_conversation_with_its_text(
    admin: Member, browser: Client
) -> None:
    script = browser.get("/sandbox/twitter/widgets.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    link = f"/sandbox/twitter/messages/compose?recipient_id={TELECOM}&text=My+balance%3F"
    page = browser.get(link, follow=True)
    assert page.context["user"] == TELECOM
    assert 'value="My balance?"' in page.text

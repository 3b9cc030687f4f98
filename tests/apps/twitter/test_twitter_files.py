"""Pictures and films of direct messages: uploaded to X in chunks."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from imiconnect.accounts.models import Member
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.twitter import media as uploads
from imiconnect.apps.channel_types.twitter.handler import TwitterHandler
from imiconnect.apps.channel_types.twitter.handler import client_of as client_of_account
from imiconnect.apps.channel_types.twitter.welcome import save_welcome
from imiconnect.apps.connection import account_of
from imiconnect.apps.models import App
from imiconnect.sandbox.twitter import media
from imiconnect.sandbox.twitter.world import store
from tests.apps.file_site import PNG, file_site
from tests.apps.twitter.conftest import BANK, CORA
from tests.apps.twitter.test_twitter_messages import received, send

FILM = b"\0\0\0\x18ftypmp42" + b"x" * 1000


@pytest.fixture
def site(settings: Any) -> Iterator[str]:
    """A server with a picture, a film, and what X does not take."""
    settings.ALLOW_PRIVATE_CALLBACKS = True
    files = {
        "/a.png": ("image/png", PNG),
        "/a.mp4": ("video/mp4", FILM),
        "/a.pdf": ("application/pdf", b"%PDF-1.7"),
        "/huge.png": ("image/png", b"x" * (5 * 2**20 + 1)),
    }
    with file_site(files) as address:
        yield address


def one(url: str, kind: str = "image") -> dict[str, Any]:
    return {"message": "Look", "media": [{"contentType": kind, "file": url}]}


def test_a_picture_is_uploaded_and_shown(
    twitter_app: App, site: str, admin: Member, client_of: Any
) -> None:
    send(twitter_app, **one(f"{site}/a.png"))
    (message,) = received()
    assert (message["text"], media.data_of(message["media"][0])) == ("Look", ("image/png", PNG))
    page = client_of(admin).get(f"/tools/sandbox/twitter/?user={BANK}&person={CORA}").text
    assert "data:image/png;base64," in page


def test_a_film_goes_in_chunks_and_waits_for_the_look_at_it(
    twitter_app: App, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "CHUNK", 400)
    send(twitter_app, **one(f"{site}/a.mp4", "video/mp4"))
    ((_key, kept),) = store.all("media")
    assert sorted(kept["chunks"]) == ["0", "1", "2"]
    assert media.data_of(received()[0]["media"][0]) == ("video/mp4", FILM)


def test_a_picture_beside_quick_replies_goes_by_the_older_version(
    twitter_app: App, site: str
) -> None:
    options = [{"title": "Red", "payload": "r"}]
    send(twitter_app, **one(f"{site}/a.png"), quickReplies={"options": options})
    (message,) = received()
    assert message["options"]
    assert media.data_of(message["media"][0])[1] == PNG


def test_an_id_of_the_senders_own_upload_is_sent_as_it_is(twitter_app: App, site: str) -> None:
    send(twitter_app, **one(f"{site}/a.png"))
    known = received()[0]["media"][0]
    send(twitter_app, message="Again", media=[{"contentType": "image", "id": known}])
    assert received()[1]["media"] == [known]
    assert len(store.all("media")) == 1


@pytest.mark.parametrize(
    ("path", "kind", "outcome"),
    [
        ("/a.pdf", "image", "content"),
        ("/huge.png", "image", "content"),
        ("/none.png", "image", "content"),
        ("/away", "image", "file_away"),
    ],
)
def test_a_file_that_cannot_go_has_its_outcome(
    twitter_app: App, site: str, path: str, kind: str, outcome: str
) -> None:
    with pytest.raises(ChannelError) as found:
        send(twitter_app, **one(site + path, kind))
    assert found.value.outcome.name == outcome
    assert not received()


def test_a_film_that_x_cannot_read_is_not_sent(
    twitter_app: App, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = {"state": "failed", "error": {"message": "InvalidMedia"}}
    monkeypatch.setattr(media, "state", lambda user, key: {"processing_info": failed})
    with pytest.raises(ChannelError) as found:
        send(twitter_app, **one(f"{site}/a.mp4", "video"))
    assert (found.value.outcome.name, found.value.detail) == ("content", "InvalidMedia")


def test_a_film_that_takes_long_is_tried_again_later(
    twitter_app: App, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = {"state": "in_progress", "check_after_secs": 60}
    monkeypatch.setattr(media, "state", lambda user, key: {"processing_info": slow})
    with pytest.raises(ChannelError) as found:
        send(twitter_app, **one(f"{site}/a.mp4", "video"))
    assert (found.value.outcome.retryable, found.value.after) == (True, 60.0)


def test_a_film_that_x_takes_too_slowly_is_tried_again(
    twitter_app: App, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "CHUNK", 400)
    monkeypatch.setattr(uploads, "PATIENCE", 0.0)
    with pytest.raises(ChannelError) as found:
        send(twitter_app, **one(f"{site}/a.mp4", "video/mp4"))
    assert (found.value.outcome.retryable, found.value.detail) == (
        True,
        "X takes the file too slowly",
    )


def test_somebody_elses_upload_is_refused_by_x(twitter_app: App) -> None:
    with pytest.raises(ChannelError) as found:
        send(twitter_app, message="Hi", media=[{"contentType": "image", "id": "77"}])
    assert found.value.outcome.name == "content"


WELCOME = {"welcome": "How may we help?", "attachment_type": "image"}


def test_the_attachment_of_the_welcome_screen_is_uploaded_and_shown(
    twitter_app: App, site: str, admin: Member, client_of: Any
) -> None:
    save_welcome(app=twitter_app, **WELCOME, attachment_url=f"{site}/a.png")
    ((_key, kept),) = store.all("welcome")
    named = kept["data"]["attachment"]["media"]["id"]
    assert (kept["data"]["text"], media.data_of(named)) == (
        "How may we help?",
        ("image/png", PNG),
    )
    page = client_of(admin).get(f"/tools/sandbox/twitter/?user={BANK}&person={CORA}").text
    assert "data:image/png;base64," in page


@pytest.mark.parametrize("path", ["/a.pdf", "/huge.png"])
def test_an_attachment_that_x_does_not_take_goes_as_its_address(
    twitter_app: App, site: str, path: str
) -> None:
    save_welcome(app=twitter_app, **WELCOME, attachment_url=site + path)
    ((_key, kept),) = store.all("welcome")
    assert kept["data"] == {"text": f"How may we help?\n{site}{path}"}


def test_an_attachment_that_cannot_be_read_is_not_saved(twitter_app: App, site: str) -> None:
    with pytest.raises(ValidationError) as found:
        save_welcome(app=twitter_app, **WELCOME, attachment_url=f"{site}/none.png")
    assert "404" in found.value.message_dict["attachment_url"][0]
    assert not store.all("welcome")
    assert not App.objects.get().config.get("welcome")


def test_x_refuses_a_welcome_screen_with_somebody_elses_file(twitter_app: App) -> None:
    client = client_of_account(account_of(twitter_app, TwitterHandler()))
    attached = {"type": "media", "media": {"id": "77"}}
    with pytest.raises(ChannelError) as found:
        client.set_welcome({"text": "Hi", "attachment": attached})
    assert found.value.outcome.name == "content"


def test_an_upload_that_is_not_whole_is_not_finished(twitter_app: App) -> None:
    key = media.begin(BANK, "image/png", 10, "dm_image")
    assert media.append(BANK, key, 1, b"x" * 10)
    assert media.finalize(BANK, key) is None


def test_the_page_needs_no_picture(admin: Member, client_of: Any) -> None:
    client: Client = client_of(admin)
    assert client.get("/tools/sandbox/twitter/").status_code == 200

"""Files to and from a follower: by WeChat's ids of them, each good for three days."""

import datetime as dt
import io
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from imiconnect.accounts.models import Member
from imiconnect.apps import hooks
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.events import Event, Incoming
from imiconnect.apps.channel_types.wechat import client as wechat_client
from imiconnect.apps.channel_types.wechat import media as uploads
from imiconnect.apps.channel_types.wechat.client import WeChatClient
from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.outbound import File
from imiconnect.rtm.media import usage
from imiconnect.rtm.models import MediaFile, MediaUsage, Message
from imiconnect.rtm.processors import mo
from imiconnect.sandbox.wechat import files
from imiconnect.sandbox.wechat.world import STORE
from tests.apps.file_site import PNG, file_site
from tests.apps.over_django import SITE
from tests.apps.wechat.conftest import APPID, FOLLOWER, KEY, OPENID, TOKEN, Send, received

pytestmark = pytest.mark.usefixtures("twin")
PAGE = "/tools/sandbox/wechat/"
FILM = b"\0\0\0\x18ftypmp42" + b"x" * 1000
#: A frame of AMR that lasts 20 ms and holds nothing, and a voice of one second.
SILENCE = b"\x44" + b"\0" * 5
VOICE = b"#!AMR\n" + SILENCE * 50
Taken = list[tuple[str, Event]]


def _jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (2, 2), "blue").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def site(settings: Any) -> Iterator[str]:
    """A server with what WeChat takes, and what it does not."""
    settings.ALLOW_PRIVATE_CALLBACKS = True
    found = {
        "/a.png": ("image/png", PNG),
        "/a.jpg": ("image/jpeg", _jpeg()),
        "/unknown": ("application/octet-stream", PNG),
        "/a.amr": ("audio/amr", VOICE),
        "/a.mp4": ("video/mp4", FILM),
        "/a.pdf": ("application/pdf", b"%PDF-1.7"),
        "/a.ogg": ("audio/ogg", b"OggS"),
        "/long.amr": ("audio/amr", b"#!AMR\n" + SILENCE * 50 * 61),
        "/heavy.amr": ("audio/amr", b"#!AMR\n" + b"x" * (2 * 2**20)),
        "/false.png": ("image/png", b"MZ no picture"),
    }
    with file_site(found) as address:
        yield address


@pytest.fixture
def browser(admin: Member, wechat_app: App) -> Client:
    """Ada's browser; the account's server is the app."""
    url = f"{SITE}/hooks/wechat/{wechat_app.app_id}/"
    server = {"url": url, "token": TOKEN, "aes_key": KEY, "mode": "safe"}
    STORE.change("account", APPID, server=server)
    client = Client()
    client.force_login(admin.user)
    return client


def one(url: str, kind: str) -> dict[str, Any]:
    return {"media": [{"contentType": kind, "file": url}]}


def attach(browser: Client, data: bytes, name: str = "a") -> str:
    """Send a file from the follower's phone; return the page that follows."""
    sent = {"act": "attach", "appid": APPID, "openid": OPENID}
    file = SimpleUploadedFile(name, data)
    return browser.post(PAGE, sent | {"file": file}, follow=True).content.decode()


def incoming(taken: Taken) -> Incoming:
    hooks.work_through()
    ((_app, event),) = taken
    assert isinstance(event, Incoming)
    return event


@pytest.mark.parametrize(
    ("path", "kind", "word", "data"),
    [
        ("/a.png", "image", "image", PNG),
        ("/a.jpg", "image/png", "image", _jpeg()),
        ("/unknown", "image/png", "image", PNG),
        ("/a.amr", "audio", "voice", VOICE),
        ("/a.mp4", "video/mp4", "video", FILM),
    ],
)
def test_a_file_is_handed_to_wechat_and_sent_by_its_id(
    send: Send, site: str, path: str, kind: str, word: str, data: bytes
) -> None:
    assert send(**one(site + path, kind)).detail == {"msgtype": word}
    (message,) = received()
    kept = STORE.get("media", message["body"]["media_id"])
    assert kept
    assert (message["type"], kept["word"], files.data_of(kept)) == (word, word, data)


def test_the_follower_sees_the_picture(send: Send, site: str, browser: Client) -> None:
    send(**one(f"{site}/a.png", "image"))
    address = f"/sandbox/wechat/mmbiz/{received()[0]['body']['media_id']}"
    assert f'src="{address}"' in browser.get(PAGE).text
    assert Client().get(address).content == PNG


def test_a_film_is_sent_with_the_text_below_it(send: Send, site: str, browser: Client) -> None:
    send(message="How it works", **one(f"{site}/a.mp4", "video"))
    assert received()[0]["body"]["description"] == "How it works"
    page = browser.get(PAGE).text
    assert "How it works" in page
    assert "video/mp4" in page


def thumbnail() -> bytes:
    """Return the picture of the film that the follower has got."""
    kept = STORE.get("media", received()[0]["body"]["thumb_media_id"])
    assert kept
    assert kept["word"] == "thumb"
    return files.data_of(kept)


def test_a_film_goes_with_a_picture_of_its_own_or_a_neutral_one(send: Send, site: str) -> None:
    film = {"contentType": "video", "file": f"{site}/a.mp4"}
    send(media=[film | {"thumbnail": f"{site}/a.jpg"}])
    assert thumbnail() == _jpeg()
    (key, _message) = STORE.all("message", out=False)[0]
    STORE.drop("message", key)
    send(media=[film])
    assert thumbnail()[:3] == b"\xff\xd8\xff"
    assert len(STORE.all("media")) == 3


def test_a_film_of_the_accounts_own_has_a_picture_too(send: Send, browser: Client) -> None:
    named = files.keep(APPID, files.MP4, FILM)
    send(media=[{"contentType": "video", "id": named}])
    assert thumbnail()[:3] == b"\xff\xd8\xff"
    with pytest.raises(ChannelError) as found:
        send(media=[{"contentType": "video", "id": "gone"}])
    assert found.value.outcome.name == "content"


def test_a_thumbnail_that_wechat_does_not_take_is_said(send: Send, site: str) -> None:
    film = {"contentType": "video", "file": f"{site}/a.mp4", "thumbnail": f"{site}/a.png"}
    with pytest.raises(ChannelError) as found:
        send(media=[film])
    assert (found.value.outcome.name, "64 KB" in found.value.detail) == ("content", True)


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/a.pdf", "file"), ("/a.pdf", "image"), ("/a.ogg", "audio"), ("/heavy.amr", "audio")],
)
def test_what_wechat_takes_as_no_file_goes_as_an_article(
    send: Send, site: str, path: str, kind: str
) -> None:
    send(**one(site + path, kind))
    (message,) = received()
    assert message["body"]["articles"][0]["url"] == site + path
    assert not STORE.all("media")


@pytest.mark.parametrize(
    ("path", "kind", "outcome", "words"),
    [
        ("/none.png", "image", "content", "404"),
        ("/away", "image", "file_away", "503"),
        ("/false.png", "image", "content", "40005"),
        ("/long.amr", "audio", "content", "45007"),
    ],
)
def test_a_file_that_cannot_go_has_its_outcome(
    send: Send, site: str, path: str, kind: str, outcome: str, words: str
) -> None:
    with pytest.raises(ChannelError) as found:
        send(**one(site + path, kind))
    assert found.value.outcome.name == outcome
    assert words in found.value.detail
    assert not received()


def test_the_same_file_is_handed_over_once(send: Send, site: str) -> None:
    send(**one(f"{site}/a.png", "image"))
    send(**one(f"{site}/unknown", "image/png"))
    assert len({message["body"]["media_id"] for message in received()}) == 1
    assert len(STORE.all("media")) == 1


def test_a_file_that_wechat_has_forgotten_is_handed_over_again(send: Send, site: str) -> None:
    send(**one(f"{site}/a.png", "image"))
    for key, _data in STORE.all("media"):
        STORE.change("media", key, at=time.time() - files.LIFETIME - 1)
    with pytest.raises(ChannelError) as found:
        send(**one(f"{site}/a.png", "image"))
    assert found.value.outcome.retryable
    send(**one(f"{site}/a.png", "image"))
    assert len(received()) == 2


def test_an_id_is_used_for_two_days_only(
    send: Send, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_KEPT_SECONDS", -1.0)
    send(**one(f"{site}/a.png", "image"))
    send(**one(f"{site}/a.png", "image"))
    assert len(STORE.all("media")) == 2


def test_no_more_ids_are_remembered_than_fit(
    send: Send, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_KEPT_IDS", 1)
    send(**one(f"{site}/a.png", "image"))
    send(**one(f"{site}/a.jpg", "image"))
    assert len(uploads._ids) == 1


def test_the_senders_own_id_is_sent_as_it_is(send: Send) -> None:
    own = files.keep(APPID, files.PNG, PNG)
    send(media=[{"contentType": "image", "id": own}])
    assert received()[0]["body"] == {"media_id": own}


def test_an_id_of_another_account_is_refused_by_wechat(send: Send) -> None:
    other = files.keep("wxffffffffffffffff", files.PNG, PNG)
    with pytest.raises(ChannelError) as found:
        send(media=[{"contentType": "image", "id": other}])
    assert (found.value.outcome.name, found.value.detail[:5]) == ("content", "40007")


def test_an_upload_renews_a_token_that_has_ended(send: Send, site: str) -> None:
    send(message="one")
    for key, _data in STORE.all("token"):
        STORE.drop("token", key)
    STORE.change("account", APPID, token_until=0)
    send(**one(f"{site}/a.png", "image"))
    assert len(received()) == 2


def test_a_file_that_wechat_takes_too_slowly_is_tried_again() -> None:
    client = WeChatClient(f"{SITE}/sandbox/wechat", APPID, "s" * 32)
    with pytest.raises(ChannelError) as found:
        client.upload("image", "a.png", File(PNG, "image/png"), until=time.monotonic() - 1)
    assert (found.value.outcome.retryable, found.value.detail) == (
        True,
        "WeChat takes the file too slowly",
    )


@pytest.mark.parametrize(
    ("data", "kind", "kept"),
    [
        (PNG, "image", "image/png"),
        (_jpeg(), "image", "image/jpeg"),
        (VOICE, "audio", "audio/amr"),
        (FILM, "video", "video/mp4"),
    ],
)
def test_what_a_follower_sends_is_fetched_and_kept(
    browser: Client, taken: Taken, data: bytes, kind: str, kept: str
) -> None:
    attach(browser, data)
    (part,) = incoming(taken).attachments
    path = part.url.removeprefix(SITE)
    assert (part.kind, b"".join(Client().get(path))) == (kind, data)
    row = MediaFile.objects.get()
    assert (row.user_id, row.content_type) == (OPENID, kept)


def test_a_picture_that_does_not_come_keeps_wechats_address(
    browser: Client, taken: Taken
) -> None:
    attach(browser, PNG)
    ((key, _data),) = STORE.all("media")
    STORE.change("media", key, at=time.time() - files.LIFETIME - 1)
    assert incoming(taken).attachments[0].url == f"{SITE}/sandbox/wechat/mmbiz/{key}"
    assert not MediaFile.objects.exists()


def test_a_voice_for_which_there_is_no_room_is_named_in_its_message(
    browser: Client, wechat_app: App
) -> None:
    full = policy_of(wechat_app).media_megabytes * usage.MEGABYTE
    MediaUsage.objects.create(app=wechat_app, bytes=full)
    attach(browser, VOICE)
    hooks.work_through()
    mo.process_due()
    message = Message.objects.get()
    (part,) = message.payload["media"]
    assert (part["missing"], part.get("file")) == ("storage_full", None)
    assert MediaUsage.objects.get().refused_at
    assert not MediaFile.objects.exists()


def test_a_voice_comes_once_wechat_is_up_again(browser: Client, taken: Taken) -> None:
    attach(browser, VOICE)
    STORE.set_switches({"down"})
    hooks.work_through()
    assert not taken
    STORE.set_switches(set())
    hooks.work_through(now=timezone.now() + dt.timedelta(hours=1))
    ((_app, event),) = taken
    assert isinstance(event, Incoming)
    assert event.attachments[0].url


def test_the_token_is_renewed_for_a_file_of_a_follower(browser: Client, taken: Taken) -> None:
    wechat_client._tokens[f"{SITE}/sandbox/wechat", APPID, "s" * 32] = (
        time.monotonic() + 60,
        "a token of yesterday",
    )
    attach(browser, VOICE)
    assert incoming(taken).attachments[0].url


def test_a_follower_sends_no_other_files(browser: Client, taken: Taken) -> None:
    assert "AMR" in attach(browser, b"%PDF-1.7", "a.pdf")
    hooks.work_through()
    assert not taken
    assert not STORE.all("message", follower=FOLLOWER)


def test_the_files_address_makes_a_browser_show_pictures_alone() -> None:
    shown, saved = (files.keep(APPID, form, b"x") for form in (files.PNG, files.MP4))
    answers = [Client().get(f"/sandbox/wechat/mmbiz/{key}") for key in (shown, saved)]
    assert ["attachment" in a.get("Content-Disposition", "") for a in answers] == [False, True]
    assert Client().get("/sandbox/wechat/mmbiz/none").status_code == 404

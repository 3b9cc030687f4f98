"""Files to and from a phone: encrypted at Apple's store, their keys in the messages."""

import datetime as dt
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from imiconnect.apps import hook_files, hooks
from imiconnect.apps.channel_types.apple_business_chat import sealing
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.events import Event, Incoming
from imiconnect.apps.models import App, HookEvent
from imiconnect.rtm.models import MediaFile
from imiconnect.sandbox.apple_business_chat import mmcs
from imiconnect.sandbox.apple_business_chat.world import store
from tests.apps.apple.conftest import Send
from tests.apps.file_site import PNG, file_site

PLAY = "/tools/sandbox/apple_business_chat/"
PDF = b"%PDF-1.7 a small one"
Taken = list[tuple[str, Event]]


@pytest.fixture
def site(settings: Any) -> Iterator[str]:
    """A customer's web server with a picture."""
    settings.ALLOW_PRIVATE_CALLBACKS = True
    with file_site({"/a.png": ("image/png", PNG)}) as address:
        yield address


def received() -> list[dict[str, Any]]:
    return [data["body"] for _key, data in store.all("message", out=False)]


def photograph(client: Client, phone: str, name: str, kind: str, data: bytes) -> None:
    """Send a file from the phone."""
    file = SimpleUploadedFile(name, data, kind)
    client.post(PLAY, {"act": "photo", "customer": phone, "file": file, "text": "Look"})


def incoming(taken: Taken) -> Incoming:
    hooks.work_through()
    (found,) = [event for _app, event in taken]
    assert isinstance(found, Incoming)
    return found


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 1000])
def test_three_implementations_agree_on_the_cipher(length: int) -> None:
    plain = os.urandom(length)
    told, sealed = sealing.seal(plain)
    key = told.removeprefix("00")
    command = ["openssl", "enc", "-aes-256-ctr", "-K", key, "-iv", "0" * 32]
    by_openssl = subprocess.run(command, input=plain, capture_output=True, check=True).stdout
    assert sealed == by_openssl == mmcs.counter_mode(bytes.fromhex(key), plain)
    assert sealing.open_sealed(told, sealed) == plain


@pytest.mark.parametrize("told", ["", "00", "01" + "a" * 64, "00" + "z" * 64, "00" + "a" * 62])
def test_a_key_that_is_none_is_refused(told: str) -> None:
    with pytest.raises(ValueError):
        sealing.open_sealed(told, b"x")


def test_every_file_has_a_key_of_its_own() -> None:
    assert sealing.seal(b"x")[0] != sealing.seal(b"x")[0]


def test_a_file_is_encrypted_uploaded_and_opened_by_the_phone(
    send: Send, signed_in: Client, site: str
) -> None:
    send(message="Look", media=[{"contentType": "image", "file": f"{site}/a.png"}])
    (body,) = received()
    (part,) = body["attachments"]
    assert body["body"] == "Look \ufffc"
    assert (part["name"], part["mimeType"], part["size"]) == (
        "a.png",
        "image/png",
        str(len(PNG)),
    )
    assert mmcs.opened(part) == PNG
    ((_key, kept),) = store.all("file")
    assert kept["sealed"]
    assert "data:image/png;base64," in signed_in.get(PLAY).text


@pytest.mark.parametrize(
    ("path", "outcome", "retryable"),
    [("/away", "file_away", True), ("/gone", "content", False)],
)
def test_a_file_that_does_not_come_has_its_outcome(
    send: Send, site: str, path: str, outcome: str, retryable: bool
) -> None:
    with pytest.raises(ChannelError) as found:
        send(message="Look", media=[{"contentType": "image/png", "file": site + path}])
    assert (found.value.outcome.name, found.value.outcome.retryable) == (outcome, retryable)
    assert not received()


def test_a_file_at_a_private_address_is_not_fetched(
    send: Send, site: str, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = False
    url = site.replace("http:", "https:") + "/a.png"
    with pytest.raises(ChannelError) as found:
        send(message="Look", media=[{"contentType": "image/png", "file": url}])
    assert found.value.outcome.name == "content"
    assert "private" in found.value.detail


def test_the_double_takes_no_file_that_its_key_does_not_open(
    send: Send, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = sealing.seal
    monkeypatch.setattr(sealing, "seal", lambda data: ("00" + "z" * 64, seal(data)[1]))
    with pytest.raises(ChannelError) as found:
        send(message="Look", media=[{"contentType": "image/png", "file": f"{site}/a.png"}])
    assert found.value.outcome.name == "content"


def test_what_a_customer_sends_is_deciphered_and_kept(
    linked: App, signed_in: Client, phone: str, taken: Taken, client: Client
) -> None:
    photograph(signed_in, phone, "me.png", "image/png", PNG)
    event = incoming(taken)
    (part,) = event.attachments
    assert (event.text, part.name, part.content_type) == ("Look", "me.png", "image/png")
    path = part.url.partition("testserver")[2]
    assert b"".join(Client().get(path)) == PNG
    assert MediaFile.objects.get().user_id == phone


def test_the_key_of_a_file_is_forgotten_with_the_call(
    linked: App, signed_in: Client, phone: str, taken: Taken
) -> None:
    photograph(signed_in, phone, "me.png", "image/png", PNG)
    assert incoming(taken).attachments[0].at_provider == {}
    row = HookEvent.objects.get()
    assert (bytes(row.body), row.files) == (b"", None)


def test_what_is_no_file_comes_as_a_message_without_it(
    linked: App, signed_in: Client, phone: str, taken: Taken
) -> None:
    photograph(signed_in, phone, "me.exe", "application/x-dosexec", b"MZ nothing good")
    event = incoming(taken)
    assert (event.text, event.attachments[0].url) == ("Look", "")
    assert not MediaFile.objects.exists()


def test_apple_being_down_holds_the_message_back_for_some_tries_only(
    linked: App, signed_in: Client, phone: str, taken: Taken
) -> None:
    photograph(signed_in, phone, "a.pdf", "application/pdf", PDF)
    store.set_switches({"down"})
    hooks.work_through()
    assert not taken
    later = timezone.now()
    for _try in range(4):
        later += dt.timedelta(hours=1)
        hooks.work_through(now=later)
    (event,) = [event for _app, event in taken]
    assert isinstance(event, Incoming)
    assert (event.text, event.attachments[0].url) == ("Look", "")


def test_a_file_comes_once_apple_is_up_again(
    linked: App, signed_in: Client, phone: str, taken: Taken
) -> None:
    photograph(signed_in, phone, "a.pdf", "application/pdf", PDF)
    store.set_switches({"down"})
    hooks.work_through()
    store.set_switches(set())
    hooks.work_through(now=timezone.now() + dt.timedelta(hours=1))
    (event,) = [event for _app, event in taken]
    assert isinstance(event, Incoming)
    assert event.attachments[0].url


def test_messages_are_packed_for_apple(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    from imiconnect.sandbox.apple_business_chat import api

    packed: list[str] = []
    plain = api._plain
    monkeypatch.setattr(
        api,
        "_plain",
        lambda request: (
            packed.append(request.headers.get("Content-Encoding", "")) or plain(request)
        ),
    )
    send(message="Hello")
    assert packed == ["gzip"]
    assert received()[0]["body"] == "Hello"


@pytest.mark.parametrize(
    ("name", "kind", "data", "kept"),
    [
        ("p.heic", "image/heic", b"\0\0\0\x18ftypheic" + b"\0" * 20, "image/heic"),
        ("v.mov", "video/quicktime", b"\0\0\0\x14ftypqt  " + b"\0" * 20, "video/quicktime"),
        ("s.caf", "audio/x-caf", b"caff\0\x01" + b"\0" * 20, "audio/x-caf"),
    ],
)
def test_the_files_of_iphones_are_taken(
    linked: App, signed_in: Client, phone: str, taken: Taken,
    name: str, kind: str, data: bytes, kept: str,
) -> None:  # fmt: skip
    photograph(signed_in, phone, name, kind, data)
    assert incoming(taken).attachments[0].url
    assert MediaFile.objects.get().content_type == kept


def test_a_call_whose_files_another_worker_fetches_is_left_to_it(
    linked: App, signed_in: Client, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    photograph(signed_in, phone, "a.png", "image/png", PNG)
    now, asked = timezone.now(), []

    def fetch(row: HookEvent, moment: dt.datetime) -> None:
        asked.append(row.pk)
        if len(asked) == 1:
            hook_files.fetch_all(limit=10, now=now)

    monkeypatch.setattr(hook_files, "_fetch_of", fetch)
    hook_files.fetch_all(limit=10, now=now)
    assert len(asked) == 1
    hook_files.fetch_all(limit=10, now=now + dt.timedelta(seconds=61))
    assert len(asked) == 2

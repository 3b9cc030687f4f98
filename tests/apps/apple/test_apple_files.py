"""Files to and from a phone: encrypted at Apple's store, their keys in the messages."""

import datetime as dt
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from imiconnect.apps import hook_files, hooks
from imiconnect.apps.channel_types import http
from imiconnect.apps.channel_types.apple_business_chat import sealing
from imiconnect.apps.channel_types.apple_business_chat.handler import AppleHandler
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.events import Event, Incoming
from imiconnect.apps.models import App, HookEvent
from imiconnect.rtm.models import MediaFile
from imiconnect.sandbox.apple_business_chat import mmcs
from imiconnect.sandbox.apple_business_chat.world import store
from tests.apps.apple.conftest import Send
from tests.apps.file_site import PNG, file_site
from tests.apps.test_hooks import note, tell

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


@pytest.fixture
def after_each_file(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What happens whenever a file has come from Apple."""
    acts: list[Callable[[], object]] = []
    fetch = AppleHandler.fetch

    def fetched(own: AppleHandler, *asked: Any) -> bytes:
        data = fetch(own, *asked)
        for act in acts:
            act()
        return data

    monkeypatch.setattr(AppleHandler, "fetch", fetched)
    return acts


def test_a_file_that_has_come_is_not_fetched_again_for_one_that_comes_later(
    linked: App,
    signed_in: Client,
    phone: str,
    taken: Taken,
    after_each_file: list[Callable[[], object]],
) -> None:
    photograph(signed_in, phone, "a.png", "image/png", PNG)
    photograph(signed_in, phone, "b.pdf", "application/pdf", PDF)
    first, second = HookEvent.objects.order_by("received_at")
    both, other = (json.loads(gzip.decompress(row.body)) for row in (first, second))
    both["attachments"] += other["attachments"]
    body = gzip.compress(json.dumps(both).encode())
    HookEvent.objects.filter(pk=first.pk).update(body=body)
    second.delete()
    after_each_file.append(lambda: store.set_switches({"down"}))
    hooks.work_through()
    assert (len(taken), MediaFile.objects.count()) == (0, 1)
    store.set_switches(set())
    hooks.work_through(now=timezone.now() + dt.timedelta(hours=1))
    (event,) = [event for _app, event in taken]
    assert isinstance(event, Incoming)
    assert all(part.url for part in event.attachments)
    assert MediaFile.objects.count() == len(event.attachments) == 2
    assert HookEvent.objects.get().some_files is None


def test_a_file_is_tried_again_when_apple_asks_for_it_and_counted_from_now(
    linked: App, signed_in: Client, phone: str, taken: Taken
) -> None:
    photograph(signed_in, phone, "a.png", "image/png", PNG)
    store.set_switches({"rate_limit"})
    begun = timezone.now()
    HookEvent.objects.update(due_at=begun - dt.timedelta(hours=1))
    hooks.work_through(now=begun - dt.timedelta(minutes=1))
    due_at = HookEvent.objects.get().due_at
    assert due_at is not None
    assert dt.timedelta(seconds=7) <= due_at - begun < dt.timedelta(seconds=60)


def test_no_other_channel_waits_for_a_file(
    linked: App,
    loft_app: App,
    signed_in: Client,
    phone: str,
    taken: Taken,
    after_each_file: list[Callable[[], object]],
) -> None:
    photograph(signed_in, phone, "a.png", "image/png", PNG)
    assert tell("/hooks/pigeon/", note()).status_code == 200
    before: list[str] = []
    after_each_file.append(lambda: before.extend(app for app, _event in taken))
    assert hooks.work_through() == 2
    assert before == [loft_app.name]
    assert [app for app, _event in taken] == [loft_app.name, linked.name]


def test_a_store_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PROVIDER_FILE_SECONDS", 0)
    store = httpx.MockTransport(lambda _request: httpx.Response(200, content=b"drip"))
    with httpx.Client(transport=store) as client, pytest.raises(ChannelError) as found:
        http.read_file(client, "https://store.example/a", most=10)
    assert found.value.outcome.name == "unreachable"


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
    linked: App, signed_in: Client, phone: str, after_each_file: list[Callable[[], object]]
) -> None:
    photograph(signed_in, phone, "a.png", "image/png", PNG)
    now = timezone.now()
    found: list[int] = []
    after_each_file.append(lambda: found.append(hook_files.fetch_all(limit=10, now=now)))
    assert hook_files.fetch_all(limit=10, now=now) == 1
    assert (found, MediaFile.objects.count()) == ([0], 1)


def test_a_call_whose_worker_has_died_comes_back_in_a_minute(
    linked: App, signed_in: Client, phone: str, after_each_file: list[Callable[[], object]]
) -> None:
    photograph(signed_in, phone, "a.png", "image/png", PNG)
    now = timezone.now()
    after_each_file.append(lambda: sys.exit())
    with pytest.raises(SystemExit):
        hook_files.fetch_all(limit=10, now=now)
    after_each_file.clear()
    assert hook_files.fetch_all(limit=10, now=now) == 0
    assert hook_files.fetch_all(limit=10, now=now + dt.timedelta(seconds=61)) == 1

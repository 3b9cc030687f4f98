"""Files of messages: parsed before they are stored, reached by addresses that expire."""

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imiconnect.apps.models import App
from imiconnect.rtm.media import addresses, parsing
from imiconnect.rtm.media.services import delete_old
from imiconnect.rtm.media.unknown import PATIENCE, delete_unknown
from imiconnect.rtm.models import Device, MediaFile
from tests.rtm.conftest import CLIENT_KEY

Upload = Callable[..., Any]


def picture(kind: str = "PNG", size: tuple[int, int] = (640, 480)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind)
    return out.getvalue()


@pytest.fixture
def upload(rtm_app: App, device: Device, settings: Any, tmp_path: Path) -> Upload:
    """Upload a file as the user u1; the storage is a folder of the test."""
    settings.MEDIA_ROOT = tmp_path
    client = Client(headers={"secretKey": CLIENT_KEY})

    def send(data: bytes, content_type: str = "image/png", query: str = "") -> Any:
        body = {
            "clientId": "NB12345678/u1/d1",
            "media": SimpleUploadedFile("x", data, content_type),
        }
        return client.post(f"/rtmsAPI/api/v1/media/NB12345678/upload{query}", body)

    return send


def opened(url: str, **headers: str) -> Any:
    parts = urlsplit(url)
    return Client().get(f"{parts.path}?{parts.query}")


@pytest.mark.django_db
def test_an_image_is_kept_with_a_preview(upload: Upload) -> None:
    answer = upload(picture(), query="?previewRequired=true").json()
    assert (answer["code"], answer["contentType"]) == ("0", "image/png")
    whole = opened(answer["file"])
    assert b"".join(whole.streaming_content) == picture()
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    small = Image.open(io.BytesIO(b"".join(opened(answer["preview"]).streaming_content)))
    assert (small.format, max(small.size)) == ("JPEG", 320)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "content_type", "status", "code"),
    [
        (b"<script>alert(1)</script>", "image/png", 415, "36"),
        (picture()[:200], "image/png", 415, "36"),
        (b"MZ program", "application/pdf", 415, "36"),
        (b"<html>", "text/html", 415, "36"),
        (b"\xff\xff", "text/plain", 415, "36"),
        (b"\x89" * (parsing.MAX_IMAGE + 1), "image/png", 400, "4"),
    ],
    # Else the data is part of each test's name.
    ids=["a script", "half a picture", "a program", "markup", "no text", "too large"],
)
def test_what_is_not_what_it_says_is_refused(
    upload: Upload, data: bytes, content_type: str, status: int, code: str
) -> None:
    answer = upload(data, content_type)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not MediaFile.objects.exists()


@pytest.mark.parametrize(
    ("data", "said", "kind"),
    [
        (b"%PDF-1.7 ...", "application/octet-stream", "application/pdf"),
        (b"\0\0\0\x18ftypmp42", "video/mp4", "video/mp4"),
        (b"ID3\x04", "audio/mpeg", "audio/mpeg"),
        (b"a,b\n1,2", "text/csv", "text/csv"),
    ],
)
def test_a_file_is_what_its_beginning_says(data: bytes, said: str, kind: str) -> None:
    assert parsing.parse(data, said, with_preview=False).content_type == kind


@given(st.binary(max_size=200), st.sampled_from(["image/png", "text/plain", "x"]))
def test_any_bytes_are_taken_or_refused(data: bytes, said: str) -> None:
    try:
        parsing.parse(data, said, with_preview=True)
    except parsing.Refused as error:
        assert str(error)


@pytest.mark.django_db
def test_an_address_expires_and_is_made_anew(
    upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = upload(picture()).json()["file"]
    monkeypatch.setattr(addresses.time, "time", lambda: 4e9)
    assert opened(url).status_code == 410
    again = Client(headers={"secretKey": CLIENT_KEY}).post(
        "/rtmsAPI/api/v3/NB12345678/user/u1/generatemedia",
        {"url": url},
        content_type="application/json",
    )
    assert b"".join(opened(again.json()["file"]).streaming_content) == picture()


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["http://[x", "//", "x" * 2000, "http://[x/" + "0" * 32])
def test_what_is_no_address_is_not_made_anew(rtm_app: App, device: Device, url: str) -> None:
    answer = Client(headers={"secretKey": CLIENT_KEY}).post(
        "/rtmsAPI/api/v3/NB12345678/user/u1/generatemedia",
        {"url": url},
        content_type="application/json",
    )
    assert answer.status_code == 404


@pytest.mark.django_db
def test_a_changed_address_opens_nothing(upload: Upload) -> None:
    url = upload(picture()).json()["file"]
    assert opened(url.replace("part=file", "part=preview")).status_code == 403
    assert opened(url[:-1] + ("0" if url[-1] != "0" else "1")).status_code == 403
    assert opened(url.partition("?")[0]).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("days", [None, 7])
def test_files_go_after_the_days_of_their_app(
    upload: Upload, tmp_path: Path, days: int | None
) -> None:
    url = upload(picture(), query="?previewRequired=true").json()["file"]
    row = MediaFile.objects.get()
    if days:
        App.objects.update(policy=row.app.policy | {"media_days": days})
    kept = dt.timedelta(days=days or 90)
    assert delete_old(row.created_at + kept) == 0
    assert delete_old(row.created_at + kept + dt.timedelta(seconds=1)) == 1
    assert opened(url).status_code == 404
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.django_db
def test_what_a_crash_has_left_in_the_storage_is_deleted_a_day_later(upload: Upload) -> None:
    for number in range(2):
        upload(picture(size=(64 + number, 48)), query="?previewRequired=true")
    lost, kept = MediaFile.objects.order_by("pk")
    MediaFile.objects.filter(pk=lost.pk).delete()
    now = timezone.now()
    assert delete_unknown(now) == 0
    assert delete_unknown(now + PATIENCE + dt.timedelta(minutes=1)) == 2
    assert not default_storage.exists(lost.path)
    assert default_storage.exists(kept.path)
    assert default_storage.exists(f"{kept.path}-preview")


@pytest.mark.django_db
def test_a_foreign_file_in_the_storage_stays(upload: Upload) -> None:
    upload(picture())
    folder = MediaFile.objects.get().path.rpartition("/")[0]
    name = default_storage.save(f"{folder}/notes.txt", ContentFile(b"of the operator"))
    delete_unknown(timezone.now() + 2 * PATIENCE)
    assert default_storage.exists(name)

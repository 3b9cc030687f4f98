"""What devices may fill: threads of a user, and files of an app."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.engines.ports import gauges
from imiconnect.rtm import threads
from imiconnect.rtm.media.parsing import Full
from imiconnect.rtm.media.services import delete_of, delete_old, store, tell_of_refusals
from imiconnect.rtm.media.usage import MEGABYTE
from imiconnect.rtm.models import Device, MediaFile, MediaUsage, Thread
from tests.factories import client_of
from tests.objects import make_app
from tests.racing import met_by
from tests.rtm.conftest import CLIENT_KEY
from tests.rtm.conversations.conftest import Call
from tests.rtm.conversations.test_uploads import picture

PDF = b"%PDF-1.7" + b" " * 600_000


def limit(app: App, **policy: int) -> None:
    """Give an app this policy."""
    App.objects.filter(pk=app.pk).update(policy=app.policy | policy)


def upload() -> Any:
    """Upload 0.6 megabytes as a device of u1."""
    body = {
        "clientId": "NB12345678/u1/d1",
        "media": SimpleUploadedFile("x", PDF, "application/pdf"),
    }
    client = Client(headers={"secretKey": CLIENT_KEY})
    return client.post("/rtmsAPI/api/v1/media/NB12345678/upload", body)


@pytest.fixture
def storage(settings: Any, tmp_path: Path) -> Path:
    """A folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def stored(storage: Path) -> int:
    """Return how many files there are."""
    return sum(path.is_file() for path in storage.rglob("*"))


@pytest.mark.django_db
def test_a_file_beyond_the_quota_is_refused_until_others_are_gone(
    rtm_app: App, device: Device, storage: Path
) -> None:
    limit(rtm_app, media_megabytes=1)
    assert upload().status_code == 200
    refused = upload()
    assert refused.status_code == 403
    told = refused.json()
    assert (told["code"], told["reason"]) == ("4", "storage_full")
    assert "policy" in told["description"]
    assert stored(storage) == MediaFile.objects.count() == 1
    assert delete_of(app_id=rtm_app.pk, user_id="u1") == 1
    assert MediaUsage.objects.get().bytes == 0
    assert upload().status_code == 200


@pytest.mark.django_db
def test_what_an_app_keeps_and_has_left_is_told_and_right_after_a_deletion(
    rtm_app: App, device: Device, storage: Path, admin: Member, viewer: Member, outsider: Member
) -> None:
    limit(rtm_app, media_megabytes=1)
    other = make_app(admin, "Shop")
    MediaUsage.objects.create(app=other, bytes=5_000_000)
    MediaUsage.objects.create(app=make_app(outsider, "Theirs"), bytes=7)
    upload()
    upload()
    url = f"/api/v1/apps/{rtm_app.pk}/storage/"
    told = client_of(viewer).get(url).json()
    kept = len(PDF)
    assert (told["kept"], told["most"], told["left"]) == (kept, MEGABYTE, MEGABYTE - kept)
    assert (told["together"], told["kept_days"]) == (5_000_000 + kept, 90)
    assert told["refused_at"]
    assert client_of(outsider).get(url).status_code == 404
    page = client_of(admin).get(f"/apps/{rtm_app.pk}/").text
    assert "0.6 MB of 1 MB" in page and "Last refused for want of room" in page
    figures = {name: gauges[name][1]() for name in ("media_bytes", "media_apps_full")}
    assert figures == {"media_bytes": 5_000_007 + kept, "media_apps_full": 1}
    delete_of(app_id=rtm_app.pk, user_id="u1")
    assert client_of(viewer).get(url).json()["left"] == MEGABYTE


@pytest.mark.django_db(transaction=True)
def test_of_two_uploads_at_once_that_pass_the_quota_together_one_is_refused(
    rtm_app: App, device: Device, storage: Path
) -> None:
    limit(rtm_app, media_megabytes=1)
    MediaUsage.objects.create(app=rtm_app)
    answers = met_by(lambda: MediaUsage.objects.select_for_update().get(), upload, upload)
    assert sorted(answer.status_code for answer in answers) == [200, 403]
    assert stored(storage) == MediaFile.objects.count() == 1
    assert MediaUsage.objects.get().bytes == len(PDF)


@pytest.mark.django_db
def test_a_count_that_is_wrong_is_put_right_by_the_sweeper(
    rtm_app: App, device: Device, storage: Path
) -> None:
    upload()
    MediaUsage.objects.update(bytes=7)
    delete_old(dt.datetime.now(dt.UTC))
    assert MediaUsage.objects.get().bytes == len(PDF)


BODY = {"type": "Conversation", "userId": "u1"}


@pytest.mark.django_db
def test_devices_open_no_more_threads_than_the_policy_says_but_servers_do(
    strict_app: App, as_user: Any, server: Call
) -> None:
    limit(strict_app, threads_per_user=2)
    call = as_user("u1")
    answers = [call("POST", "threads", BODY) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 403]
    told = answers[-1].json()
    assert (told["code"], told["reason"]) == ("4", "too_many_threads")
    assert as_user("u2")("POST", "threads", BODY | {"userId": "u2"}).status_code == 200
    assert server("POST", "threads", BODY).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_devices_that_open_the_last_thread_at_once_one_is_refused(
    strict_app: App, as_user: Any
) -> None:
    limit(strict_app, threads_per_user=1)
    calls = [as_user("u1", name) for name in ("d1", "d2")]

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute(threads._TURN, [f"threads/{strict_app.pk}/u1"])

    posts = [lambda call=call: call("POST", "threads", BODY) for call in calls]
    answers = met_by(hold, *posts)
    assert sorted(answer.status_code for answer in answers) == [200, 403]
    assert Thread.objects.filter(user_id="u1").count() == 1


@pytest.mark.django_db
def test_previews_count_with_their_files(rtm_app: App, storage: Path) -> None:
    row = store(
        app=rtm_app, user_id="u1", data=picture(), content_type="image/png", preview=True
    )
    whole = sum(path.stat().st_size for path in storage.rglob("*") if path.is_file())
    assert MediaUsage.objects.get().bytes == whole > row.size
    limit(rtm_app, media_megabytes=1)
    rtm_app.refresh_from_db()
    MediaUsage.objects.update(bytes=MEGABYTE - row.size)
    with pytest.raises(Full):
        store(app=rtm_app, user_id="u1", data=picture(), content_type="image/png", preview=True)
    delete_of(app_id=rtm_app.pk, user_id="u1")
    assert MediaUsage.objects.get().bytes == MEGABYTE - row.size - whole


@pytest.mark.django_db
def test_the_sweeper_counts_previews_of_before(rtm_app: App, storage: Path) -> None:
    row = store(
        app=rtm_app, user_id="u1", data=picture(), content_type="image/png", preview=True
    )
    counted = row.preview_size
    MediaFile.objects.update(preview_size=0)
    delete_old(row.created_at)
    assert MediaFile.objects.get().preview_size == counted
    assert MediaUsage.objects.get().bytes == row.size + counted


@pytest.mark.django_db(transaction=True)
def test_the_people_of_an_app_hear_once_a_day_that_its_storage_is_full(
    rtm_app: App, admin: Member, storage: Path, mailoutbox: list[Any]
) -> None:
    limit(rtm_app, media_megabytes=1)
    Device.objects.create(app=rtm_app, user_id="u1", device_id="d1")
    assert tell_of_refusals(timezone.now()) == 0
    assert [upload().status_code for _ in range(3)] == [200, 403, 403]
    now = timezone.now()
    assert [tell_of_refusals(now) for _ in range(2)] == [1, 0]
    (mail,) = mailoutbox
    assert mail.to == [admin.user.email]
    assert ("Bank" in mail.subject, "1 MB" in mail.body) == (True, True)
    tomorrow = now + dt.timedelta(days=1)
    assert tell_of_refusals(tomorrow) == 0, "nothing was refused since"
    MediaUsage.objects.update(refused_at=tomorrow)
    assert tell_of_refusals(tomorrow) == 1

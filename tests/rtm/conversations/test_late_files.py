"""Files of messages that waited for longer than an address is good."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from imiconnect.apps.models import App
from imiconnect.rtm import events
from imiconnect.rtm.media import addresses
from imiconnect.rtm.media.services import store
from imiconnect.rtm.models import Device, MediaFile, OwedMessage
from imiconnect.rtm.processors import dr, mt, owed
from imiconnect.rtm.processors import events as told
from tests.rtm.conftest import CLIENT_KEY
from tests.rtm.conversations.test_uploads import opened, picture
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

DAYS = 24 * 3600
FOREIGN = "https://files.test/rtmsAPI/api/v1/media/NB12345678/x?exp=1"


@pytest.fixture
def file(rtm_app: App, settings: Any, tmp_path: Path) -> MediaFile:
    """A picture that the app keeps."""
    settings.MEDIA_ROOT = tmp_path
    return store(
        app=rtm_app, user_id="u1", data=picture(), content_type="image/png", preview=True
    )


@pytest.fixture
def media(file: MediaFile) -> list[dict[str, Any]]:
    """The picture as a message named it three days ago, and a file of somebody else."""
    old, name = time.time() - 3 * DAYS, "NB12345678"
    paths = [addresses.address(name, file.pk, preview=part, now=old) for part in (False, True)]
    urls = [f"https://gateway.test{path}" for path in paths]
    assert [opened(url).status_code for url in urls] == [410, 410]
    return [{"file": urls[0], "preview": urls[1], "mediaId": str(file.pk)}, {"file": FOREIGN}]


@pytest.fixture
def sent(send: Any, media: list[dict[str, Any]]) -> Any:
    """A message with it."""
    return send(channels={"rt": {"message": {"text": "See"}, "media": media}})


def reads(part: list[dict[str, Any]]) -> None:
    """Fetch the picture and its preview as a device does."""
    ours, foreign = part
    assert foreign == {"file": FOREIGN}
    assert urlsplit(ours["file"]).netloc == "gateway.test"
    assert b"".join(opened(ours["file"]).streaming_content) == picture()
    assert b"".join(opened(ours["preview"]).streaming_content)


def test_a_device_that_comes_after_days_can_fetch_the_file(
    sent: Any, device: Device, subscriber: Any
) -> None:
    inbox = subscriber("NB12345678/u1")
    mt.process_due()
    reads(inbox.get(timeout=PATIENCE)["media"])


def test_so_can_another_device_of_the_user(
    sent: Any, rtm_app: App, device: Device, subscriber: Any, intake: Any
) -> None:
    other = Device.objects.create(app=rtm_app, user_id="u1", device_id="d2", is_connected=True)
    mt.process_due()
    body = {"clientId": "NB12345678/u1/d1", "status": 2, "tid": str(sent.pk)}
    headers = {"secretKey": CLIENT_KEY}
    intake.post("/rtmsAPI/api/v3/NB12345678/deliveryupdate", json=body, headers=headers)
    dr.process_due()
    inbox = subscriber("NB12345678/u1")
    owed.wake([(rtm_app.pk, "u1")], sent.created_at)
    assert owed.process_due() == 1
    assert OwedMessage.objects.get().device_id == other.pk
    reads(inbox.get(timeout=PATIENCE)["media"])


def test_so_can_a_device_that_hears_what_another_one_has_sent(
    rtm_app: App, media: list[dict[str, Any]], subscriber: Any
) -> None:
    inbox = subscriber("NB12345678/u1")
    body = {"payload_type": "sentByUser", "tid": "t", "media": media}
    events.tell_users([(rtm_app.pk, "u1", body)])
    told.process_due()
    reads(inbox.get(timeout=PATIENCE)["media"])


def test_so_can_who_reads_the_inbox(sent: Any, device: Device) -> None:
    url = f"/rtmsAPI/api/v3/apps/NB12345678/user/u1/threads/{sent.thread_id}/messages"
    answer = Client(headers={"secretKey": CLIENT_KEY}).get(url).json()
    reads(answer["messages"][0]["media"])


def test_an_address_with_half_of_its_life_left_stays(file: MediaFile) -> None:
    fresh = addresses.address("NB12345678", file.pk)
    kept: Callable[[str], Any] = lambda url: addresses.renewed(  # noqa: E731
        "NB12345678", {"media": [{"file": url}]}
    )["media"][0]["file"]
    assert kept(fresh) == fresh
    assert kept(fresh[:-1] + "x") == fresh[:-1] + "x", "nobody else signs for us"

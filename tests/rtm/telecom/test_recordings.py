"""The action Record: what a caller says is fetched, heard by who may, and goes in time."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from imiconnect.accounts.models import Member, Team
from imiconnect.audit.models import AuditEntry
from imiconnect.numbers.carriers import registry
from imiconnect.numbers.carriers.messaging import Carries, IncomingCall, Recorded
from imiconnect.numbers.carriers.voice import (
    Action,
    HangUp,
    Record,
    RecordingError,
    Reject,
    Say,
    Sound,
)
from imiconnect.numbers.models import CarrierAccount, Number, PhoneLine
from imiconnect.numbers.ports import answers
from imiconnect.rtm.customers.erasing import erase_due, request_erasure
from imiconnect.rtm.customers.exporting import export_customer
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.media.unknown import PATIENCE, RECORDINGS, delete_unknown
from imiconnect.rtm.models import Callback, Message, Recording
from imiconnect.rtm.telecom import recordings
from imiconnect.sandbox.carrier.voicemail import spoken
from imiconnect.sharing import services
from imiconnect.sharing.models import Service
from tests.answering import answering
from tests.factories import client_of
from tests.rtm.telecom.conftest import ADDRESS, Carrier, settle

pytestmark = pytest.mark.django_db(transaction=True)
CALL = IncomingCall("call-1", ADDRESS, "447400000002")
SOUND = spoken(1)


class Phone(Carrier):
    """A carrier outside that records; ``sounds`` is what it has."""

    slug = "phone"
    carries = frozenset({Carries.VOICE})
    sounds: dict[str, bytes] = {}
    is_down = False

    def call(self, batch: Sequence[Any]) -> list[Any]:
        return []

    def script(self, actions: Sequence[Action]) -> tuple[str, str]:
        return "", ""

    def fetch_recording(self, provider_id: str) -> Sound:
        self._answers(provider_id)
        return Sound(Phone.sounds[provider_id], "audio/wav")

    def delete_recording(self, provider_id: str) -> None:
        self._answers(provider_id)
        del Phone.sounds[provider_id]

    def _answers(self, provider_id: str) -> None:
        if Phone.is_down:
            raise RecordingError("down")
        if provider_id not in Phone.sounds:
            raise RecordingError("none", is_gone=True)


@pytest.fixture(autouse=True)
def phone(
    monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any, catalogue: None
) -> None:
    Phone.sounds, Phone.is_down = {"rec-1": SOUND}, False
    monkeypatch.setattr(registry, "messengers_by_slug", lambda: {"phone": Phone})
    CarrierAccount.objects.get_or_create(slug="phone")
    settings.ALLOW_PRIVATE_CALLBACKS = True
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def number(admin: Member, new_number: Callable[..., Number]) -> Number:
    return new_number(admin, "phone_number", "+447400000002", voice=True)


@pytest.fixture
def called(number: Number) -> Iterator[Callable[..., list[Action]]]:
    """Call the number, whose URL answers with these actions; return what is heard."""

    def ask(*actions: dict[str, Any]) -> list[Action]:
        with answering(200, {"actions": list(actions)}) as server:
            PhoneLine.objects.update_or_create(
                number=number,
                defaults={
                    "carrier": "phone", "bought_at": number.created_at,
                    "incoming_call_url": f"{server.url}/call",
                },
            )  # fmt: skip
            heard = list(answers.called("phone", CALL))
        settle()
        return heard

    yield ask


GREETING = ({"action": "say", "text": "Speak"}, {"action": "record", "maxSeconds": 30})
THANKS = ({"action": "say", "text": "Thanks"}, {"action": "hangup"})


@pytest.fixture
def recorded(called: Callable[..., list[Action]]) -> Recording:
    """A caller has spoken for a second, and the carrier has said so."""
    called(*GREETING, *THANKS)
    row: Recording = Recording.objects.get()
    answers.carried("phone", [Recorded(str(row.pk), "rec-1", 1, timezone.now())])
    row.refresh_from_db()
    return row


@pytest.fixture
def stored(recorded: Recording) -> Recording:
    """The recording is ours."""
    assert recordings.fetch_due() == 1
    recorded.refresh_from_db()
    return recorded


def test_a_caller_is_recorded_and_then_hears_the_rest(
    called: Callable[..., list[Action]],
) -> None:
    heard = called(*GREETING, *THANKS)
    row = Recording.objects.get()
    record = Record(str(row.pk), 30)
    assert heard == [Say("Speak"), record, Say("Thanks"), HangUp()]
    assert list(answers.went_on("phone", str(row.pk))) == [Say("Thanks"), HangUp()]
    assert list(answers.went_on("other", str(row.pk))) == []
    assert (row.address, row.line, row.state) == (ADDRESS, "447400000002", "asked")
    assert Message.objects.get().pk == row.message_id


def test_two_recordings_of_a_call_follow_one_another(
    called: Callable[..., list[Action]],
) -> None:
    heard = called(*GREETING, *GREETING)
    first, second = (action for action in heard if isinstance(action, Record))
    assert list(answers.went_on("phone", first.key)) == [Say("Speak"), second]
    assert list(answers.went_on("phone", second.key)) == []


@pytest.mark.parametrize(
    "wish",
    [
        {"maxSeconds": 0},
        {"maxSeconds": 0.5},
        {"maxSeconds": 601},
        {"maxSeconds": float("inf")},
        {"maxSeconds": "x"},
        {"beep": "no"},
    ],
)
def test_a_recording_that_cannot_be_made_rejects_the_call(
    called: Callable[..., list[Action]], wish: dict[str, Any]
) -> None:
    assert called({"action": "record", **wish}) == [Reject()]
    assert not Recording.objects.exists()


def test_the_url_cannot_name_a_recording_of_somebody_else(
    recorded: Recording, called: Callable[..., list[Action]]
) -> None:
    for key in (str(recorded.pk), 5):
        [action] = called({"action": "record", "key": key})
        assert isinstance(action, Record) and action.key not in (str(recorded.pk), "5")


def test_a_carrier_that_does_not_record_rejects_the_call(
    called: Callable[..., list[Action]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(Phone, "fetch_recording")
    assert called(*GREETING) == [Reject()]


def test_the_sound_comes_to_us_leaves_the_carrier_and_the_url_is_told(
    stored: Recording,
) -> None:
    assert (stored.state, stored.content_type, stored.seconds) == ("stored", "audio/wav", 1)
    with default_storage.open(stored.path) as file:
        assert file.read() == SOUND
    assert (Phone.sounds, stored.provider_id, stored.due_at) == ({}, "", None)
    callback = Callback.objects.get(message_id=stored.message_id)
    body = json.loads(callback.body)
    assert (body["event"], body["callid"], body["seconds"]) == ("recording", "call-1", 1)
    assert body["file"].endswith(f"/api/v1/recordings/{stored.pk}/audio/")


def test_a_carrier_that_is_down_is_asked_again_and_the_sound_is_stored_once(
    recorded: Recording,
) -> None:
    Phone.is_down = True
    assert recordings.fetch_due() == 0
    recorded.refresh_from_db()
    assert (recorded.state, recorded.attempts) == ("waiting", 1)
    assert recordings.fetch_due() == 0  # it is not due yet
    Phone.is_down = False
    assert recordings.fetch_due(timezone.now() + dt.timedelta(minutes=1)) == 1
    assert recordings.fetch_due(timezone.now() + dt.timedelta(hours=1)) == 0
    assert Callback.objects.filter(message_id=recorded.message_id).count() == 1


def test_a_file_that_a_crash_has_left_goes_and_the_one_of_the_row_stays(
    recorded: Recording,
) -> None:
    name = f"{RECORDINGS}/{recorded.organization_id}/{recorded.pk}"
    left = default_storage.save(name, ContentFile(SOUND))
    late = timezone.now() + PATIENCE + dt.timedelta(minutes=1)
    assert delete_unknown(late) == 0, "it may be fetched just now"
    recordings.fetch_due()
    recorded.refresh_from_db()
    assert recorded.path not in ("", left)
    assert delete_unknown(timezone.now()) == 0
    assert delete_unknown(late) == 1
    assert not default_storage.exists(left) and default_storage.exists(recorded.path)
    Recording.objects.all().delete()
    assert delete_unknown(late) == 1
    assert not default_storage.exists(recorded.path)


@pytest.mark.parametrize("sound", [b"<html>", b"%PDF-1.7", b""])
def test_what_is_no_sound_is_not_kept(recorded: Recording, sound: bytes) -> None:
    Phone.sounds = {"rec-1": sound}
    recordings.fetch_due()
    recorded.refresh_from_db()
    assert (recorded.state, recorded.path) == ("lost", "")


def test_a_caller_who_says_nothing_leaves_no_recording(
    called: Callable[..., list[Action]],
) -> None:
    called(*GREETING)
    answers.carried("phone", [Recorded(str(Recording.objects.get().pk), "")])
    assert not Recording.objects.exists()


def test_who_sees_the_call_hears_it_on_its_page(stored: Recording, viewer: Member) -> None:
    client: Client = client_of(viewer)
    page = client.get(reverse("rtm:journey", args=[stored.message_id])).content.decode()
    url = reverse("rtm:recording", args=[stored.pk])
    assert f'<audio controls preload="none" src="{url}"' in page
    sound = client.get(url)
    assert (sound.content, sound["Content-Type"]) == (SOUND, "audio/wav")
    assert sound["Cache-Control"] == "private, no-store"
    part = client.get(url, headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, SOUND[4:8])
    assert part["Content-Range"] == f"bytes 4-7/{len(SOUND)}"
    far = client.get(url, headers={"Range": f"bytes={len(SOUND)}-"})
    assert far.status_code == 416


def test_nobody_else_hears_it(
    stored: Recording, outsider: Member, team_member: Member, client: Client
) -> None:
    url = reverse("rtm:recording", args=[stored.pk])
    assert client_of(outsider).get(url).status_code == 404
    # A team sees the calls of its own services alone.
    assert client_of(team_member).get(url).status_code == 404
    assert client.get(url).status_code == 302


def test_the_team_of_the_service_hears_it(
    number: Number, admin: Member, team: Team, team_member: Member, stored: Recording
) -> None:
    service = Service.objects.create(
        organization=admin.organization, name="Calls", group=team.group, team=team
    )
    services.allocate_number(service=service, number=number, channel="voice")
    Recording.objects.update(service=service)
    url = reverse("rtm:recording", args=[stored.pk])
    assert client_of(team_member).get(url).status_code == 200


def test_a_program_lists_reads_and_deletes_recordings(stored: Recording, admin: Member) -> None:
    client: Client = client_of(admin)
    [row] = client.get("/api/v1/recordings/?address=%2B447400123456").json()["results"]
    assert (row["tid"], row["state"], row["line"]) == (
        str(stored.message_id), "stored", "447400000002",
    )  # fmt: skip
    assert client.get("/api/v1/recordings/?callid=x").json()["results"] == []
    assert client.get(f"/api/v1/recordings/{stored.pk}/audio/").content == SOUND
    assert client.delete(f"/api/v1/recordings/{stored.pk}/").status_code == 204
    assert not Recording.objects.exists() and not default_storage.exists(stored.path)
    assert AuditEntry.objects.filter(action="recording.deleted").count() == 1


def test_deleting_on_the_page_asks_first_and_keeps_the_call(
    stored: Recording, admin: Member, viewer: Member
) -> None:
    url = reverse("rtm:recording-delete", args=[stored.pk])
    assert client_of(viewer).post(url).status_code == 403
    page = client_of(admin).get(url).content.decode()
    assert "The call stays in the log." in page
    client_of(admin).post(url)
    assert not Recording.objects.exists()
    assert Message.objects.filter(pk=stored.message_id).exists()


def test_what_is_deleted_before_it_came_is_deleted_at_the_carrier(recorded: Recording) -> None:
    recordings.remove(recording=recorded)
    recordings.fetch_due()
    assert not Recording.objects.exists()
    assert Phone.sounds == {}


def test_a_recording_goes_with_the_customer_and_is_in_their_document(
    stored: Recording, admin: Member
) -> None:
    customer = create_customer(
        member=admin, customer_id="crn-1", attributes={"msisdn": f"+{ADDRESS}"}
    )
    page = client_of(admin).get(reverse("rtm:customer", args=[customer.pk])).content.decode()
    assert "Said in a call, and recorded" in page and "answered by a recording" in page
    document = json.loads("".join(export_customer(customer=customer, member=admin)))
    assert [row["id"] for row in document["recordings"]] == [str(stored.pk)]
    request_erasure(customer=customer)
    erase_due()
    assert not Recording.objects.exists() and not default_storage.exists(stored.path)


def test_recordings_are_kept_for_as_long_as_is_set(stored: Recording, settings: Any) -> None:
    later = timezone.now() + dt.timedelta(days=31)
    settings.KEEP_RECORDINGS_DAYS = 0
    assert recordings.delete_old(later) == 0
    settings.KEEP_RECORDINGS_DAYS = 30
    assert recordings.delete_old(later) == 1
    assert not default_storage.exists(stored.path)


def test_what_was_asked_for_and_never_made_is_forgotten(
    called: Callable[..., list[Action]],
) -> None:
    called(*GREETING)
    recordings.delete_old(timezone.now() + dt.timedelta(hours=25))
    assert not Recording.objects.exists()

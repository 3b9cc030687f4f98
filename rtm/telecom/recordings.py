"""Recordings of incoming calls: asked for, fetched from the carrier, kept, and deleted.

Sound goes from the carrier into our storage and is deleted there, so that what is erased
here is erased. Each step is a row with a due time: a crash, or a carrier that does not
answer, delays it.
"""

import datetime as dt
import json
import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from imiconnect.audit.services import record
from imiconnect.identity import uuid7
from imiconnect.numbers.carriers import registry
from imiconnect.numbers.carriers.base import CarrierMisconfigured
from imiconnect.numbers.carriers.messaging import IncomingCall, Recorded
from imiconnect.numbers.carriers.voice import Action, Recorder, RecordingError
from imiconnect.numbers.models import CarrierAccount, Number
from imiconnect.rtm.callbacks.nudge import nudge as nudge_callbacks
from imiconnect.rtm.media.parsing import Refused, parse
from imiconnect.rtm.media.unknown import RECORDINGS
from imiconnect.rtm.models import Callback, Recording
from imiconnect.rtm.nudge import say
from imiconnect.rtm.protocol.clock import iso
from imiconnect.rtm.telecom.actions import KEY, name_of, read_actions

log = logging.getLogger(__name__)
TASK, QUEUE = "rtm.fetch_recordings", "ott"
#: How long one worker has a row for itself: longer than a carrier's time-out.
_LEASE = dt.timedelta(minutes=2)
_FIRST, _LONGEST = dt.timedelta(seconds=15), dt.timedelta(hours=1)
#: A carrier that has not given a recording for so long never will.
_GIVE_UP = dt.timedelta(days=2)
#: A call is over by then: what was asked for and never made is nothing.
_NEVER_MADE = dt.timedelta(days=1)
_BATCH, _AT_ONCE = 20, 500
_SOUNDS = ("audio/mpeg", "audio/wav")
State = Recording.State


@dataclass(frozen=True)
class Frame:
    """A call that comes in: over which account, to which number, and who is told of it."""

    account: str
    call: IncomingCall
    number: Number
    service_id: uuid.UUID | None
    url: str
    #: The id that the message of the call has in the log.
    message_id: uuid.UUID = field(default_factory=uuid7)


def ask_for(frame: Frame, items: list[Any]) -> list[Any]:
    """Return a URL's actions with a key in each ``record``, whose rows are written.

    Raises ``ValueError`` for actions that are none, and where the carrier does not record.
    """
    read_actions(items)
    rows: list[Recording] = []
    done: list[Any] = []
    for item in reversed(items):
        if name_of(item) == "record":
            row = Recording(
                organization_id=frame.number.organization_id,
                service_id=frame.service_id,
                number=frame.number,
                account=frame.account,
                message_id=frame.message_id,
                call_id=frame.call.provider_id,
                address=frame.call.caller,
                line=frame.call.to,
                url=frame.url,
                then=list(done),
            )
            item = {**item, KEY: str(row.pk)}
            rows.append(row)
        done.insert(0, item)
    if rows and _recorder(frame.account) is None:
        raise ValueError(f"carrier account {frame.account} does not record calls")
    Recording.objects.bulk_create(rows)
    return done


def went_on(account: str, key: str) -> Sequence[Action]:
    """Return what a caller hears after a recording; nothing where that is not known."""
    row = _asked_as(key).filter(account=account).first()
    return read_actions(row.then) if row else ()


def note(account: str, told: Recorded) -> None:
    """Write down what the carrier says of a recording; part of the caller's transaction."""
    rows = _asked_as(told.key).filter(account=account)
    if not told.provider_id:
        rows.filter(state__in=(State.ASKED, State.UNWANTED)).delete()
        return
    now = timezone.now()
    rows.filter(state=State.UNWANTED).update(provider_id=told.provider_id, due_at=now)
    rows.filter(state=State.ASKED).update(
        state=State.WAITING,
        provider_id=told.provider_id,
        seconds=told.seconds,
        recorded_at=told.at or now,
        due_at=now,
    )
    transaction.on_commit(nudge)


def nudge() -> None:
    """Let a worker fetch what is due; what gets lost, the next round finds."""
    say(TASK, queue=QUEUE)


def _asked_as(key: str) -> Any:
    try:
        return Recording.objects.filter(pk=uuid.UUID(key))
    except ValueError:
        return Recording.objects.none()


def fetch_due(now: dt.datetime | None = None) -> int:
    """Fetch recordings, and delete at carriers what is fetched or unwanted; return how many.

    It waits for the network: call it outside of any transaction.
    """
    moment = now or timezone.now()
    with transaction.atomic():
        due = Recording.objects.filter(due_at__lte=moment).order_by("due_at")
        rows = list(due.select_for_update(skip_locked=True)[:_BATCH])
        keys = [row.pk for row in rows]
        Recording.objects.filter(pk__in=keys).update(due_at=moment + _LEASE)
    return sum(_step(row, moment) for row in rows)


def _step(row: Recording, now: dt.datetime) -> bool:
    """Do what is next for one recording; return whether that worked."""
    try:
        carrier = _recorder(row.account)
        if carrier is None:
            raise RecordingError("the account is gone", is_gone=True)
        if row.state == State.WAITING:
            _fetch(carrier, row)
        carrier.delete_recording(row.provider_id)
    except RecordingError as error:
        _later(row, error, now)
        return False
    _deleted_there(row)
    return True


def _fetch(carrier: Recorder, row: Recording) -> None:
    """Put the sound into our storage and tell the number's URL; raises ``RecordingError``.

    A crash between storage and commit leaves a file for ``unknown.delete_unknown``.
    """
    sound = carrier.fetch_recording(row.provider_id)
    try:
        kind = parse(sound.data, sound.content_type, with_preview=False).content_type
    except Refused as refused:
        raise RecordingError(str(refused), is_gone=True) from refused
    if kind not in _SOUNDS:
        raise RecordingError(f"{kind} is no sound", is_gone=True)
    path = default_storage.save(
        f"{RECORDINGS}/{row.organization_id}/{row.pk}", ContentFile(sound.data)
    )
    with transaction.atomic():
        kept = Recording.objects.filter(pk=row.pk, state=State.WAITING).update(
            state=State.STORED, path=path, content_type=kind, size=len(sound.data), problem=""
        )
        if kept and row.url:
            Callback.objects.create(
                organization_id=row.organization_id,
                service_id=row.service_id,
                message_id=row.message_id,
                kind=Callback.Kind.MO,
                event="recording",
                url=row.url,
                body=_event(row),
            )
            transaction.on_commit(nudge_callbacks)
    if not kept:  # it is unwanted since
        default_storage.delete(path)


def _event(row: Recording) -> str:
    """Return what the number's URL is told: an event of the call that it answered."""
    body = {
        "event": "recording",
        "callid": row.call_id,
        "from": row.address,
        "to": row.line,
        "recordingid": str(row.pk),
        "seconds": row.seconds,
        "file": f"{settings.PUBLIC_URL}/api/v1/recordings/{row.pk}/audio/",
        "timeStamp": iso(row.recorded_at or row.created_at),
    }
    return json.dumps(body)


def _later(row: Recording, error: RecordingError, now: dt.datetime) -> None:
    """Have a recording tried again, or give it up."""
    log.warning("Recording %s at %s: %s", row.pk, row.account, error)
    mine = Recording.objects.filter(pk=row.pk)
    is_late = row.state == State.WAITING and now - row.created_at > _GIVE_UP
    if error.is_gone or is_late:
        mine.filter(state=State.WAITING).update(
            state=State.LOST, due_at=None, problem=str(error)[:200]
        )
        mine.filter(state=State.STORED).update(due_at=None, problem=str(error)[:200])
        mine.filter(state=State.UNWANTED).delete()
        return
    wait = min(_FIRST * 2 ** min(row.attempts, 10), _LONGEST)
    mine.update(due_at=now + wait, attempts=row.attempts + 1, problem=str(error)[:200])


def _deleted_there(row: Recording) -> None:
    mine = Recording.objects.filter(pk=row.pk)
    mine.filter(state=State.UNWANTED).delete()
    mine.update(provider_id="", due_at=None)


def _recorder(account: str) -> Recorder | None:
    """Return the carrier of an account, if it records."""
    row = CarrierAccount.objects.filter(slug=account).first()
    try:
        carrier = registry.messenger(row) if row else None
    except CarrierMisconfigured:
        return None
    return carrier if isinstance(carrier, Recorder) else None


def remove(*, recording: Recording) -> None:
    """Delete a recording because somebody wants that; it is in the audit record."""
    record("recording.deleted", recording)
    _drop([recording])


def delete_of(*, organization_id: uuid.UUID, addresses: Iterable[str]) -> int:
    """Delete what these callers have said; return how many recordings there were."""
    digits = {address.removeprefix("+") for address in addresses}
    found = Recording.objects.filter(organization=organization_id, address__in=digits)
    return _drop_all(found.exclude(state=State.UNWANTED))


def delete_old(now: dt.datetime) -> int:
    """Delete recordings that are kept no longer, and rows of those that were never made."""
    never_made = Recording.objects.filter(
        state__in=(State.ASKED, State.UNWANTED),
        provider_id="",
        created_at__lt=now - _NEVER_MADE,
    )
    total = int(never_made.delete()[0])
    if settings.KEEP_RECORDINGS_DAYS:
        before = now - dt.timedelta(days=settings.KEEP_RECORDINGS_DAYS)
        old = Recording.objects.filter(created_at__lt=before)
        total += _drop_all(old.exclude(state=State.UNWANTED))
    return total


def _drop_all(found: Any) -> int:
    total = 0
    while rows := list(found.order_by("pk")[:_AT_ONCE]):
        _drop(rows)
        total += len(rows)
    return total


def _drop(rows: list[Recording]) -> None:
    """Delete files before their rows; a row that the carrier still needs stays for that."""
    for row in rows:
        if row.path:
            default_storage.delete(row.path)
        mine = Recording.objects.filter(pk=row.pk)
        if row.state == State.ASKED or row.provider_id:
            due = timezone.now() if row.provider_id else None
            mine.update(state=State.UNWANTED, path="", address="", url="", then=[], due_at=due)
        else:
            mine.delete()

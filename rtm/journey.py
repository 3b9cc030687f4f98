"""The journey of one message: everything that is known of it, in the order it happened."""

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words
from imiconnect.rtm.desk.contents import had_no_room, media_of, told_in
from imiconnect.rtm.masking import masked, masked_json
from imiconnect.rtm.models import (
    Attempt,
    Callback,
    CallbackAttempt,
    Channel,
    Device,
    Message,
    OpenMessage,
    OwedMessage,
    Recording,
)
from imiconnect.rtm.protocol.states import State

#: Devices that are named in one line.
_NAMES_SHOWN = 10


@dataclass(frozen=True)
class Event:
    """One point of the timeline; ``state`` is a word of ``console.states``.

    ``key`` names the point for as long as the message lives, so that what a person has
    unfolded stays so. ``expected`` marks what has not happened yet. ``raw`` is text to unfold.
    """

    key: str
    title: Words
    at: dt.datetime | None
    state: str = ""
    code: int = 0
    words: Words = ""
    facts: list[tuple[Words, str]] = field(default_factory=list)
    raw: str = ""
    recording: Recording | None = None
    expected: bool = False


@dataclass(frozen=True)
class Journey:
    """The timeline of a message, and whether more is to come."""

    message: Message
    events: list[Event]
    is_open: bool

    @property
    def digest(self) -> str:
        """Return what differs as soon as anything shown differs."""
        shown = [(str(e.title), e.at, e.state, e.code, str(e.words)) for e in self.events]
        text = repr((self.message.state, self.message.code, self.is_open, shown))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def journey_of(message: Message) -> Journey:
    """Return the journey of a message; five queries whatever its length."""
    first = message.first_try
    attempts = [first] if first else []
    attempts += Attempt.objects.filter(message_id=message.pk).order_by("id")[:100]
    callbacks = list(Callback.objects.filter(message_id=message.pk).order_by("id")[:50])
    tries: dict[Any, list[CallbackAttempt]] = {}
    for made in CallbackAttempt.objects.filter(callback__in=callbacks).order_by("number"):
        tries.setdefault(made.callback_id, []).append(made)
    waiting = OpenMessage.objects.filter(pk=message.pk).first()
    events = [
        *_beginning(message),
        *_recordings(message),
        *(_attempt(attempt) for attempt in attempts),
        *_receipts(message),
        *_ending(message),
    ]
    for callback in callbacks:
        events.extend(_callback(callback, tries.get(callback.pk, [])))
    events.sort(key=lambda event: event.at or dt.datetime.max.replace(tzinfo=dt.UTC))
    events.extend(_expected(message, waiting, callbacks))
    events.extend(_other_devices(message))
    is_open = waiting is not None or any(
        callback.state == Callback.State.PENDING for callback in callbacks
    )
    return Journey(message, events, is_open)


def _beginning(message: Message) -> Iterator[Event]:
    raw = masked_json(message.payload)
    if message.direction == Message.Direction.MO:
        to = str(message.payload.get("da", ""))
        facts: list[tuple[Words, str]] = (
            [(_("Number"), to)] if to else [(_("Device"), message.device_id)]
        )
        facts += [(fact.name, fact.value) for fact in told_in(masked(message.payload))[1]]
        title = _("Received from the customer")
        yield Event("received", title, message.created_at, "received", facts=facts, raw=raw)
        if any(map(had_no_room, media_of(message))):
            lost = _("A file was not kept: the storage is full")
            words = _("The app’s policy says how many megabytes of files it keeps.")
            yield Event("no_room", lost, message.created_at, "failed", words=words)
        return
    words = _("Stored durably, and queued to be sent.")
    yield Event("accepted", _("Accepted"), message.created_at, "queued", 1001, words, raw=raw)
    if held := message.payload.get("held"):
        since = dt.datetime.fromisoformat(held["since"])
        yield Event("held", _("Held for quiet hours"), since, "pending", words=held["why"])


def _recordings(message: Message) -> Iterator[Event]:
    """Tell of what the caller said; who sees the message may hear it."""
    if not message.payload.get("records"):
        return
    states = {
        Recording.State.WAITING: ("pending", _("Recorded; the carrier still has it")),
        Recording.State.STORED: ("received", _("Recorded")),
        Recording.State.LOST: ("failed", _("Recorded, and lost")),
    }
    rows = Recording.objects.filter(message_id=message.pk, state__in=states)
    for row in rows.order_by("pk"):
        state, title = states[Recording.State(row.state)]
        yield Event(
            f"recording-{row.pk}",
            title,
            row.recorded_at,
            state,
            words=row.problem if row.state == Recording.State.LOST else "",
            facts=[(_("Length"), f"{row.seconds} s")],
            recording=row if row.state == Recording.State.STORED else None,
        )


def _attempt(attempt: Attempt) -> Event:
    facts: list[tuple[Words, str]] = [(_("Route"), attempt.route)]
    if carrier := attempt.detail.get("carrier"):
        facts.append((_("Carrier"), str(carrier)))
    if attempt.finished_at:
        took = (attempt.finished_at - attempt.started_at) / dt.timedelta(milliseconds=1)
        facts.append((_("Took"), f"{took:.1f} ms"))
    title = gettext("Attempt {number} failed")
    if attempt.succeeded:
        title = gettext("Attempt {number}: published to the broker")
        if attempt.route != Attempt.BROKER:
            title = gettext("Attempt {number}: taken by the provider")
    return Event(
        f"attempt-{attempt.pk}",
        title.format(number=attempt.number),
        attempt.finished_at or attempt.started_at,
        "submitted" if attempt.succeeded else "failed",
        attempt.code,
        attempt.reason,
        facts,
        masked_json(attempt.detail) if attempt.detail else "",
    )


def _receipts(message: Message) -> Iterator[Event]:
    facts: list[tuple[Words, str]] = []
    if message.device_id and message.direction == Message.Direction.MT:
        facts.append((_("Device"), message.device_id))
    if message.delivered_at:
        at = message.delivered_at
        yield Event("delivered", _("Delivered"), at, "delivered", 7500, facts=facts)
    if message.read_at:
        yield Event("read", _("Read"), message.read_at, "read", 7502)
    if message.clicked_at:
        yield Event("clicked", _("Clicked"), message.clicked_at, "clicked")


def _ending(message: Message) -> Iterator[Event]:
    ends = {State.FAILED: ("failed", _("Failed")), State.EXPIRED: ("expired", _("Expired"))}
    if end := ends.get(State(message.state)):
        word, title = end
        yield Event(word, title, message.closed_at, word, message.code, message.reason)


def _callback(callback: Callback, tries: list[CallbackAttempt]) -> Iterator[Event]:
    raw = masked_json(callback.body)
    for made in tries:
        good = made.status_code is not None and 200 <= made.status_code < 300
        facts: list[tuple[Words, str]] = [
            (_("Address"), callback.url),
            (_("Took"), f"{made.duration_ms} ms"),
        ]
        if made.response:
            facts.append((_("Answer"), made.response[:200]))
        yield Event(
            _key(callback, made.number),
            gettext("Callback “{event}”: attempt {number}").format(
                event=callback.event, number=made.number
            ),
            made.created_at,
            "delivered" if good else "failed",
            made.status_code or 0,
            made.error,
            facts,
            raw,
        )


def _expected(
    message: Message, waiting: OpenMessage | None, callbacks: list[Callback]
) -> Iterator[Event]:
    due_at = waiting and (waiting.due_at or _due_with_its_batch(message))
    if due_at:
        state = "retrying" if message.attempts else "queued"
        words, at = _tries(message.attempts), due_at
        yield Event("next", _("Next attempt"), at, state, words=words, expected=True)
    if waiting and waiting.expires_at:
        words, at = gettext("Unless it is confirmed before."), waiting.expires_at
        yield Event("expires", _("Expires"), at, "pending", words=words, expected=True)
    for callback in callbacks:
        if callback.state == Callback.State.PENDING:
            title = gettext("Callback “{event}”: next attempt").format(event=callback.event)
            facts: list[tuple[Words, str]] = [(_("Address"), callback.url)]
            yield Event(
                _key(callback, callback.attempts + 1),
                title,
                callback.due_at,
                "pending",
                facts=facts,
                raw=masked_json(callback.body),
                expected=True,
            )


def _due_with_its_batch(message: Message) -> dt.datetime | None:
    return message.created_at if message.state == State.QUEUED else None


def _other_devices(message: Message) -> Iterator[Event]:
    """Tell which devices of the user have not had yet what another one has confirmed."""
    if not message.delivered_at or message.channel != Channel.RT or message.app is None:
        return
    owed = OwedMessage.objects.filter(device_id=OuterRef("pk"), message_id=message.pk)
    devices = Device.objects.filter(app=message.app, user_id=message.address).filter(
        Exists(owed)
    )
    names = list(devices.order_by("pk").values_list("device_id", flat=True))
    if not names:
        return
    words = ngettext(
        "Waits for another device of the user, at most until",
        "Waits for {n} other devices of the user, at most until",
        len(names),
    )
    shown = ", ".join(names[:_NAMES_SHOWN])
    yield Event(
        "owed",
        words.format(n=len(names)),
        message.expires_at,
        "pending",
        facts=[
            (
                ngettext("Device", "Devices", len(names)),
                f"{shown} …" if len(names) > _NAMES_SHOWN else shown,
            )
        ],
        expected=True,
    )


def _key(callback: Callback, number: int) -> str:
    """Return the key of an attempt, the same before and after it was made."""
    return f"callback-{callback.pk}-{number}"


def _tries(count: int) -> str:
    if not count:
        return ""
    return ngettext("After {n} attempt.", "After {n} attempts.", count).format(n=count)

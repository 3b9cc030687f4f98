"""Everything that happened with a customer, newest first: messages of all channels, events.

All of it has keys that grow with time, so one key is the place in the whole timeline.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.console.addresses import address_of
from imiconnect.console.words import Words
from imiconnect.rtm.customers.places import places_of
from imiconnect.rtm.desk.contents import answer_in
from imiconnect.rtm.desk.separation import kept_from
from imiconnect.rtm.masking import masked
from imiconnect.rtm.models import (
    Attempt,
    Channel,
    Companion,
    Customer,
    DeviceEvent,
    Message,
    Recording,
)
from imiconnect.rtm.push import companion
from imiconnect.rtm.search import call_in_words, word_of

PAGE = 50
_TEXT = 160  # characters

#: The word of ``console.states`` for an event; others are drawn in grey.
_STATES = {
    DeviceEvent.Kind.CONNECTED: "online",
    DeviceEvent.Kind.DISCONNECTED: "offline",
    DeviceEvent.Kind.REGISTER: "active",
    DeviceEvent.Kind.UNREGISTER: "ended",
}


_RECORDED = {
    Recording.State.WAITING: "pending",
    Recording.State.STORED: "received",
    Recording.State.LOST: "failed",
}


@dataclass(frozen=True)
class Entry:
    """One line of the timeline; ``state`` is a word of ``console.states``, or empty."""

    key: uuid.UUID
    kind: str
    title: Words
    at: dt.datetime
    state: str = ""
    words: str = ""
    where: str = ""
    url: str = ""


@dataclass(frozen=True)
class Timeline:
    """A page of it; ``older`` is the key that the next page begins below, if there is one.

    ``withheld`` is the number of conversations of other agents, which are left out.
    """

    entries: list[Entry]
    older: uuid.UUID | None
    withheld: int = 0
    #: Whether there are more conversations than are looked into.
    is_cut: bool = False


def timeline_of(
    customer: Customer, member: Member, *, before: uuid.UUID | None = None, kind: str = ""
) -> Timeline:
    """Return the newest entries that a person may see; ``kind`` is message, event or empty."""
    entries: list[Entry] = []
    withheld, is_cut, in_app = 0, False, set[uuid.UUID]()
    if kind in ("", "message"):
        places = places_of(customer)
        is_cut = places.is_cut
        withheld = kept_from(member).filter(thread__in=places.threads).count()
        messages = places.messages().visible_to(member).select_related("app")
        rows = list(_newest(messages, before))
        in_app = {row.pk for row in rows if row.channel == Channel.RT}
        entries += [_of_message(row) for row in rows]
        digits = {address.removeprefix("+") for address in places.addresses}
        spoken = Recording.objects.visible_to(member).filter(address__in=digits)
        entries += [_of_recording(row) for row in _newest(spoken, before)]
    if kind in ("", "event"):
        events = DeviceEvent.objects.visible_to(member).filter(customer=customer)
        entries += [_of_event(row) for row in _newest(events.select_related("app"), before)]
    entries.sort(key=lambda entry: entry.key, reverse=True)
    shown = entries[:PAGE]
    older = shown[-1].key if len(entries) > PAGE else None
    pushes = _pushes([entry for entry in shown if entry.key in in_app])
    shown = sorted([*shown, *pushes], key=lambda entry: entry.at, reverse=True)
    return Timeline(shown, older, withheld, is_cut)


def _pushes(messages: list[Entry]) -> list[Entry]:
    """Return the notifications that went, or wait to go, with the messages of a page."""
    urls = {entry.key: entry.url for entry in messages}
    tried = Attempt.objects.filter(message_id__in=urls, route=companion.ROUTE)
    waiting = Companion.objects.filter(pk__in=urls)
    sent = [
        Entry(
            row.pk,
            "push",
            _("Notification with the message"),
            row.finished_at or row.started_at,
            "submitted" if row.succeeded else "failed",
            row.reason,
            url=urls[row.message_id],
        )
        for row in tried
    ]
    due = [
        Entry(
            row.pk,
            "push",
            _("Notification with the message"),
            row.due_at,
            "queued",
            url=urls[row.pk],
        )
        for row in waiting
    ]
    return sent + due


def _newest(rows: "QuerySet[Any]", before: uuid.UUID | None) -> "QuerySet[Any]":
    if before:
        rows = rows.filter(pk__lt=before)
    return rows.order_by("-pk")[: PAGE + 1]


def _of_message(message: Message) -> Entry:
    incoming = message.direction == Message.Direction.MO
    text = str(message.payload.get("message") or message.payload.get("text") or "")
    text = text or call_in_words(message) or answer_in(masked(message.payload))
    where = [message.get_channel_display(), message.app.name if message.app else ""]
    return Entry(
        message.pk,
        "message",
        _("From the customer") if incoming else _("To the customer"),
        message.created_at,
        word_of(message),
        text if len(text) <= _TEXT else f"{text[:_TEXT]}…",
        " · ".join(part for part in where if part),
        address_of("rtm:journey", message.pk),
    )


def _of_recording(recording: Recording) -> Entry:
    return Entry(
        recording.pk,
        "message",
        _("Said in a call, and recorded"),
        recording.recorded_at or recording.created_at,
        _RECORDED[Recording.State(recording.state)],
        f"{recording.seconds} s",
        f"{Channel.VOICE.label} · +{recording.line}",
        address_of("rtm:journey", recording.message_id),
    )


def _of_event(event: DeviceEvent) -> Entry:
    title: Words = event.get_kind_display()
    if event.kind == DeviceEvent.Kind.CUSTOM:
        title = event.name
    told = [f"{name}: {value}" for name, value in masked(event.data).items()]
    words = ", ".join(told)
    return Entry(
        event.pk,
        "event",
        title,
        event.created_at,
        _STATES.get(DeviceEvent.Kind(event.kind), ""),
        words if len(words) <= _TEXT else f"{words[:_TEXT]}…",
        f"{event.app.name} · {event.user_id} · {event.device_name}",
    )

"""The filters of the message log: one function for the page, its file and its live rows."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from imiconnect.identity import first_uuid7_at
from imiconnect.rtm.models import Channel, Message, OpenMessage, Thread
from imiconnect.rtm.protocol.ids import ids_of_transid
from imiconnect.rtm.protocol.states import State

if TYPE_CHECKING:
    from imiconnect.rtm.querysets import MessageQuerySet

#: The most threads of one user that are looked into.
_THREADS = 500


@dataclass(frozen=True)
class Search:
    """What a person looks for; an empty field narrows nothing.

    ``since`` and ``until`` are aware and bound the time of acceptance. ``words`` is a tid, a
    transid, a correlation ID or the customer's address, each in full.
    """

    #: The organization whose threads an address is looked for in; all without one.
    organization: uuid.UUID | None = None
    service: uuid.UUID | None = None
    app: uuid.UUID | None = None
    channel: str = ""
    state: int | None = None
    direction: int | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    words: str = ""


def narrowed(messages: "MessageQuerySet", search: Search) -> "MessageQuerySet":
    """Return those of ``messages`` (all of one organization) that fit ``search``."""
    exact = {
        "service": search.service,
        "app": search.app,
        "channel": search.channel or None,
        "direction": search.direction,
    }
    found = messages.filter(
        **{name: value for name, value in exact.items() if value is not None}
    )
    if search.channel and search.channel != Channel.RT:
        # Said in so many words, the planner takes the index of the other channels.
        found = found.exclude(channel=Channel.RT)
    found = in_time(found, search.since, search.until)
    if search.state is not None:
        found = in_state(found, State(search.state))
    words = search.words.strip()
    return _matching(found, words, search.organization) if words else found


def in_time(
    messages: "MessageQuerySet", since: dt.datetime | None, until: dt.datetime | None
) -> "MessageQuerySet":
    """Return the messages accepted from ``since`` to before ``until``, by their ids."""
    if since:
        messages = messages.filter(id__gte=first_uuid7_at(since))
    if until:
        messages = messages.filter(id__lt=first_uuid7_at(until))
    return messages


def in_state(messages: "MessageQuerySet", state: State) -> "MessageQuerySet":
    """Return the messages in ``state``.

    No index holds the state itself, since a change of it would then write the index. The rare
    states are found by the index of failures and by the table of open messages.
    """
    messages = messages.filter(state=int(state))
    if state in (State.FAILED, State.EXPIRED):
        return messages.filter(is_failed=True)
    if state in (State.QUEUED, State.SUBMITTED):
        return messages.filter(id__in=OpenMessage.objects.values("id"))
    return messages


def of_request(messages: "MessageQuerySet", transid: uuid.UUID) -> "MessageQuerySet":
    """Return the messages of one request: their ids have the millisecond of its transid."""
    first, last = ids_of_transid(transid)
    return messages.filter(id__gte=first, id__lte=last, transid=transid)


def _matching(
    messages: "MessageQuerySet", words: str, organization: uuid.UUID | None
) -> "MessageQuerySet":
    try:
        key = uuid.UUID(words)
    except ValueError:
        pass
    else:
        same_time = of_request(messages, key)
        return same_time if same_time.exists() else messages.filter(Q(id=key))
    correlated = messages.filter(correlation_id=words)
    return correlated if correlated.exists() else _of_address(messages, words, organization)


def _of_address(
    messages: "MessageQuerySet", address: str, organization: uuid.UUID | None
) -> "MessageQuerySet":
    """Return the messages of a customer's address, without reading those of others.

    No index has every address. A message of the RTM channel is always in a thread, the user's
    or one for every user, and threads are indexed; what has no thread has an index by address.
    """
    threads = Thread.objects.filter(user_id__in=(address, ""))
    if organization:
        threads = threads.filter(app__organization=organization)
    known = list(threads.order_by("-user_id", "-id").values_list("pk", flat=True)[:_THREADS])
    of_user = messages.filter(address=address)
    return of_user.filter(Q(thread__in=known) | Q(thread=None))


def word_of(message: Message) -> str:
    """Return the word under which the console shows the state of a message."""
    return State(message.state).name.lower()


def call_in_words(message: Message) -> str:
    """Return what became of an incoming call; empty for everything else."""
    answered = message.payload.get("answered")
    if message.channel != Channel.VOICE or answered is None:
        return ""
    if message.payload.get("records"):
        return _("Call, answered by a recording")
    return _("Call, answered") if answered else _("Call, not answered")

"""What the desk shows of the conversations that an agent sees.

Which ones those are is said in ``separation``.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import ALLOWED, Act
from imiconnect.console.paging import page_of
from imiconnect.console.words import Words
from imiconnect.rtm.desk.contents import Content, contents_of, preview_of
from imiconnect.rtm.models import Customer, Device, Message, Stream, Thread
from imiconnect.rtm.search import word_of

LISTED, SHOWN = 50, 100
#: Messages on one page, however many earlier ones are asked for.
MOST_SHOWN = 500
#: The value of ``stream`` in the address for conversations without one.
NO_STREAM = "none"
SHOWS = ("waiting", "mine", "all", "closed")


@dataclass(frozen=True)
class Pick:
    """What of the list an agent looks at: ``stream`` is an id, ``NO_STREAM`` or empty.

    ``app`` and ``user_id`` narrow it further where they are set.
    """

    stream: str = ""
    show: str = "waiting"
    cursor: str = ""
    app: uuid.UUID | None = None
    user_id: str = ""


@dataclass(frozen=True)
class Listed:
    """A conversation in the list, with the newest message."""

    thread: Thread
    customer: str
    preview: str
    at: dt.datetime
    waits: bool
    agent: str


@dataclass(frozen=True)
class Page:
    """A page of the list; ``further`` and ``back`` are cursors, empty where there is none."""

    rows: list[Listed]
    further: str
    back: str


@dataclass(frozen=True)
class StreamCount:
    """A stream beside the list: how many of its open conversations the agent sees."""

    key: str
    name: Words
    open: int


@dataclass(frozen=True)
class Said:
    """One message of a conversation."""

    message: Message
    content: Content
    incoming: bool
    state: str
    by: str


@dataclass(frozen=True)
class Talk:
    """A stretch of a conversation; ``earlier`` is where the one before it begins.

    ``has_later`` tells that it does not reach the newest message.
    """

    said: list[Said]
    earlier: uuid.UUID | None
    has_later: bool


def conversations_for(member: Member) -> "QuerySet[Thread]":
    """Return the conversations that a person sees on the desk."""
    threads: QuerySet[Thread] = Thread.objects.visible_to(member).filter(
        type=Thread.Type.CONVERSATION, topic=None
    )
    return threads.exclude(user_id="")


def agents_for(member: Member) -> "QuerySet[Member]":
    """Return the people of a person's level and below who may answer customers."""
    roles = [role for role, acts in ALLOWED.items() if Act.CONVERSE in acts]
    agents: QuerySet[Member] = Member.objects.visible_to(member).active()
    return agents.filter(role__in=roles).select_related("user").order_by("user__name")


def streams_for(member: Member) -> list[StreamCount]:
    """Return the streams with their open conversations, those without a stream last."""
    counts = dict(
        conversations_for(member)
        .filter(status=Thread.Status.ACTIVE)
        .order_by()
        .values_list("stream")
        .annotate(count=Count("pk"))
    )
    rows = Stream.objects.visible_to(member).order_by("name")
    named = [StreamCount(str(row.pk), row.name, counts.get(row.pk, 0)) for row in rows]
    return [*named, StreamCount(NO_STREAM, _("Without a stream"), counts.get(None, 0))]


def listed(member: Member, pick: Pick) -> Page:
    """Return a page of the conversations that fit; three queries whatever their number."""
    page = page_of(picked(member, pick), order_of(pick), LISTED, pick.cursor)
    return Page(drawn(page.rows), page.older, page.newer)


def order_of(pick: Pick) -> tuple[str, str]:
    """Return the order: who waits longest first, of all others the newest."""
    return ("waits_since", "id") if pick.show == "waiting" else ("-updated_at", "-id")


def picked(member: Member, pick: Pick) -> "QuerySet[Thread]":
    """Return the conversations that fit, ready for ``drawn``."""
    return ready(_narrowed(conversations_for(member), member, pick))


def ready(threads: "QuerySet[Thread]") -> "QuerySet[Thread]":
    """Return conversations with what ``drawn`` needs of each."""
    said = Message.objects.filter(thread=OuterRef("pk"), address=OuterRef("user_id"))
    newest = said.order_by("-id").values("id")[:1]
    threads = threads.select_related("app", "stream", "assignment__agent__user")
    return threads.annotate(last=Subquery(newest))


def drawn(threads: Sequence[Thread]) -> list[Listed]:
    """Return conversations that are ``ready`` as the list shows them; two queries."""
    rows: Sequence[Any] = threads
    last = {
        message.pk: message
        for message in Message.objects.filter(pk__in=[row.last for row in rows if row.last])
    }
    names = customers_of(rows)
    return [_listed(row, last.get(row.last), names) for row in rows]


def _narrowed(threads: "QuerySet[Thread]", member: Member, pick: Pick) -> "QuerySet[Thread]":
    if pick.stream == NO_STREAM:
        threads = threads.filter(stream=None)
    elif pick.stream:
        threads = threads.filter(stream=uuid.UUID(pick.stream))
    if pick.app:
        threads = threads.filter(app=pick.app)
    if pick.user_id:
        threads = threads.filter(user_id=pick.user_id)
    if pick.show == "closed":
        return threads.filter(status=Thread.Status.CLOSED)
    threads = threads.filter(status=Thread.Status.ACTIVE)
    if pick.show == "mine":
        return threads.filter(assignment__agent=member)
    if pick.show == "waiting":
        return threads.filter(assignment=None, waits_since__isnull=False)
    return threads


def _listed(
    thread: Thread, last: Message | None, names: dict[tuple[uuid.UUID, str], Customer]
) -> Listed:
    customer = names.get((thread.app_id, thread.user_id))
    return Listed(
        thread,
        customer_words(customer, thread),
        preview_of(last)[:90] if last else "",
        last.created_at if last else thread.updated_at,
        bool(last and last.direction == Message.Direction.MO),
        agent_name(thread),
    )


def customer_words(customer: Customer | None, thread: Thread) -> str:
    """Return the name of a customer, else their ID, else the user ID of the conversation."""
    if customer is None:
        return thread.user_id
    return str(customer.attributes.get("name") or customer.customer_id)


def customers_of(threads: Sequence[Thread]) -> dict[tuple[uuid.UUID, str], Customer]:
    """Return the customers behind conversations, by app and user."""
    condition = Q(pk__in=[])
    for thread in threads:
        condition |= Q(app=thread.app_id, user_id=thread.user_id)
    devices = Device.objects.filter(condition, customer__isnull=False)
    return {
        (device.app_id, device.user_id): device.customer
        for device in devices.select_related("customer")
    }


def agent_name(thread: Thread) -> str:
    """Return who answers a conversation, or an empty string."""
    assignment = getattr(thread, "assignment", None)
    return str(assignment.agent.user.name) if assignment else ""


def said_in(thread: Thread, first: uuid.UUID | None = None) -> Talk:
    """Return the messages of a conversation from ``first`` on, or the newest, oldest first."""
    rows = messages_in(thread)
    if first is None:
        shown, more = list(reversed(rows.order_by("-id")[:SHOWN])), False
    else:
        found = list(rows.filter(id__gte=first).order_by("id")[: MOST_SHOWN + 1])
        shown, more = found[:MOST_SHOWN], len(found) > MOST_SHOWN
    earlier = _earlier(rows, shown[0].pk) if shown else None
    return Talk(said_of(shown), earlier, has_later=more)


def messages_in(thread: Thread) -> "QuerySet[Message]":
    """Return the messages of a conversation, ready for ``said_of``."""
    # With the user, whose thread it is, they are read in their order from an index.
    rows = Message.objects.filter(thread=thread, address=thread.user_id)
    found: QuerySet[Message] = rows.select_related("app")
    return found


def said_of(messages: Sequence[Message]) -> list[Said]:
    """Return what messages say, in the same order; one query for the files of all."""
    contents = contents_of(messages)
    return [_said(message, contents[message.pk]) for message in messages]


def _earlier(rows: "QuerySet[Message]", first: uuid.UUID) -> uuid.UUID | None:
    """Return where the messages before the first one begin, a page of them."""
    before = rows.filter(id__lt=first).order_by("-id").values_list("pk", flat=True)[:SHOWN]
    keys = list(before)
    return keys[-1] if keys else None


def _said(message: Message, content: Content) -> Said:
    incoming = message.direction == Message.Direction.MO
    by = "" if incoming else str(message.payload.get("senderId") or "")
    return Said(message, content, incoming, word_of(message), by)


def others_of_customer(member: Member, thread: Thread) -> "QuerySet[Thread]":
    """Return the other conversations with the same user that the agent sees."""
    same = conversations_for(member).filter(app=thread.app_id, user_id=thread.user_id)
    same = same.exclude(pk=thread.pk).select_related("stream")
    return same.order_by("-updated_at")[:10]

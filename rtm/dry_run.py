"""A past day of an app replayed against another policy of retries and expiry, without sending.

What came of a try at a moment is known from the log: the message's own tries, and else those
of other messages of the app on the same channel around that moment, since what fails is the
broker or the provider. Where the log says nothing, the outcome is unknown, and said to be.
"""

import bisect
import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy, expiry_of, policy_of
from imiconnect.identity import first_uuid7_at
from imiconnect.rtm.intake import media
from imiconnect.rtm.models import Attempt, Channel, Message
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.push import companion

MOST = 20_000
#: How near another message's try must be to tell what would have come of one.
NEAR = dt.timedelta(minutes=5)
DAY = dt.timedelta(days=1)

OUTCOMES = ("delivered", "submitted", "failed", "expired", "unknown")
Try = tuple[dt.datetime, bool]
#: What would come of a try at a moment; None when nobody can say.
Known = Callable[[dt.datetime], bool | None]


@dataclass(frozen=True)
class Past:
    """What the log has of one message; ``expiry`` is what the request or the policy gave."""

    created_at: dt.datetime
    expires_at: dt.datetime
    tries: tuple[Try, ...]
    state: State
    delivered_at: dt.datetime | None = None
    channel: str = Channel.RT.value


@dataclass
class Totals:
    """How many tries there were, and how many messages ended how."""

    sends: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def add(self, sends: int, outcome: str) -> None:
        """Count one message."""
        self.sends += sends
        self.outcomes[outcome] += 1


@dataclass(frozen=True)
class Replay:
    """The day as it was and as it would have been."""

    messages: int
    was: Totals
    would_be: Totals
    is_part: bool

    @property
    def fewer_sends(self) -> int:
        """How many sends the other policy would save; negative where it sends more."""
        return -self.extra_sends

    @property
    def extra_sends(self) -> int:
        """How many more tries there would have been; negative for fewer."""
        return self.would_be.sends - self.was.sends

    @property
    def rows(self) -> list[tuple[str, int, int]]:
        """Each outcome that there was or would be, with both counts."""
        return [
            (name, self.was.outcomes[name], self.would_be.outcomes[name])
            for name in OUTCOMES
            if self.was.outcomes[name] or self.would_be.outcomes[name]
        ]


def replay(app: App, day: dt.date, policy: Policy) -> Replay:
    """Replay the messages that an app accepted on a day (UTC), at most the last ``MOST``."""
    begin = dt.datetime.combine(day, dt.time(), dt.UTC)
    messages = list(
        Message.objects.filter(
            organization=app.organization_id,
            app=app,
            direction=Message.Direction.MT,
            id__gte=first_uuid7_at(begin),
            id__lt=first_uuid7_at(begin + DAY),
        )
        .order_by("-id")
        .only("created_at", "expires_at", "state", "tried_at", "delivered_at", "channel")[
            : MOST + 1
        ]
    )
    is_part = len(messages) > MOST
    tries = _tries(messages[:MOST])
    past = [_past(message, tries.get(message.pk, ())) for message in messages[:MOST]]
    return replayed(past, policy_of(app), policy, is_part=is_part)


def _tries(messages: list[Message]) -> dict[uuid.UUID, tuple[Try, ...]]:
    """Return the tries of messages."""
    channels = {message.pk: message.channel for message in messages}
    found: dict[uuid.UUID, list[Try]] = defaultdict(list)
    for message in messages:
        if message.tried_at:
            found[message.pk].append((message.tried_at, True))
    rows = Attempt.objects.filter(message_id__in=list(channels))
    columns = ("message_id", "started_at", "succeeded", "route")
    for key, at, good, route in rows.order_by("id").values_list(*columns):
        # The notification that goes with a message says nothing of the broker.
        if channels[key] != Channel.RT or route != companion.ROUTE:
            found[key].append((at, good))
    return {key: tuple(value) for key, value in found.items()}


def _past(message: Message, tries: tuple[Try, ...]) -> Past:
    return Past(
        message.created_at,
        message.expires_at or message.created_at + DAY,
        tries,
        State(message.state),
        message.delivered_at,
        message.channel,
    )


def replayed(past: list[Past], old: Policy, new: Policy, *, is_part: bool = False) -> Replay:
    """Return the totals of messages as they were and under a new policy."""
    tries: dict[str, list[Try]] = defaultdict(list)
    for message in past:
        tries[message.channel] += message.tries
    known = {channel: _known(found) for channel, found in tries.items()}
    was, would_be = Totals(), Totals()
    for message in past:
        was.add(len(message.tries), _was(message))
        would_be.add(*_would_be(message, old, new, known[message.channel]))
    return Replay(len(past), was, would_be, is_part)


def _was(message: Past) -> str:
    if message.state in (State.DELIVERED, State.READ):
        return "delivered"
    words = {State.FAILED: "failed", State.EXPIRED: "expired", State.SUBMITTED: "submitted"}
    return words.get(message.state, "unknown")


def _would_be(message: Past, old: Policy, new: Policy, known: Known) -> tuple[int, str]:
    """Return how many tries a message would have had, and how it would have ended."""
    expires_at = _expiry(message, old, new)
    if not message.tries or _is_final(message, old):
        return len(message.tries), _was(message)
    sends, at = 0, message.tries[0][0]
    while sends <= new.retry_count and at < expires_at:
        sends += 1
        came = _came(message, at, known)
        if came is None:
            return sends, "unknown"
        if came:
            again = sum(good and moment > at for moment, good in message.tries)
            return sends + again, _after_handing_over(message, expires_at)
        at += dt.timedelta(seconds=new.retry_interval_seconds)
    return sends, "failed" if sends > new.retry_count else "expired"


def _expiry(message: Past, old: Policy, new: Policy) -> dt.datetime:
    """Return the new expiry, unless the request had named one of its own."""
    medium = media.serving(message.channel)
    needs_inbox = medium is not None and medium.needs_inbox
    given = expiry_of(old, message.created_at, needs_inbox=needs_inbox)
    if abs(message.expires_at - given) >= dt.timedelta(seconds=1):
        return message.expires_at
    return expiry_of(new, message.created_at, needs_inbox=needs_inbox)


def _is_final(message: Past, old: Policy) -> bool:
    """Tell whether a message failed for good before its retries were used up."""
    return message.state == State.FAILED and len(message.tries) <= old.retry_count


def _came(message: Past, at: dt.datetime, known: Known) -> bool | None:
    first_good = next((moment for moment, good in message.tries if good), None)
    if first_good is not None:
        return at >= first_good
    if at <= message.tries[-1][0]:
        return False
    return known(at)


def _after_handing_over(message: Past, expires_at: dt.datetime) -> str:
    if message.delivered_at:
        return "delivered" if message.delivered_at < expires_at else "expired"
    if message.state == State.EXPIRED and expires_at <= message.expires_at:
        return "expired"
    # A message that was never handed over then, or that would have waited for longer.
    return "submitted" if message.state == State.SUBMITTED else "unknown"


def _known(tries: list[Try]) -> Known:
    ordered = sorted(tries)
    moments = [moment for moment, _good in ordered]

    def come(at: dt.datetime) -> bool | None:
        place = bisect.bisect_left(moments, at)
        near = [ordered[i] for i in (place - 1, place) if 0 <= i < len(ordered)]
        nearest = min(near, key=lambda one: abs(one[0] - at), default=None)
        if nearest is None or abs(nearest[0] - at) > NEAR:
            return None
        return nearest[1]

    return come

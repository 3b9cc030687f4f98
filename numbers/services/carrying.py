"""Handing texts to carriers: each on its way, within limits, with the next way behind it."""

import logging
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any

from imiconnect.numbers.carriers import registry
from imiconnect.numbers.carriers.messaging import (
    NO_ROUTE,
    Carried,
    Carries,
    Declined,
    Messenger,
    OutgoingSms,
    Postponed,
    SenderKind,
    Submission,
)
from imiconnect.numbers.carriers.voice import Caller, OutgoingCall
from imiconnect.numbers.services import throughput
from imiconnect.numbers.services.routing import Ends, Routes, Way

log = logging.getLogger(__name__)
#: Seconds after which no further carrier is asked: a message is held for 30 seconds by who
#: sends it, and asking one carrier takes up to 18.
_PATIENCE = 10.0


def send(batch: Sequence[OutgoingSms]) -> list[Carried]:
    """Hand texts to their carriers; return what became of each, in their order.

    It waits for the network: call it outside of any transaction. It never raises for a carrier.
    """
    ends = [Ends(sms.sender, sms.sender_kind, sms.to) for sms in batch]
    return _Batch(Carries.SMS, batch, ends).send()


def call(batch: Sequence[OutgoingCall]) -> list[Carried]:
    """Start calls, as ``send`` hands texts over."""
    ends = [Ends(item.sender, SenderKind.PHONE_NUMBER, item.to) for item in batch]
    return _Batch(Carries.VOICE, batch, ends).send()


class _Batch:
    """Texts or calls under way: the ways left for each, and what the last one said."""

    def __init__(self, medium: Carries, batch: Sequence[Any], ends: Sequence[Ends]) -> None:
        routes = Routes(medium, ends)
        known = {end: routes.ways(end) for end in set(ends)}
        self._batch = batch
        self._ways = [deque(known[end]) for end in ends]
        self._said = [Carried("", Declined(NO_ROUTE)) for _ in batch]
        self._until = time.monotonic() + _PATIENCE

    def send(self) -> list[Carried]:
        left = list(range(len(self._batch)))
        while left:
            groups: dict[int, list[int]] = defaultdict(list)
            for place in left:
                if self._ways[place]:
                    groups[self._ways[place][0].account.pk].append(place)
            left = [place for group in groups.values() for place in self._ask(group)]
        return self._said

    def _ask(self, places: list[int]) -> list[int]:
        """Ask the first way of some texts; return those for which the next one is worth it."""
        if time.monotonic() > self._until:
            for place in places:
                if not self._said[place].account:
                    self._said[place] = Carried("", Postponed(1.0))
            return []
        ways = {place: self._ways[place].popleft() for place in places}
        granted, again = self._within_limits(ways)
        account = ways[places[0]].account
        said = _asked(registry.messenger(account), [self._batch[place] for place in granted])
        for place, submission in zip(granted, said, strict=True):
            self._said[place] = Carried(account.slug, submission)
            if isinstance(submission, Declined) and submission.reason.is_ours:
                log.error("Carrier %s: %s", account.slug, submission.detail)
            if _is_for_the_next(submission):
                again.append(place)
        return sorted(again)

    def _within_limits(self, ways: dict[int, Way]) -> tuple[list[int], list[int]]:
        """Return the texts that may go, and those that a full route sends on to the next."""
        by_route: dict[int, list[int]] = defaultdict(list)
        for place, way in ways.items():
            by_route[way.route.pk if way.route else 0].append(place)
        granted: list[int] = []
        again: list[int] = []
        for places in by_route.values():
            way = ways[places[0]]
            rate = way.route.per_second if way.route else None
            key = f"route:{way.route.pk}" if way.route else ""
            may, over = self._taken(key, rate, places)
            granted += may
            if way.route and way.route.overflows:
                again += over
        account = ways[next(iter(ways))].account
        may, _over = self._taken(f"account:{account.pk}", account.per_second, granted)
        return may, again

    def _taken(
        self, key: str, rate: float | None, places: list[int]
    ) -> tuple[list[int], list[int]]:
        """Return those of some texts that a bucket lets pass, and the others, who wait."""
        if rate is None or not places:
            return places, []
        grant = throughput.take(key, rate, len(places))
        over = places[grant.count :]
        for turn, place in enumerate(over):
            self._said[place] = Carried("", Postponed(grant.wait_of(turn)))
        return places[: grant.count], over


def _asked(messenger: Messenger, batch: Sequence[Any]) -> list[Submission]:
    if batch and isinstance(batch[0], OutgoingCall):
        assert isinstance(messenger, Caller)  # noqa: S101 - routes lead to none else
        return messenger.call(batch)
    return messenger.submit(batch)


def _is_for_the_next(submission: Submission) -> bool:
    return isinstance(submission, Declined) and submission.reason.another_may

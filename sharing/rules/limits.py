"""What keeps a rule that matches from acting: its limits, by what it did of late.

The gateway counts with it what it is about to do; the simulation only looks.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words
from imiconnect.identity import first_uuid7_at
from imiconnect.sharing.rules.models import Rule, RuleRun

#: Two machines that answer each other stop here: actions of a rule for one customer a minute.
FLOOD_A_MINUTE = 10
MINUTE = dt.timedelta(minutes=1)

LIMIT: Words = _("The rule had its actions for this minute.")
PAUSED: Words = _("The rule pauses for this customer.")
FLOOD: Words = _("The rule acted ten times for this customer within a minute.")


@dataclass
class Past:
    """What rules did within the last minute, and when last for a customer."""

    by_rule: Counter[uuid.UUID] = field(default_factory=Counter)
    by_customer: Counter[tuple[uuid.UUID, str]] = field(default_factory=Counter)
    last: dict[tuple[uuid.UUID, str], dt.datetime] = field(default_factory=dict)

    def obstacle(self, rule: Rule, address: str, now: dt.datetime) -> str:
        """Return why the rule does not act for a customer now, empty when it does."""
        place = (rule.pk, address)
        last = self.last.get(place)
        if last is not None and now < last + dt.timedelta(seconds=rule.pause_seconds):
            return str(PAUSED)
        if self.by_customer[place] >= FLOOD_A_MINUTE:
            return str(FLOOD)
        return str(LIMIT) if self.by_rule[rule.pk] >= rule.limit_per_minute else ""

    def add(self, rule: Rule, address: str, now: dt.datetime) -> None:
        """Count an action."""
        self.by_rule[rule.pk] += 1
        self.by_customer[(rule.pk, address)] += 1
        self.last[(rule.pk, address)] = now


def past_of(rules: Sequence[Rule], addresses: set[str], now: dt.datetime) -> Past:
    """Return what rules did of late, for these customers as far back as a pause goes."""
    past = Past()
    ids = [rule.pk for rule in rules]
    acted = ~Q(state=RuleRun.State.SKIPPED) & Q(rule__in=ids)
    recent = RuleRun.objects.filter(acted, pk__gte=first_uuid7_at(now - MINUTE))
    for rule_id, address in recent.values_list("rule_id", "address"):
        past.by_rule[rule_id] += 1
        past.by_customer[(rule_id, address)] += 1
    longest = max((rule.pause_seconds for rule in rules), default=0)
    if longest:
        since = first_uuid7_at(now - dt.timedelta(seconds=longest))
        rows = RuleRun.objects.filter(acted, pk__gte=since, address__in=addresses)
        for rule_id, address, at in rows.values_list("rule_id", "address", "created_at"):
            place = (rule_id, address)
            past.last[place] = max(at, past.last.get(place, at))
    return past

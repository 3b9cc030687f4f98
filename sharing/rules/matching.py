"""Whether a rule acts on an event, and why; without I/O, for the gateway and the simulation."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from imiconnect.console.times import written
from imiconnect.sharing.rules.events import Event
from imiconnect.sharing.rules.models import Rule
from imiconnect.sharing.rules.vocabulary import (
    Listens,
    Operator,
    channel_name,
    event_kind,
    fields_of,
)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, and a sentence about how it was found."""

    passed: bool
    text: str


@dataclass(frozen=True)
class Verdict:
    """Every check, in order; the rule acts when all have passed."""

    checks: tuple[Check, ...]

    @property
    def matches(self) -> bool:
        """Tell whether the rule acts."""
        return all(check.passed for check in self.checks)


def judge(rule: Rule, event: Event, variables: Mapping[str, Any], now: dt.datetime) -> Verdict:
    """Look at everything that a rule asks of an event."""
    checks = [_kind(rule, event), _source(rule, event), *_validity(rule, now)]
    if checks[0].passed:
        checks += [_condition(part, rule, event, variables) for part in rule.conditions]
    return Verdict(tuple(checks))


def _kind(rule: Rule, event: Event) -> Check:
    words = dict(Listens.choices)
    if event_kind(rule.listens) == event.kind:
        return Check(True, _("It waits for: %s.") % words[rule.listens])
    told = {"wanted": words[rule.listens], "found": words.get(event.kind, event.kind)}
    return Check(False, _("It waits for: %(wanted)s. This is: %(found)s.") % told)


def _source(rule: Rule, event: Event) -> Check:
    if rule.app_id:
        passed = rule.app_id == event.app_id
        text = _("It came by the app %s.") if passed else _("It did not come by the app %s.")
        return Check(passed, text % rule.app)
    if rule.channel:
        passed = rule.channel == event.channel
        text = _("It came by %s.") if passed else _("It did not come by %s.")
        return Check(passed, text % channel_name(rule.channel))
    return Check(True, _("Every channel of the service counts."))


def _validity(rule: Rule, now: dt.datetime) -> list[Check]:
    checks = [
        Check(True, _("It is active.")) if rule.is_active else Check(False, _("It is paused."))
    ]
    if rule.starts_at and rule.starts_at > now:
        checks.append(Check(False, _("It begins on %s UTC.") % written(rule.starts_at)))
    if rule.ends_at and rule.ends_at <= now:
        checks.append(Check(False, _("It ended on %s UTC.") % written(rule.ends_at)))
    return checks


def _condition(
    part: Mapping[str, str], rule: Rule, event: Event, variables: Mapping[str, Any]
) -> Check:
    name, operator, wanted = part["field"], part["operator"], part["value"]
    found = variables.get(name)
    passed = found is not None and _holds(operator, found, wanted, event.before.get(name))
    words = {
        "field": fields_of(rule.listens).get(name, name),
        "operator": Operator(operator).label.partition(" (")[0],
        "wanted": wanted,
        "found": _("nothing") if found is None or found == "" else str(found),
    }
    if passed:
        return Check(True, _("%(field)s %(operator)s “%(wanted)s”.") % words)
    text = _("%(field)s: asked for %(operator)s “%(wanted)s”, found “%(found)s”.")
    return Check(False, text % words)


def _holds(operator: str, found: Any, wanted: str, before: Any) -> bool:
    if operator in (Operator.BELOW, Operator.ABOVE, Operator.FALLS_BELOW):
        return _compares(operator, number_of(found), number_of(wanted), number_of(before))
    left, right = _folded(found), _folded(wanted)
    if operator == Operator.ONE_OF:
        return left in {_folded(word) for word in wanted.split(",") if word.strip()}
    if operator == Operator.CONTAINS:
        return right in left
    if operator == Operator.STARTS_WITH:
        return left.startswith(right)
    return (left == right) == (operator == Operator.IS)


def _compares(
    operator: str, found: Decimal | None, wanted: Decimal | None, before: Decimal | None
) -> bool:
    if found is None or wanted is None:
        return False
    if operator == Operator.ABOVE:
        return found > wanted
    if operator == Operator.FALLS_BELOW and before is not None and before < wanted:
        return False
    return found < wanted


def number_of(value: Any) -> Decimal | None:
    """Return a value as a number, with or without a percent sign; None for what is none."""
    try:
        number = Decimal(str(value).strip().removesuffix("%").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _folded(value: Any) -> str:
    return str(value).strip().casefold()

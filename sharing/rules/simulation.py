"""What the rules of a service would do about an event; nothing is written and nothing sent."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from imiconnect.apps.models import App
from imiconnect.sharing.models import Service
from imiconnect.sharing.ports import answers
from imiconnect.sharing.rules.events import Event
from imiconnect.sharing.rules.limits import Past, past_of
from imiconnect.sharing.rules.matching import Check, judge
from imiconnect.sharing.rules.models import Rule
from imiconnect.sharing.rules.rendering import render
from imiconnect.sharing.rules.templates import DELETED, offer_of


@dataclass(frozen=True)
class Tried:
    """One rule: whether it would act, why, and what it would do.

    ``left_out_by`` is the rule before it that stops; then it is not looked at.
    """

    rule: Rule
    acts: bool
    checks: tuple[Check, ...]
    act: dict[str, Any] | None
    left_out_by: Rule | None = None


def simulate(service: Service, event: Event, now: dt.datetime) -> list[Tried]:
    """Return what each rule of a service would do, in order.

    Limits and pauses count as they stand now. Whether the service is live is not asked: a
    rule is tried out before that.
    """
    variables = answers.rule_variables(event)
    rules = list(service.rules.select_related("app", "send_app").in_order())
    apps = {rule.send_app_id for rule in rules} | {event.app_id}
    app_ids = dict(
        App.objects.filter(pk__in=[app for app in apps if app]).values_list("pk", "app_id")
    )
    past = past_of(rules, {event.address}, now)
    stopped: Rule | None = None
    found = []
    for rule in rules:
        verdict = judge(rule, event, variables, now)
        looked_at = verdict.matches and stopped is None
        checks = verdict.checks
        if verdict.matches:
            obstacle = past.obstacle(rule, event.address, now)
            checks = (*checks, Check(not obstacle, obstacle or _room(rule, past)))
        if verdict.matches and rule.template and not offer_of(service, rule.template):
            checks = (*checks, Check(passed=False, text=str(DELETED)))
        acts = looked_at and all(check.passed for check in checks)
        act = render(rule, event, variables, app_ids) if acts else None
        found.append(Tried(rule, acts, checks, act, stopped))
        if looked_at and rule.stops:
            stopped = rule
    return found


def _room(rule: Rule, past: Past) -> str:
    words = _("Its limits leave room: %(done)s of %(limit)s actions within this minute.")
    return words % {"done": past.by_rule[rule.pk], "limit": rule.limit_per_minute}

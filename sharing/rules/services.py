"""Writes of rules, for wizard, page, API and demo alike; each leaves an audit entry."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import User
from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App
from imiconnect.audit.services import record
from imiconnect.locks import locked
from imiconnect.sharing.models import Service
from imiconnect.sharing.rules.checks import checked_conditions, checked_parts
from imiconnect.sharing.rules.models import Rule
from imiconnect.sharing.rules.templates import channel_problem, offer_of, parameters_for
from imiconnect.sharing.rules.vocabulary import Action

MOST_RULES = 100


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Everything that a person says of a rule; what an action does not need stays empty."""

    name: str
    listens: str
    action: str
    channel: str = ""
    app: App | None = None
    conditions: Iterable[Mapping[str, str]] = ()
    send_channel: str = ""
    send_app: App | None = None
    recipient: str = "{{from}}"
    text: str = ""
    #: A message template, which is sent instead of the text; what fills in its parameters.
    template: uuid.UUID | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    is_active: bool = True
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    stops: bool = False
    limit_per_minute: int = 60
    pause_seconds: int = 0


@transaction.atomic
def create_rule(*, service: Service, draft: Draft, by: User | None = None) -> Rule:
    """Add a rule behind the others of a service; raises ``ValidationError`` by field."""
    service = locked(service)
    if service.rules.count() >= MOST_RULES:
        raise ValidationError(_("A service can have 100 rules. Delete one first."))
    last = service.rules.aggregate(last=Max("position"))["last"]
    rule = Rule(
        service=service,
        organization_id=service.organization_id,
        position=0 if last is None else last + 1,
        created_by=by,
    )
    _apply(rule, _checked(service, draft))
    _save(rule)
    record("rule.created", rule, after=described(rule) | {"service": service.name})
    return rule


@transaction.atomic
def update_rule(*, rule: Rule, **changes: Any) -> Rule:
    """Change parts of a rule, named as in ``Draft``; raises ``ValidationError`` by field.

    A new text stands instead of the template that the rule had.
    """
    rule = _locked(rule)
    if changes.get("text") and "template" not in changes:
        changes["template"] = None
    before = described(rule)
    now = {part.name: getattr(rule, part.name) for part in fields(Draft)}
    kept = frozenset({rule.app_id, rule.send_app_id, rule.template})
    _apply(rule, _checked(rule.service, Draft(**now | changes), kept))
    after = described(rule)
    if after != before:
        _save(rule)
        changed = {name for name in after if after[name] != before[name]}
        record(
            "rule.updated",
            rule,
            before={name: before[name] for name in sorted(changed)},
            after={name: after[name] for name in sorted(changed)},
        )
    return rule


@transaction.atomic
def set_active(*, rule: Rule, active: bool) -> Rule:
    """Pause a rule, or let it act again; events of the meantime are not made up for."""
    rule = _locked(rule)
    if rule.is_active == active:
        return rule
    rule.is_active = active
    rule.save(update_fields=["is_active", "updated_at"])
    before, after = {"is_active": not active}, {"is_active": active}
    record("rule.resumed" if active else "rule.paused", rule, before=before, after=after)
    return rule


@transaction.atomic
def move_rule(*, rule: Rule, position: int) -> None:
    """Put a rule at a place among those of its service, 0 for the first."""
    rule = _locked(rule)
    rows = list(rule.service.rules.in_order())
    old = [row.pk for row in rows]
    order = [key for key in old if key != rule.pk]
    order.insert(max(0, min(position, len(order))), rule.pk)
    if order == old:
        return
    for number, key in enumerate(order):
        Rule.objects.filter(pk=key).exclude(position=number).update(position=number)
    before, after = {"position": old.index(rule.pk)}, {"position": order.index(rule.pk)}
    record("rule.moved", rule, before=before, after=after)


@transaction.atomic
def delete_rule(*, rule: Rule) -> None:
    """Delete a rule with the log of what it did; actions under way are dropped."""
    rule = _locked(rule)
    record("rule.deleted", rule, before=described(rule) | {"service": rule.service.name})
    rule.delete()


def described(rule: Rule) -> dict[str, Any]:
    """Return a rule as the audit record holds it."""
    told: dict[str, Any] = {}
    for part in fields(Draft):
        value = getattr(rule, part.name)
        if isinstance(value, App):
            value = value.app_id
        elif isinstance(value, uuid.UUID):
            value = str(value)
        elif isinstance(value, dt.datetime):
            value = value.isoformat()
        told[part.name] = value
    return told


def _locked(rule: Rule) -> Rule:
    """Return the rule as it is, its service's row held: one change of rules at a time."""
    locked(rule.service)
    rows = Rule.objects.select_related("service__organization", "app", "send_app")
    row: Rule = rows.get(pk=rule.pk)
    return row


def _apply(rule: Rule, draft: Draft) -> None:
    for part in fields(Draft):
        setattr(rule, part.name, getattr(draft, part.name))


def _checked(
    service: Service, draft: Draft, kept: frozenset[uuid.UUID | None] = frozenset()
) -> Draft:
    """Return the draft in order, or raise what is wrong with it, by field."""
    parts = {part.name: getattr(draft, part.name) for part in fields(Draft)}
    parts["conditions"] = checked_conditions(draft.listens, draft.conditions)
    parts |= _channels(service, draft, kept)
    if draft.action == Action.MESSAGE and draft.template:
        sends_by = parts["send_channel"] or parts["channel"]
        parts |= _template(service, draft, sends_by, kept)
    return Draft(**checked_parts(parts))


def _channels(
    service: Service, draft: Draft, kept: frozenset[uuid.UUID | None]
) -> dict[str, Any]:
    """Return the channels of the apps that are named, which the service must use.

    An app in ``kept`` is named already: it stays when its share is over, which may come back.
    """
    found: dict[str, Any] = {}
    for name, app in (("channel", draft.app), ("send_channel", draft.send_app)):
        if app is None:
            continue
        rows = service.allocations.filter(app=app)
        if not (rows if app.pk in kept else rows.usable()).exists():
            field = "app" if name == "channel" else "send_app"
            raise ValidationError({field: [_("The service does not use this app.")]})
        found[name] = registry.get(app.channel_type).channel
    return found


def _template(
    service: Service, draft: Draft, sends_by: str, kept: frozenset[uuid.UUID | None]
) -> dict[str, Any]:
    """Return what fills in the template; one in ``kept`` stays though it is deleted."""
    offer = offer_of(service, draft.template)
    if offer is None:
        if draft.template in kept:
            return {}
        raise ValidationError({"template": [_("The service has no such template.")]})
    if problem := channel_problem(offer, sends_by):
        raise ValidationError({"template": [problem]})
    return {"parameters": parameters_for(offer, draft.parameters, draft.listens)}


def _save(rule: Rule) -> None:
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:
        if "rule_name_once" not in str(error):
            raise
        sentence = _("The service has a rule with this name. Enter another name.")
        raise ValidationError({"name": [sentence]}) from None


__all__ = [
    "MOST_RULES",
    "Draft",
    "create_rule",
    "delete_rule",
    "described",
    "move_rule",
    "set_active",
    "update_rule",
]

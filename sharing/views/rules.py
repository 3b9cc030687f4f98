"""The Rules tab of a service: the list, one rule with its log, and trying an event out."""

import json
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.lists import Button
from imiconnect.console.toasts import toast
from imiconnect.manage import ActView, Card
from imiconnect.sharing.models import Rule, RuleRun, Service
from imiconnect.sharing.ports import TemplateOffer, answers
from imiconnect.sharing.rules import forms, services
from imiconnect.sharing.rules.changing import Kind, KindForm, change_kind
from imiconnect.sharing.rules.events import Event
from imiconnect.sharing.rules.simulation import Tried, simulate
from imiconnect.sharing.rules.templates import (
    DELETED,
    ParametersForm,
    offer_of,
    parameters_in,
    parameters_initial,
)
from imiconnect.sharing.rules.vocabulary import Action, Listens
from imiconnect.sharing.rules.words import action_words, condition_words, event_words
from imiconnect.sharing.views.acts import BackMixin
from imiconnect.sharing.views.base import ServiceMixin, ServiceTab, page_of

#: So many of the latest actions are on the page of a rule.
LATEST = 50


def rule_url(rule: Rule, page: str = "rule") -> str:
    """Return the address of a page of a rule."""
    return reverse(f"services:{page}", args=[rule.service_id, rule.pk])


class Rules(ServiceTab):
    """The rules of a service in their order."""

    tab = "rules"
    template_name = "sharing/rules/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the rules, each in words."""
        rows = self.object.rules.select_related("app", "send_app").in_order()
        rules = [(rule, event_words(rule), action_words(rule)) for rule in rows]
        return super().get_context_data(**kwargs) | {"rules": rules}


class RuleMixin(ServiceMixin):
    """A page or act on one rule of the service."""

    @cached_property
    def rule(self) -> Rule:
        """The rule, or 404."""
        rows = self.object.rules.select_related("app", "send_app", "service", "created_by")
        found: Rule = get_object_or_404(rows, pk=self.kwargs["rule_id"])
        return found


def _saved(page: Any) -> None:
    toast(page.request, _("The rule is changed."))


def _save_conditions(page: Any, values: dict[str, Any]) -> None:
    services.update_rule(rule=page.rule, **values)
    _saved(page)


def _save_details(page: Any, values: dict[str, Any]) -> None:
    services.update_rule(rule=page.rule, **forms.details_of(page.object, values))
    _saved(page)


def _save_terms(page: Any, values: dict[str, Any]) -> None:
    services.update_rule(rule=page.rule, **values)
    _saved(page)


def _save_kind(page: Any, values: dict[str, Any]) -> None:
    change_kind(rule=page.rule, kind=Kind(**values))
    _saved(page)


def _save_parameters(page: Any, values: dict[str, Any]) -> None:
    services.update_rule(rule=page.rule, parameters=parameters_in(values))
    _saved(page)


def _details_initial(page: Any) -> dict[str, Any]:
    rule = page.rule
    way = forms.way_key(rule.send_channel, rule.send_app_id)
    return {
        "way": way,
        "recipient": rule.recipient,
        "template": rule.template,
        "text": rule.text,
        "url": rule.url,
    }


def _terms_initial(page: Any) -> dict[str, Any]:
    return {name: getattr(page.rule, name) for name in forms.TermsForm.base_fields}


class RulePage(RuleMixin, ServiceTab):
    """One rule: what it does, forms to change it, and what it did."""

    tab = "rules"
    template_name = "sharing/rules/rule.html"

    @property
    def cards(self) -> tuple[Card, ...]:  # type: ignore[override]  # the action decides on one
        """The forms: conditions, what the action needs, name and limits."""
        action, listens = self.rule.action, self.rule.listens
        arguments: dict[str, Any] = {} if action == Action.URL else {"listens": listens}
        if action == Action.MESSAGE:
            arguments |= {"service": self.object, "channel": self.rule.channel}
        rows = max(forms.ROWS, len(self.rule.conditions) + 1)
        return (
            Card(
                "conditions",
                forms.ConditionsForm,
                Act.MANAGE_RULES,
                _save_conditions,
                initial=lambda page: forms.conditions_initial(page.rule),
                arguments=lambda page: {"listens": listens, "rows": rows},
            ),
            Card(
                "kind",
                KindForm,
                Act.MANAGE_RULES,
                _save_kind,
                initial=lambda page: {"listens": listens, "action": action},
            ),
            Card(
                "details",
                forms.details_form(action),
                Act.MANAGE_RULES,
                _save_details,
                initial=_details_initial,
                arguments=lambda page: arguments,
            ),
            Card(
                "terms",
                forms.TermsForm,
                Act.MANAGE_RULES,
                _save_terms,
                initial=_terms_initial,
            ),
            *self._parameters_card(),
        )

    def _parameters_card(self) -> tuple[Card, ...]:
        """Return the form of what fills in the template, where it asks for something."""
        names = self.offer.parameters if self.offer else ()
        if not names:
            return ()
        arguments = {"names": names, "listens": self.rule.listens}
        card = Card(
            "parameters",
            ParametersForm,
            Act.MANAGE_RULES,
            _save_parameters,
            initial=lambda page: parameters_initial(page.rule.parameters),
            arguments=lambda page: arguments,
        )
        return (card,)

    @cached_property
    def offer(self) -> TemplateOffer | None:
        """The template that the rule sends, None without one."""
        return offer_of(self.object, self.rule.template)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the rule in words, and its log."""
        rule = self.rule
        latest = rule.runs.order_by("-id")[:LATEST]
        url = page_of(self.object, "rules")
        return super().get_context_data(**kwargs) | {
            "rule": rule,
            "event": event_words(rule),
            "does": action_words(rule),
            "template": self.offer,
            "deleted_template": DELETED if rule.template and not self.offer else "",
            "conditions": [condition_words(rule.listens, part) for part in rule.conditions],
            "runs": [_logged(run) for run in latest],
            "back_url": url,
            "back_label": _("Rules"),
        }


def _logged(run: RuleRun) -> dict[str, Any]:
    return {
        "run": run,
        "event": dict(Listens.choices).get(run.event_kind, run.event_kind),
        "reason": f"{run.code}: {run.reason}" if run.code else run.reason,
        "url": answers.run_url(run),
    }


class RuleAct(RuleMixin, ActView):
    """A small act on a rule that leads back to the list."""

    act = Act.MANAGE_RULES


class MoveRule(RuleAct):
    """Move a rule up or down by one."""

    by = 0

    def perform(self) -> str:
        """Move it."""
        order = list(self.object.rules.in_order().values_list("pk", flat=True))
        place = order.index(self.rule.pk) + self.by
        services.move_rule(rule=self.rule, position=place)
        words = {"name": self.rule.name, "place": max(0, min(place, len(order) - 1)) + 1}
        toast(self.request, _("%(name)s is number %(place)s now.") % words)
        return page_of(self.object, "rules")


class SetRuleActive(RuleAct):
    """Pause a rule, or let it act again."""

    active = True

    def perform(self) -> str:
        """Do it; the toast offers to undo it."""
        services.set_active(rule=self.rule, active=self.active)
        words = _("The rule is active.") if self.active else _("The rule is paused.")
        undo = rule_url(self.rule, "pause_rule" if self.active else "resume_rule")
        toast(self.request, words, undo_url=undo)
        return page_of(self.object, "rules")


class DeleteRule(RuleMixin, BackMixin, ConfirmPage):
    """Deleting a rule with its log."""

    act = Act.MANAGE_RULES
    tab = "rules"
    title = _("Delete the rule")
    act_label = _("Delete the rule")
    keep_label = _("Keep the rule")

    def get_object_name(self) -> str:
        """Return the rule's name."""
        return self.rule.name

    def consequences(self) -> list[Any]:
        """Say what is lost."""
        return [_("It does nothing from now on. The log of what it did is deleted.")]

    def perform(self) -> str:
        """Delete it."""
        services.delete_rule(rule=self.rule)
        toast(self.request, _("The rule is deleted."))
        return page_of(self.object, "rules")


class Simulate(ServiceTab):
    """What would this event do? Nothing is sent."""

    tab = "rules"
    template_name = "sharing/rules/simulate.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the form of the chosen kind of event and, when it is sent, the outcome."""
        context = super().get_context_data(**kwargs)
        kinds = [choice for choice in Listens.choices if choice[0] != Listens.KEYWORD]
        asked = self.request.GET.get("event", "")
        kind = asked if asked in dict(kinds) else Listens.MESSAGE.value
        here = self.request.path
        sent = self.request.GET if "address" in self.request.GET else None
        form = forms.SimulationForm(sent, service=self.object, kind=kind)
        tried = simulate(self.object, event_of(form), timezone.now()) if form.is_valid() else []
        return context | {
            "kinds_of_event": [
                Button(label, f"{here}?event={name}", current=name == kind)
                for name, label in kinds
            ],
            "kind": kind,
            "form": form,
            "outcome": [_shown(item) for item in tried],
            "is_tried": form.is_bound and form.is_valid(),
            "acting": sum(item.acts for item in tried),
            "is_live": self.object.state == Service.State.LIVE,
            "back_url": page_of(self.object, "rules"),
            "back_label": _("Rules"),
        }


def event_of(form: forms.SimulationForm) -> Event:
    """Return the event that a valid form describes."""
    values = form.cleaned_data
    channel, app = forms.read_way(form.service, values["way"])
    told, before = form.told()
    if app:
        told["to"] = app.app_id
    return Event(
        kind=form.kind,
        organization_id=form.service.organization_id,
        service_id=form.service.pk,
        channel=channel,
        app_id=app.pk if app else None,
        address=values["address"],
        values=told,
        before=before,
    )


def _shown(tried: Tried) -> dict[str, Any]:
    """Return one rule of the outcome, as the template draws it."""
    act = tried.act or {}
    body = act.get("request") or act.get("body")
    return {
        "rule": tried.rule,
        "acts": tried.acts,
        "checks": tried.checks,
        "left_out_by": tried.left_out_by,
        "does": action_words(tried.rule),
        "body": json.dumps(body, indent=2, ensure_ascii=False) if body else "",
    }

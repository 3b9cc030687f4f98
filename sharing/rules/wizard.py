"""A new rule: channel, event, conditions, action, message, name and validity; then SAVE."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.console.summary import SummaryRow
from imiconnect.sharing.models import Service
from imiconnect.sharing.rules import forms, services
from imiconnect.sharing.rules.services import Draft
from imiconnect.sharing.rules.templates import ParametersForm, parameters_in
from imiconnect.sharing.rules.vocabulary import Action
from imiconnect.sharing.rules.words import condition_words
from imiconnect.wizards import Answers, Outcome, Step, Wizard


def service_of(request: HttpRequest) -> Service:
    """Return the service that the address names, or 404."""
    match = request.resolver_match
    assert match is not None  # noqa: S101 - a view is being called
    visible = Service.objects.visible_to(acting(request))
    found: Service = get_object_or_404(visible, pk=match.kwargs["service_id"])
    return found


def _service(request: HttpRequest, answers: Answers) -> dict[str, Any]:
    return {"service": service_of(request)}


def _listens(request: HttpRequest, answers: Answers) -> dict[str, Any]:
    return {"listens": answers.value("event", "listens")}


def _message(request: HttpRequest, answers: Answers) -> dict[str, Any]:
    known = _service(request, answers) | _listens(request, answers)
    channel, _app = forms.read_way(known["service"], answers.value("channel", "way", ""))
    return known | {"channel": channel}


def _parameters(request: HttpRequest, answers: Answers) -> dict[str, Any]:
    return _listens(request, answers) | {"names": answers.value("message", "asks", ())}


def _does(action: str) -> Any:
    return lambda answers: answers.value("action", "action") == action


class ConditionsStep(Step):
    """The step whose rows are one condition each in the review."""

    def summary(self, answers: Answers) -> list[SummaryRow]:
        """Return a row for each condition."""
        listens = answers["event"]["listens"]
        parts = answers[self.slug]["conditions"]
        rows = [
            SummaryRow(_("Condition %s") % number, condition_words(listens, part))
            for number, part in enumerate(parts, start=1)
        ]
        return rows or [SummaryRow(_("Conditions"), _("None"))]


class RuleWizard(MemberRequiredMixin, Wizard):
    """The steps of a new rule of one service."""

    act = Act.MANAGE_RULES
    section = "services"
    name = "new-rule"
    url_name = "services:new_rule"
    title = _("New rule")
    confirm_label = _("SAVE")
    done_title = _("The rule is saved")
    already_title = _("This rule was already saved")
    already_text = _("Going back does not save it a second time.")
    done_template = "sharing/rules/done.html"
    steps = (
        Step(
            "channel",
            _("Channel"),
            forms.WayForm,
            heading=_("On which channel does it listen?"),
            kwargs=_service,
        ),
        Step("event", _("Event"), forms.EventForm, heading=_("What does it wait for?")),
        ConditionsStep(
            "conditions",
            _("Conditions"),
            forms.ConditionsForm,
            template_name="sharing/rules/conditions.html",
            heading=_("Under which conditions?"),
            intro=_(
                "All of them must hold. A row without a value is no condition. “Falls below” "
                "holds once: when the value is below and was not before."
            ),
            kwargs=_listens,
        ),
        Step("action", _("Action"), forms.ActionForm, heading=_("What does it do?")),
        Step(
            "message",
            _("Message"),
            forms.MessageForm,
            heading=_("What does it send?"),
            applies=_does(Action.MESSAGE),
            kwargs=_message,
        ),
        Step(
            "parameters",
            _("Parameters"),
            ParametersForm,
            heading=_("What fills in the template?"),
            applies=lambda answers: bool(answers.value("message", "asks")),
            kwargs=_parameters,
        ),
        Step(
            "call",
            _("Call"),
            forms.CallForm,
            heading=_("What does the call say?"),
            applies=_does(Action.CALL),
            kwargs=_listens,
        ),
        Step(
            "url",
            _("URL"),
            forms.UrlForm,
            heading=_("Which URL is notified?"),
            applies=_does(Action.URL),
        ),
        Step("name", _("Name and validity"), forms.TermsForm, heading=_("What is it called?")),
    )

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Keep the answers for one service apart from those for another."""
        super().setup(request, *args, **kwargs)
        self.name = f"new-rule-{kwargs['service_id']}"  # type: ignore[misc]  # one for each service

    def get(self, request: HttpRequest, step: str = "", **kwargs: Any) -> Any:
        """Show a step of a service that the person sees."""
        service_of(request)
        return super().get(request, step, **kwargs)

    def post(self, request: HttpRequest, step: str = "", **kwargs: Any) -> Any:
        """Take a step of a service that the person sees."""
        service_of(request)
        return super().post(request, step, **kwargs)

    def finish(self, answers: Answers) -> Outcome:
        """Create the rule."""
        service = service_of(self.request)
        channel, app = forms.read_way(service, answers["channel"]["way"])
        action = answers["action"]["action"]
        details = forms.details_of(service, answers[action])
        if "parameters" in answers:
            details["parameters"] = parameters_in(answers["parameters"])
        draft = Draft(
            listens=answers["event"]["listens"],
            channel=channel,
            app=app,
            conditions=answers["conditions"]["conditions"],
            action=action,
            **details,
            **answers["name"],
        )
        rule = services.create_rule(service=service, draft=draft, by=acting(self.request).user)
        page = reverse("services:rule", args=[service.pk, rule.pk])
        return Outcome(page, words={"name": rule.name, "service": str(service.pk)})

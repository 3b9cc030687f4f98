"""A new service: name, description, channel app, receipts; then its key is shown once."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.levels import Level, levels_below
from imiconnect.apps.models import App
from imiconnect.console.secret import show_once
from imiconnect.console.summary import SummaryRow, form_rows
from imiconnect.sharing import services
from imiconnect.sharing.forms import (
    AppForm,
    DescriptionForm,
    NewServiceForm,
    OutboundForm,
    kinds_of,
)
from imiconnect.sharing.models import Service
from imiconnect.sharing.probing import check_answers
from imiconnect.wizards import Answers, Outcome, Step, Wizard


def _levels(request: HttpRequest, answers: Answers) -> dict[str, Any]:
    return {"levels": levels_below(acting(request))}


def _level(request: HttpRequest, answers: Answers) -> Level:
    """Return the level that the service will belong to."""
    member = acting(request)
    return levels_below(member).get(answers.value("name", "level"), member.level)


def _usable(request: HttpRequest, answers: Answers) -> dict[str, Any]:
    level = _level(request, answers)
    return {"apps": App.objects.usable_by(level).order_by("name")}


class ReceiptsStep(Step):
    """Where receipts go, and which."""

    def summary(self, answers: Answers) -> list[SummaryRow]:
        """Leave out the switch for an address that failed, where it is off."""
        form = answers.forms[self.slug]
        off = not form.cleaned_data["save_anyway"]
        return form_rows(form, without=("save_anyway",) if off else ())


class ServiceWizard(MemberRequiredMixin, Wizard):
    """The steps of a new service; it begins as a draft."""

    act = Act.MANAGE_SERVICES
    section = "services"
    name = "new-service"
    url_name = "services:new"
    title = _("New service")
    done_title = _("The service is created")
    already_title = _("This service was already created")
    already_text = _("Going back does not create it a second time.")
    done_template = "sharing/done.html"
    steps = (
        Step(
            "name",
            _("Name"),
            NewServiceForm,
            heading=_("What is the service called?"),
            kwargs=_levels,
        ),
        Step("description", _("Description"), DescriptionForm, heading=_("What does it do?")),
        Step(
            "app",
            _("Channel app"),
            AppForm,
            heading=_("Which app does it send through?"),
            kwargs=_usable,
        ),
        ReceiptsStep(
            "receipts", _("Receipts"), OutboundForm, heading=_("Where do receipts go?")
        ),
    )

    def finish(self, answers: Answers) -> Outcome:
        """Try the receipt URL, then create the service with its app and settings."""
        receipts = answers["receipts"]
        url = receipts["receipt_url"]
        check_answers(url, field="receipt_url", save_anyway=receipts["save_anyway"])
        service, key = self._create(answers)
        page = reverse("services:manage", args=[service.pk])
        secret_page = show_once(
            self.request,
            title=_("Service key of %(name)s") % {"name": service.name},
            secrets={str(_("Service key")): key},
            next_url=reverse("services:new", args=["done"]),
            note=str(_("Requests that send messages carry it in the header key.")),
        )
        missing = [str(sentence) for sentence in services.missing_for_live(service)]
        words = {"id": str(service.pk), "next": " ".join(missing)}
        return Outcome(page, first_url=secret_page, words=words)

    @transaction.atomic
    def _create(self, answers: Answers) -> tuple[Service, str]:
        receipts = answers["receipts"]
        service = services.create_service(
            member=acting(self.request),
            name=answers["name"]["name"],
            description=answers["description"]["description"],
            level=_level(self.request, answers),
            receipt_kinds=kinds_of(receipts),
        )
        if receipts["receipt_url"]:
            service = services.set_outbound(
                service=service,
                receipt_url=receipts["receipt_url"],
                receipt_kinds=service.receipt_kinds,
            )
        app = answers["app"]["app"]
        if app is not None:
            services.allocate(service=service, app=app)
        return service, services.current_key(service).secret

    def done_context(self, run: dict[str, Any]) -> dict[str, Any]:
        """Show the service, and whether it can go live."""
        service = Service.objects.filter(pk=run["outcome"]["words"]["id"]).first()
        missing = services.missing_for_live(service) if service else []
        return {"service": service, "missing": missing}

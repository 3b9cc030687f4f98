"""The Sender ID screen: code, country, what the country allows in place, Submit."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting, member_required
from imiconnect.console.forms import FormPage
from imiconnect.console.toasts import toast
from imiconnect.manage import refuse
from imiconnect.numbers.forms.requests import SenderForm
from imiconnect.numbers.kinds import State
from imiconnect.numbers.models import Country, Number, SmsRestriction
from imiconnect.numbers.services import senders
from imiconnect.numbers.words import applied


def rules_of(iso2: str) -> dict[str, Any]:
    """Return what is known of SMS in a country, for the place below the form."""
    country = Country.objects.filter(pk=iso2[:2].upper()).first() if iso2 else None
    rules = SmsRestriction.objects.filter(country=country).first() if country else None
    held = applied(country) if country else ""
    return {"country": country, "rules": rules, "applied": held}


class SenderPage(MemberRequiredMixin, FormPage):
    """One screen, as documented."""

    act = Act.MANAGE_NUMBERS
    section = "numbers"
    title = _("Sender ID")
    template_name = "numbers/sender.html"
    form_class = SenderForm
    submit_label = _("Submit")
    back_url = reverse_lazy("numbers:list")
    back_label = _("Numbers")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show the rules of the country that is chosen, also without script."""
        context = super().get_context_data(**kwargs)
        data = self.request.POST if self.request.method == "POST" else self.request.GET
        return context | rules_of(data.get("country", ""))

    def get_initial(self) -> dict[str, Any]:
        """Take a country from the address."""
        return super().get_initial() | {
            name: self.request.GET[name]
            for name in ("code", "country")
            if name in self.request.GET
        }

    def form_valid(self, form: forms.BaseForm) -> HttpResponse:
        """Ask for the Sender ID."""
        values = form.cleaned_data
        try:
            number = senders.request_sender_id(
                member=acting(self.request), code=values["code"], country=values["country"]
            )
        except ValidationError as problem:
            refuse(form, problem)
            return self.form_invalid(form)
        active = number.state == State.ACTIVE
        done = _("The Sender ID can be used") if active else _("The Sender ID was requested")
        toast(self.request, done)
        return HttpResponseRedirect(reverse("numbers:manage", args=[number.pk]))


@member_required(Act.MANAGE_NUMBERS)
def country_rules(request: HttpRequest) -> HttpResponse:
    """Return what the chosen country allows, to be put into the page."""
    return render(request, "numbers/rules.html", rules_of(request.GET.get("country", "")))


@require_POST
@member_required(Act.MANAGE_NUMBERS)
def as_sender(request: HttpRequest, pk: str) -> HttpResponseBase:
    """Add a bought number as Sender ID with its country code."""
    member = acting(request)
    number = get_object_or_404(Number.objects.visible_to(member), pk=pk)
    try:
        sender = senders.offer_as_sender_id(member=member, number=number)
    except ValidationError as problem:
        context = {"problem": problem, "back_url": reverse("numbers:manage", args=[pk])}
        return render(request, "numbers/refused.html", context, status=409)
    toast(request, _("The number can be used as Sender ID"))
    return HttpResponseRedirect(reverse("numbers:manage", args=[sender.pk]))

"""Asking for a trial without an account, and the page that says what became of it."""

from typing import Any

from allauth.core import ratelimit
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

from imiconnect.accounts.forms import TrialForm
from imiconnect.accounts.models import TrialRequest
from imiconnect.accounts.services import trials
from imiconnect.console.forms import FormPage, PageMixin
from imiconnect.manage import refuse


def may_send(request: HttpRequest, action: str, key: str) -> bool:
    """Count a mail that this request causes; False when it is one too many."""
    return bool(ratelimit.consume(request, action=action, key=key.lower()))


def too_many(request: HttpRequest) -> HttpResponse:
    """Answer 429: mails go out to whatever address is typed."""
    return render(request, "429.html", status=429)


@method_decorator(never_cache, name="dispatch")
class SignUpForTrial(FormPage):
    """Name, work mail, business and reason."""

    template_name = "accounts/trial.html"
    title = _("Sign up for a free trial")
    form_class = TrialForm
    submit_label = _("Ask for a trial")
    cancel_url = reverse_lazy("account_login")
    success_url = reverse_lazy("accounts:trial_sent")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Be there only where the operator offers trials."""
        if not settings.TRIAL_SIGN_UP:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add how long a trial lasts."""
        return super().get_context_data(**kwargs, days=settings.TRIAL_DAYS)

    def form_valid(self, form: Any) -> HttpResponse:
        """Ask; the answer does not tell whether the address is known."""
        if not may_send(self.request, "trial", form.cleaned_data["email"]):
            return too_many(self.request)
        try:
            trials.ask_for_trial(**form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
            return self.form_invalid(form)
        return HttpResponseRedirect(str(self.success_url))


class TrialSent(PageMixin, TemplateView):
    """Says that a mail is on its way."""

    template_name = "accounts/trial_sent.html"
    title = _("Look into your mail")


@method_decorator(never_cache, name="dispatch")
class TrialStatus(PageMixin, TemplateView):
    """Behind the link of the mail: confirm the address, then see what becomes of it."""

    template_name = "accounts/trial_status.html"
    title = _("Your trial")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the request; an unknown link is 404."""
        rows = TrialRequest.objects.with_token(self.kwargs["token"])
        trial = get_object_or_404(rows.select_related("organization", "invitation"))
        return super().get_context_data(
            **kwargs, trial=trial, is_sent="sent" in self.request.GET
        )

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Confirm the address, or mail the invitation again."""
        trial = self.get_context_data()["trial"]
        address = reverse("accounts:trial_status", args=[token])
        if request.POST.get("act") != "invitation":
            trials.confirm_trial(request=trial)
            return HttpResponseRedirect(address)
        if not may_send(request, "trial_mail", trial.email):
            return too_many(request)
        try:
            trials.mail_trial_invitation(request=trial)
        except ValidationError:
            # Accepted meanwhile; the page says so.
            return HttpResponseRedirect(address)
        return HttpResponseRedirect(f"{address}?sent")

"""The own account, and from where a person looks."""

from typing import Any
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView

from imiconnect.accounts import services
from imiconnect.accounts.access import acting
from imiconnect.accounts.forms import LevelForm, NameForm
from imiconnect.accounts.levels import levels_below
from imiconnect.accounts.models import Member, User
from imiconnect.accounts.standing import choose_level, choose_organization, key_of, seats_of
from imiconnect.accounts.views.base import ServiceFormPage
from imiconnect.audit.services import record
from imiconnect.console.forms import FormPage, PageMixin
from imiconnect.console.toasts import toast


class Account(LoginRequiredMixin, PageMixin, TemplateView):
    """Name, password, second factor, sessions, organizations."""

    template_name = "accounts/account.html"
    section = "account"
    title = _("Your account")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the seats and whether there is a second factor."""
        return super().get_context_data(
            **kwargs,
            seats=seats_of(self.request),
            second_factor=is_mfa_enabled(self.request.user),
        )


class Name(LoginRequiredMixin, FormPage):
    """The name that others see."""

    form_class = NameForm
    title = _("Change your name")
    back_url = cancel_url = reverse_lazy("accounts:account")
    back_label = _("Your account")

    def get_initial(self) -> dict[str, Any]:
        """Begin with the name as it is."""
        return {"name": _user(self.request).name}

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Rename and go back."""
        services.rename_person(user=_user(self.request), name=form.cleaned_data["name"])
        toast(self.request, _("Your name is changed."))
        return HttpResponseRedirect(reverse("accounts:account"))


@require_POST
@login_required
def switch_organization(request: HttpRequest) -> HttpResponse:
    """Act in another organization; 404 for one without a seat."""
    try:
        wanted = UUID(request.POST.get("organization", ""))
        seat = choose_organization(request, wanted)
    except (ValueError, Member.DoesNotExist):
        raise Http404 from None
    record("organization.opened", seat.user, organization_id=seat.organization_id)
    toast(
        request,
        gettext("You are in %(organization)s now.") % {"organization": seat.organization.name},
    )
    # A page of the other organization would be 404 here, so the way leads to the beginning.
    return HttpResponseRedirect("/")


class SwitchLevel(ServiceFormPage):
    """Look from a group or a team below the own level, or from the own level again."""

    form_class = LevelForm
    section = ""
    title = _("Look from another level")
    intro = _("Lists then show that level and what is below it. Your role stays the same.")
    submit_label = _("Look from here")

    def _seat(self) -> Member:
        rows = Member.objects.select_related("organization", "group__organization", "team")
        seat: Member = rows.get(pk=acting(self.request).pk)
        return seat

    def get_form_kwargs(self) -> dict[str, Any]:
        """Offer the levels of the seat as it is, not of the narrowed view."""
        return super().get_form_kwargs() | {"levels": levels_below(self._seat())}

    def get_initial(self) -> dict[str, Any]:
        """Begin with the level at hand."""
        return {"level": key_of(acting(self.request).level)}

    def save(self, form: LevelForm) -> str:
        """Keep the choice in the session."""
        if not choose_level(self.request, self._seat(), form.cleaned_data["level"]):
            raise ValidationError({"level": _("Select a level of your organization.")})
        toast(self.request, _("The pages now show this level and what is below it."))
        target = self.request.POST.get("next", "/")
        host = {self.request.get_host()}
        safe = url_has_allowed_host_and_scheme(target, host, self.request.is_secure())
        return target if safe else "/"


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - behind login_required
    return request.user

"""Following an invitation: the link of the mail, then a page without the secret in its URL."""

from typing import Any

from allauth.account.utils import perform_login
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import BaseForm, Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from imiconnect.accounts import services
from imiconnect.accounts.forms import JoinForm
from imiconnect.accounts.models import Invitation, User
from imiconnect.accounts.standing import choose_organization, forget_seats
from imiconnect.audit.services import Origin, origin
from imiconnect.console.forms import FormPage
from imiconnect.manage import refuse

_SESSION_KEY = "invitation"


@require_safe
@never_cache
def follow_link(request: HttpRequest, token: str) -> HttpResponse:
    """Keep the token in the session and go on at an address without it."""
    if not Invitation.objects.with_token(token).exists():
        return _closed(request)
    request.session[_SESSION_KEY] = token
    return HttpResponseRedirect(reverse("accounts:invitation"))


class Join(FormPage):
    """Name and password for somebody new, one button for a person with an account."""

    template_name = "accounts/join.html"
    title = _("Join the organization")
    submit_label = _("Join")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Find the invitation; without an open one, say so."""
        token = request.session.get(_SESSION_KEY, "")
        rows = Invitation.objects.with_token(token)
        rows = rows.select_related("organization", "group__organization", "team__group")
        invitation = rows.first()
        if invitation is None:
            return _closed(request)
        self.invitation: Invitation = invitation
        self.known = User.objects.filter(email__iexact=invitation.email).first()
        return super().dispatch(request, *args, **kwargs)

    @property
    def way(self) -> str:
        """Return ``new``, ``confirm``, ``sign_in`` or ``other``: what the person does next."""
        user = self.request.user
        if user.is_authenticated:
            return "confirm" if user == self.known else "other"
        return "sign_in" if self.known else "new"

    def get_form_class(self) -> type[BaseForm]:
        """Ask for name and password only of somebody new."""
        return JoinForm if self.way == "new" else Form

    def get_form_kwargs(self) -> dict[str, Any]:
        """Tell the form the address, which a password must not resemble."""
        kwargs = super().get_form_kwargs()
        return kwargs | {"email": self.invitation.email} if self.way == "new" else kwargs

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the invitation and the way."""
        return super().get_context_data(**kwargs, invitation=self.invitation, way=self.way)

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Seat the person; somebody new is signed in too."""
        if self.way not in ("new", "confirm"):
            return self.form_invalid(form)
        try:
            user = self._join(form)
        except ValidationError as error:
            refuse(form, error)
            return self.form_invalid(form)
        self.request.session.pop(_SESSION_KEY, None)
        if self.way == "confirm":
            forget_seats(self.request)
            choose_organization(self.request, self.invitation.organization_id)
            return HttpResponseRedirect("/")
        response: HttpResponse = perform_login(self.request, user, redirect_url="/")
        return response

    @transaction.atomic
    def _join(self, form: BaseForm) -> User:
        if self.known:
            services.accept_invitation(invitation=self.invitation, user=self.known)
            return self.known
        user = services.create_person(
            email=self.invitation.email,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password"],
        )
        token = origin.set(Origin(user=user, address=origin.get().address))
        try:
            services.accept_invitation(invitation=self.invitation, user=user)
        finally:
            origin.reset(token)
        return user


def _closed(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/invitation_closed.html", status=404)

"""Settings > Tokens: make, look at and revoke."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.views.base import settings_tabs
from imiconnect.console import secret
from imiconnect.console.addresses import address_of
from imiconnect.console.columns import STATE, TIME, Column
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.forms import ConsoleForm, FormPage
from imiconnect.console.lists import Button, Empty, ListPage
from imiconnect.console.toasts import toast
from imiconnect.manage import refuse
from imiconnect.tokens import services
from imiconnect.tokens.models import ApiToken, Scope


class TokenForm(ConsoleForm):
    """Name, scopes and how long."""

    name = forms.CharField(label=_("Name"), max_length=100)
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Select at least one scope")},
    )
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        choices=[(90, _("90 days")), (365, _("1 year")), (0, _("Until it is revoked"))],
        coerce=int,
        initial=365,
    )


def _scopes(row: ApiToken) -> str:
    labels = dict(Scope.choices)
    return ", ".join(str(labels.get(scope, scope)) for scope in row.scopes)


class TokenList(MemberRequiredMixin, ListPage):
    """Every token with what it may do."""

    act = Act.MANAGE_TOKENS
    section = "settings"
    title = _("Tokens")
    empty = Empty(
        _("No tokens yet"), _("A token lets a program use the REST interface."), icon="key"
    )
    columns = (
        Column("name", _("Name")),
        Column("prefix", _("Begins with")),
        Column("state", _("Status"), "state", STATE),
        Column("scopes", _("Scopes"), _scopes),
        Column("member", _("Made by"), "member.user.name"),
        Column("expires_at", _("Valid until"), "expires_at", TIME),
        Column("last_used_at", _("Last used"), "last_used_at", TIME),
    )

    def get_queryset(self) -> QuerySet[ApiToken]:
        """Return the tokens that the person may see."""
        rows: QuerySet[ApiToken] = ApiToken.objects.visible_to(acting(self.request))
        return rows.select_related("member__user")

    def kinds(self) -> Any:
        """Return the pages of the settings."""
        return settings_tabs(self.request, "tokens")

    def primary(self) -> Button | None:
        """Offer to make one."""
        return Button(_("ADD NEW"), reverse("tokens:new"), "plus")

    def manage_url(self, row: ApiToken) -> str:
        """Lead to the page that revokes a working token."""
        return "" if row.revoked_at else address_of("tokens:revoke", row.pk)


class NewToken(MemberRequiredMixin, FormPage):
    """Make a token; its secret is shown once."""

    act = Act.MANAGE_TOKENS
    section = "settings"
    title = _("New token")
    intro = _("The token can do what your role can do, within its scopes.")
    form_class = TokenForm
    back_url = reverse_lazy("tokens:list")
    back_label = _("Tokens")

    def form_valid(self, form: forms.BaseForm) -> HttpResponse:
        """Make it and lead to the page that shows it."""
        values = form.cleaned_data
        try:
            token, key = services.make_token(
                member=acting(self.request),
                name=values["name"],
                scopes=values["scopes"],
                days=values["days"] or None,
            )
        except ValidationError as error:
            refuse(form, error)
            return self.form_invalid(form)
        url = secret.show_once(
            self.request,
            title=_("Token %s") % token.name,
            secrets={str(_("Token")): key},
            next_url=reverse("tokens:list"),
            note=_("Send it in the header Authorization: Bearer."),
        )
        return HttpResponseRedirect(url)


class RevokeToken(MemberRequiredMixin, ConfirmPage):
    """End a token."""

    act = Act.MANAGE_TOKENS
    section = "settings"
    title = _("Revoke the token")
    act_label = _("Revoke")
    keep_label = _("Keep the token")
    cancel_url = reverse_lazy("tokens:list")
    back_url = reverse_lazy("tokens:list")
    back_label = _("Tokens")
    request: HttpRequest

    @property
    def token(self) -> ApiToken:
        """The token of the address; another organization's is 404."""
        rows = ApiToken.objects.visible_to(acting(self.request))
        found: ApiToken = get_object_or_404(rows, pk=self.kwargs["token_id"])
        return found

    def get_object_name(self) -> str:
        """Return the token's name."""
        return self.token.name

    def consequences(self) -> Any:
        """Say what stops."""
        return (_("Programs that use it are refused from now on."),)

    def perform(self) -> str:
        """Revoke it."""
        services.revoke_token(member=acting(self.request), token=self.token)
        toast(self.request, _("The token is revoked"))
        return reverse("tokens:list")

"""What the pages of people share."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.models import Member
from imiconnect.console.addresses import address
from imiconnect.console.forms import FormPage
from imiconnect.console.lists import Button
from imiconnect.console.words import Words
from imiconnect.manage import refuse


class ServiceFormPage(MemberRequiredMixin, FormPage):
    """A form that one service acts on; what it refuses is shown at the fields."""

    section = "settings"

    def save(self, form: Any) -> str:
        """Call the service and return where to go; may raise ``ValidationError``."""
        raise AttributeError(f"{type(self).__name__} needs save")

    def form_valid(self, form: forms.BaseForm) -> HttpResponse:
        """Save, or show the form again with what the service refused."""
        try:
            target = self.save(form)
        except ValidationError as error:
            refuse(form, error)
            return self.form_invalid(form)
        return HttpResponseRedirect(target)


#: Pages of the settings of other packages: act, name of the address, label.
further_tabs: list[tuple[Act, str, Words]] = []


def settings_tabs(request: HttpRequest, current: str) -> Sequence[Button]:
    """Return the pages of the settings that this person may open."""
    member = acting(request)
    tabs = []
    if member.can(Act.MANAGE_SETTINGS) and not member.group_id:
        tabs.append(("organization", _("Organization")))
    if member.can(Act.MANAGE_PEOPLE):
        tabs += [("people", _("People")), ("groups", _("Groups")), ("roles", _("Roles"))]
    if member.can(Act.READ_AUDIT) and not member.group_id:
        tabs.append(("audit", _("Audit")))
    return [
        Button(label, address(f"accounts:{name}"), current=name == current)
        for name, label in tabs
    ] + [
        Button(label, address(url_name), current=url_name == f"{current}:list")
        for act, url_name, label in further_tabs
        if member.can(act)
    ]


def whole_organization(request: HttpRequest) -> Member:
    """Return the seat; 403 with a sentence when it looks from a group or a team."""
    member = acting(request)
    if member.group_id:
        raise PermissionDenied(
            _(
                "This page is about the whole organization, and you look from a part of it. "
                "An Admin of the whole organization can open it."
            )
        )
    return member

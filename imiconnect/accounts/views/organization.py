"""Settings > Organization: the name and the profile key."""

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from imiconnect import keys
from imiconnect.accounts import services
from imiconnect.accounts.access import Act, MemberRequiredMixin, acting, member_required
from imiconnect.accounts.forms import NameForm
from imiconnect.accounts.middleware import client_address
from imiconnect.accounts.views.base import ServiceFormPage, settings_tabs, whole_organization
from imiconnect.audit.services import record
from imiconnect.console.forms import PageMixin
from imiconnect.console.toasts import toast
from imiconnect.manage import OverlapForm
from imiconnect.source_form import SourcesForm, lines_of
from imiconnect.vault import fingerprint


@member_required()
def first_page(request: HttpRequest) -> HttpResponse:
    """Open the first page of the settings that this person may see."""
    tabs = settings_tabs(request, "")
    if not tabs:
        raise PermissionDenied
    return HttpResponseRedirect(tabs[0].url)


class Settings(ServiceFormPage):
    """The organization's name, and its profile key, masked."""

    act = Act.MANAGE_SETTINGS
    form_class = NameForm
    template_name = "accounts/organization.html"
    title = _("Organization")

    def get_initial(self) -> dict[str, Any]:
        """Begin with the name as it is."""
        return {"name": whole_organization(self.request).organization.name}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the masked key."""
        organization = acting(self.request).organization
        return super().get_context_data(
            **kwargs,
            kinds=settings_tabs(self.request, "organization"),
            masked_key=keys.masked(organization.profile_key),
            old_key_until=organization.previous_profile_key_until,
            sources=organization.profile_sources,
        )

    def save(self, form: NameForm) -> str:
        """Rename the organization."""
        member = whole_organization(self.request)
        services.rename(level=member.organization, name=form.cleaned_data["name"], by=member)
        toast(self.request, _("The organization is renamed."))
        return reverse("accounts:organization")


class ProfileKey(MemberRequiredMixin, PageMixin, TemplateView):
    """The whole key, for an Admin; each look is recorded."""

    act = Act.MANAGE_SETTINGS
    template_name = "accounts/profile_key.html"
    section = "settings"
    title = _("Profile key")
    back_url = reverse_lazy("accounts:organization")
    back_label = _("Organization")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show it: a POST, so that no link and no prefetch reveals a key."""
        organization = whole_organization(request).organization
        record(
            "organization.profile_key_revealed",
            organization,
            organization_id=organization.pk,
            after={"profile_key": fingerprint(organization.profile_key)},
        )
        context = self.get_context_data(key=organization.profile_key)
        response: HttpResponse = self.render_to_response(context)
        response["Cache-Control"] = "no-store"
        return response

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Lead back: the key is shown in answer to the button only."""
        whole_organization(request)
        return HttpResponseRedirect(reverse("accounts:organization"))


class ProfileSources(ServiceFormPage):
    """From which addresses the profile key may be used."""

    act = Act.MANAGE_SETTINGS
    form_class = SourcesForm
    title = _("Where the profile key may be used from")
    intro = _("A request from another address is refused with the code 7010.")
    submit_label = _("UPDATE")
    back_url = cancel_url = reverse_lazy("accounts:organization")
    back_label = _("Organization")

    def get_initial(self) -> dict[str, Any]:
        """Begin with what is allowed now."""
        return lines_of(whole_organization(self.request).organization.profile_sources)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Name the person's own address."""
        return super().get_form_kwargs() | {"own": client_address(self.request)}

    def save(self, form: SourcesForm) -> str:
        """Write them."""
        member = whole_organization(self.request)
        sources = form.cleaned_data["allowed_sources"]
        services.set_profile_sources(
            organization=member.organization, sources=sources, by=member
        )
        toast(self.request, _("The allowed source addresses are changed."))
        return reverse("accounts:organization")


class RegenerateProfileKey(ServiceFormPage):
    """A new key, with an overlap for the servers that still use the old one."""

    act = Act.MANAGE_SETTINGS
    form_class = OverlapForm
    title = _("Regenerate the profile key")
    intro = _("Servers that call the Profile API need the new key.")
    submit_label = _("REGENERATE")
    back_url = cancel_url = reverse_lazy("accounts:organization")
    back_label = _("Organization")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Refuse a view from below the organization."""
        whole_organization(self.request)
        return super().get_context_data(**kwargs)

    def save(self, form: OverlapForm) -> str:
        """Make the new key."""
        member = whole_organization(self.request)
        services.regenerate_profile_key(
            organization=member.organization,
            keep_old_for=dt.timedelta(seconds=int(form.cleaned_data["keep"])),
            by=member,
        )
        toast(self.request, _("There is a new profile key. Reveal it to copy it."))
        return reverse("accounts:organization")

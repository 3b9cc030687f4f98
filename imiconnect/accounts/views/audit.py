"""Settings > Audit: who changed what in the organization, newest first."""

import datetime as dt
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from imiconnect.accounts.access import Act, MemberRequiredMixin
from imiconnect.accounts.views.base import settings_tabs, whole_organization
from imiconnect.audit.models import AuditEntry
from imiconnect.console.columns import TIME, Column
from imiconnect.console.forms import PageMixin
from imiconnect.console.lists import Empty, FilterForm, ListPage
from imiconnect.identity import first_uuid7_at


def _entry_url(entry: AuditEntry) -> str:
    return reverse("accounts:audit_entry", args=[entry.pk])


class AuditFilter(FilterForm):
    """Which entries to show; days are UTC."""

    who = forms.CharField(label=_("Who"))
    action = forms.CharField(label=_("What, such as sign_in.failed"))
    of = forms.CharField(label=_("Name of the object"))
    since = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("Up to"), widget=forms.DateInput(attrs={"type": "date"}))


class Audit(MemberRequiredMixin, ListPage):
    """The record of the whole organization."""

    act = Act.READ_AUDIT
    section = "settings"
    title = _("Audit")
    filter_form = AuditFilter
    export_name = "audit"
    columns = (
        Column("action", _("What"), href=_entry_url),
        Column("object_name", _("Object")),
        Column("actor_name", _("Who")),
        Column("address", _("From")),
        Column("created_at", _("When"), kind=TIME),
    )
    empty = Empty(_("Nothing recorded yet"), _("Each change and each sign-in is written here."))

    def get_queryset(self) -> QuerySet[Any]:
        """Return the organization's own entries."""
        member = whole_organization(self.request)
        return AuditEntry.objects.filter(organization_id=member.organization_id)

    def filtered(self, queryset: QuerySet[Any], values: dict[str, Any]) -> QuerySet[Any]:
        """Narrow by text and by time; a time is a range of ids."""
        for field, lookup in (
            ("who", "actor_name__icontains"),
            ("action", "action__istartswith"),
            ("of", "object_name__icontains"),
        ):
            if values.get(field):
                queryset = queryset.filter(**{lookup: values[field]})
        if values.get("since"):
            queryset = queryset.filter(id__gte=_first_id(values["since"]))
        if values.get("until"):
            day_after = values["until"] + dt.timedelta(days=1)
            queryset = queryset.filter(id__lt=_first_id(day_after))
        return queryset

    def kinds(self) -> Any:
        """Return the pages of the settings."""
        return settings_tabs(self.request, "audit")


class Entry(MemberRequiredMixin, PageMixin, TemplateView):
    """One entry, with what was before and after."""

    act = Act.READ_AUDIT
    template_name = "accounts/audit_entry.html"
    section = "settings"
    back_url = reverse_lazy("accounts:audit")
    back_label = _("Audit")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the entry."""
        member = whole_organization(self.request)
        rows = AuditEntry.objects.filter(organization_id=member.organization_id)
        entry = get_object_or_404(rows, pk=self.kwargs["entry_id"])
        names = sorted({*entry.before, *entry.after})
        changes = [(name, entry.before.get(name), entry.after.get(name)) for name in names]
        return super().get_context_data(
            **kwargs, entry=entry, changes=changes, title=entry.action
        )


def _first_id(day: dt.date) -> Any:
    return first_uuid7_at(dt.datetime.combine(day, dt.time(), dt.UTC))

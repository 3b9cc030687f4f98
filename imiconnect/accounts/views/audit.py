"""Settings > Audit: who changed what in the organization, newest first."""

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django import forms
from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from imiconnect.accounts.access import Act, MemberRequiredMixin
from imiconnect.accounts.kinds_of_audit import KINDS
from imiconnect.accounts.views.base import settings_tabs, whole_organization
from imiconnect.audit.models import AuditEntry, AuditLink
from imiconnect.console.addresses import address_of
from imiconnect.console.columns import TIME, Column
from imiconnect.console.forms import PageMixin
from imiconnect.console.lists import Empty, FilterForm, ListPage
from imiconnect.console.told import name_of
from imiconnect.identity import first_uuid7_at

_SAID = (
    "id", "created_at", "action", "actor_name", "address",
    "object_type", "object_id", "object_name", "before", "after",
)  # fmt: skip


def _entry_url(entry: AuditEntry) -> str:
    return address_of("accounts:audit_entry", entry.pk)


class AuditFilter(FilterForm):
    """Which entries to show; days are UTC."""

    kind = forms.ChoiceField(
        label=_("Kind of change"),
        choices=[("", _("Any")), *((key, kind.label) for key, kind in KINDS.items())],
    )
    action = forms.CharField(label=_("What, such as Sign in: failed"))
    who = forms.CharField(label=_("Who"))
    of = forms.CharField(label=_("Name of the object"))
    since = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("Up to"), widget=forms.DateInput(attrs={"type": "date"}))

    def clean_action(self) -> str:
        """Return what was typed as it is recorded: "Sign in: failed" is sign_in.failed."""
        text = re.sub(r"\s*:\s*", ".", self.cleaned_data["action"].strip())
        return re.sub(r"\s+", "_", text).lower()


class Audit(MemberRequiredMixin, ListPage):
    """The record of the whole organization."""

    act = Act.READ_AUDIT
    section = "settings"
    title = _("Audit")
    filter_form = AuditFilter
    export_name = "audit"
    _about = (
        Column("object_name", _("Object")),
        Column("actor_name", _("Who")),
        Column("address", _("From")),
        Column("created_at", _("When"), kind=TIME),
    )
    columns = (
        Column("action", _("What"), lambda entry: name_of(entry.action), href=_entry_url),
        *_about,
    )
    export_columns = (
        Column("action", _("What")),
        *_about,
        Column("object_type", _("Kind of object")),
        Column("object_id", _("ID of the object")),
        Column("before", _("Before"), lambda entry: json.dumps(entry.before, sort_keys=True)),
        Column("after", _("After"), lambda entry: json.dumps(entry.after, sort_keys=True)),
        Column("id", _("Entry")),
    )
    template_name = "accounts/audit.html"
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
        if values.get("kind"):
            queryset = queryset.filter(KINDS[values["kind"]].actions)
        if values.get("since"):
            queryset = queryset.filter(id__gte=_first_id(values["since"]))
        if values.get("until"):
            day_after = values["until"] + dt.timedelta(days=1)
            queryset = queryset.filter(id__lt=_first_id(day_after))
        return queryset

    def get(  # type: ignore[override]  # a file is streamed
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Draw the page, or send the filtered entries as a file: CSV or JSON."""
        if request.GET.get("format") != "json":
            return super().get(request, *args, **kwargs)
        rows = self._rows(self._filters()).order_by("id").iterator(chunk_size=2000)
        answer = StreamingHttpResponse(_as_json(rows), content_type="application/json")
        name = f"audit-{timezone.now():%Y-%m-%d}.json"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

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
        changes = [
            (name, name_of(name), entry.before.get(name), entry.after.get(name))
            for name in names
        ]
        return super().get_context_data(
            **kwargs,
            entry=entry,
            kind=_kind_of(entry.object_type),
            changes=changes,
            title=name_of(entry.action),
        )


def _kind_of(object_type: str) -> str:
    """Return what a kind of object is called; a kind that is no more, by its recorded name."""
    try:
        name = str(apps.get_model(object_type)._meta.verbose_name)
    except (LookupError, ValueError):
        return object_type
    return name[:1].upper() + name[1:]


def _as_json(entries: Iterable[AuditEntry]) -> Iterator[str]:
    """Yield entries as one JSON array, each with the digest of its link once it is chained."""
    opening = "["
    for some in batched(entries, 1000):
        links = AuditLink.objects.in_bulk([entry.pk for entry in some])
        for entry in some:
            link = links.get(entry.pk)
            row = {name: getattr(entry, name) for name in _SAID} | {
                "number": link.number if link else None,
                "digest": link.digest if link else None,
            }
            yield opening + DjangoJSONEncoder(sort_keys=True).encode(row)
            opening = ",\n"
    yield "[]" if opening == "[" else "]"


def batched(entries: Iterable[AuditEntry], size: int) -> Iterator[list[AuditEntry]]:
    """Yield lists of ``size`` entries."""
    own = iter(entries)
    while some := list(islice(own, size)):
        yield some


def _first_id(day: dt.date) -> Any:
    return first_uuid7_at(dt.datetime.combine(day, dt.time(), dt.UTC))

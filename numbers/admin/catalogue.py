"""The catalogue: countries, rates, SMS rules, code formats, words, codes, stock."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from imiconnect.console.words import Words
from imiconnect.numbers.models import (
    Country,
    Place,
    RateCard,
    ReservedWord,
    ShortCode,
    ShortCodeFormat,
    SmsContentRule,
    SmsHours,
    SmsRestriction,
    StockNumber,
)
from imiconnect.numbers.services import importing, reference
from imiconnect.support import ReadOnlyAdmin, ServiceAdmin

MAX_FILE = 20_000_000
Page = TypeVar("Page", bound=Callable[..., HttpResponse])


def _as_button(label: Words) -> Callable[[Page], Page]:
    """Draw a page of the list as a button; unfold's decorator has no types."""
    decorate: Callable[[Page], Page] = action(description=label, url_path="import")
    return decorate


class ReferenceAdmin(ServiceAdmin):
    """Rows that support adds and corrects, with source and date."""

    def write(self, obj: Any, *, change: bool) -> Any:
        """Keep the row."""
        return reference.keep(obj)


class UploadForm(forms.Form):
    """A file to import; ``Check`` changes nothing."""

    file = forms.FileField(label=gettext_lazy("CSV file"))


def import_page(
    model_admin: Any, request: HttpRequest, columns: tuple[str, ...], run: dict[str, Any]
) -> HttpResponse:
    """Check or import an uploaded file and say line by line what is wrong.

    ``run`` has the functions ``check`` and ``write`` of the service.
    """
    if not request.user.has_perm(f"numbers.add_{model_admin.model._meta.model_name}"):
        raise PermissionDenied
    form = UploadForm(request.POST or None, request.FILES or None)
    report = None
    if form.is_valid():
        report = _report(form, run["write" if "write" in request.POST else "check"])
    if report and report.written:
        model_admin.message_user(
            request, _("%d rows were imported.") % report.written, messages.SUCCESS
        )
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Import"),
        "form": form,
        "report": report,
        "columns": columns,
        "opts": model_admin.model._meta,
    }
    return TemplateResponse(request, "admin/numbers/import.html", context)


def _report(
    form: UploadForm, run: Callable[[str], importing.Report]
) -> importing.Report | None:
    file = form.cleaned_data["file"]
    if file.size > MAX_FILE:
        form.add_error("file", _("The file must be 20 MB or smaller."))
        return None
    try:
        text = file.read().decode("utf-8")
    except UnicodeDecodeError:
        form.add_error("file", _("The file must be in UTF-8."))
        return None
    return run(text)


@admin.register(Country)
class CountryAdmin(ReadOnlyAdmin):
    """Countries."""

    list_display = ("name", "iso2", "calling_code")
    search_fields = ("name", "iso2", "calling_code")
    ordering = ("name",)


@admin.register(RateCard)
class RateCardAdmin(ReferenceAdmin):
    """Rates; empty amounts are on request."""

    list_display = (
        "country", "number_type", "voice", "sms", "address_requirement", "monthly_rental",
        "currency", "checked_on",
    )  # fmt: skip
    list_filter = ("number_type", "address_requirement")
    list_select_related = ("country",)
    search_fields = ("country__name", "country__iso2")
    autocomplete_fields = ("country",)
    ordering = ("country", "number_type")
    actions_list: ClassVar = ["import_rows"]

    @_as_button(gettext_lazy("Import a rate card"))
    def import_rows(self, request: HttpRequest) -> HttpResponse:
        """Import a rate card, after a dry run."""
        run = {"check": importing.check_rates, "write": importing.import_rates}
        return import_page(self, request, importing.RATE_COLUMNS, run)


@admin.register(StockNumber)
class StockNumberAdmin(ReadOnlyAdmin):
    """Our own ranges; imported, never typed."""

    list_display = ("e164", "country", "place", "number_type", "operator", "state")
    list_filter = ("state", "number_type")
    list_select_related = ("country", "place")
    exact = ("e164",)
    fields = (
        "e164",
        "national",
        "country",
        "place",
        "number_type",
        "operator",
        "state",
        "sold_to",
    )
    ordering = ("-id",)
    actions_list: ClassVar = ["import_rows"]

    @_as_button(gettext_lazy("Import numbers"))
    def import_rows(self, request: HttpRequest) -> HttpResponse:
        """Import ranges, after a dry run."""
        run = {"check": importing.check_stock, "write": importing.import_stock}
        return import_page(self, request, importing.STOCK_COLUMNS, run)


@admin.register(Place)
class PlaceAdmin(ReadOnlyAdmin):
    """Cities of our stock; they come with its numbers."""

    list_display = ("name", "country")
    list_select_related = ("country",)
    search_fields = ("folded", "country__iso2")
    fields = ("name", "country")
    ordering = ("-id",)


@admin.register(SmsRestriction)
class SmsRestrictionAdmin(ReferenceAdmin):
    """SMS rules of countries."""

    list_display = (
        "country", "alphanumeric_sender_id", "numeric_sender", "two_way_sms", "checked_on",
    )  # fmt: skip
    list_filter = ("alphanumeric_sender_id", "numeric_sender", "two_way_sms")
    list_select_related = ("country",)
    search_fields = ("country__name", "country__iso2")
    autocomplete_fields = ("country",)
    ordering = ("country",)


@admin.register(SmsHours)
class SmsHoursAdmin(ReferenceAdmin):
    """Hours in which countries let texts in; outside of them texts wait."""

    list_display = ("country", "covers", "days", "opens", "closes", "holidays")
    list_filter = ("covers",)
    list_select_related = ("country",)
    search_fields = ("country__name", "country__iso2")
    autocomplete_fields = ("country",)
    ordering = ("country", "id")


@admin.register(SmsContentRule)
class SmsContentRuleAdmin(ReferenceAdmin):
    """What countries ask of the content of texts; a text that lacks it is refused."""

    list_display = ("country", "kind", "value", "covers", "checked_on")
    list_filter = ("kind", "covers")
    list_select_related = ("country",)
    search_fields = ("country__name", "country__iso2")
    autocomplete_fields = ("country",)
    ordering = ("country", "id")


@admin.register(ShortCodeFormat)
class ShortCodeFormatAdmin(ReferenceAdmin):
    """Lengths of short codes."""

    list_display = (
        "country",
        "lengths",
        "dedicated_available",
        "shared_available",
        "lead_time",
    )
    list_select_related = ("country",)
    search_fields = ("country__name", "country__iso2")
    autocomplete_fields = ("country",)
    ordering = ("country",)


@admin.register(ReservedWord)
class ReservedWordAdmin(ReferenceAdmin):
    """Words that nobody gets as a keyword."""

    list_display = ("word", "meaning")
    list_filter = ("meaning",)
    search_fields = ("folded",)
    fields = ("word", "meaning")


@admin.register(ShortCode)
class ShortCodeAdmin(ReferenceAdmin):
    """Codes at operators; shared default codes are added here."""

    list_display = ("code", "country", "operator", "is_shared", "is_active")
    list_filter = ("is_shared", "is_active")
    list_select_related = ("country",)
    search_fields = ("code",)
    autocomplete_fields = ("country",)
    fields = ("code", "country", "operator", "is_shared", "is_active", "help_reply")
    ordering = ("-id",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep the code of an existing row; it may be turned off."""
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "code", "country", "operator", "is_shared"] if obj else fixed

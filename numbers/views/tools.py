"""Tools: SMS RESTRICTIONS, NUMBER RESTRICTIONS and the keyword test."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.console import paging
from imiconnect.console.columns import DAY, Column
from imiconnect.console.forms import FormPage
from imiconnect.console.lists import FilterForm, ListPage
from imiconnect.numbers.forms.codes import TryForm
from imiconnect.numbers.models import RateCard, ShortCode, SmsRestriction
from imiconnect.numbers.models.catalogue import CALLED
from imiconnect.numbers.money import amount
from imiconnect.numbers.services.trying import try_text
from imiconnect.numbers.words import applied


class CountrySearch(FilterForm):
    """Finds a country by name, ISO code or calling code."""

    search = forms.CharField(label=_("Country"), max_length=80)


def _in_country(queryset: Any, values: dict[str, Any]) -> Any:
    text = (values.get("search") or "").strip().removeprefix("+")
    if not text:
        return queryset
    called = [iso2 for iso2, word in CALLED.items() if word == text.upper()]
    name = Q(country__name__icontains=text) | Q(country__in=called)
    return queryset.filter(name | Q(country__iso2__iexact=text) | Q(country__calling_code=text))


def _with_flag(row: Any) -> str:
    return f"{row.country.flag} {row.country.name}"


class Reference(MemberRequiredMixin, ListPage):
    """A table of every country, searched and printed as a whole."""

    act = Act.READ
    section = "tools"
    back_url = reverse_lazy("console:tools")
    back_label = _("Tools")
    template_name = "numbers/reference.html"
    filter_form = CountrySearch
    page_size = 400  # every row, so that one sheet of paper has the whole table

    def _page(self, filters: FilterForm | None) -> paging.Page[Any]:
        page = super()._page(filters)
        page.rows.sort(key=lambda row: row.country.name)
        return page

    def filtered(self, queryset: Any, values: dict[str, Any]) -> QuerySet[Any]:
        """Narrow to a country."""
        found: QuerySet[Any] = _in_country(queryset, values)
        return found


class SmsRestrictions(Reference):
    """What each country allows and forbids for SMS and Sender IDs."""

    title = _("SMS RESTRICTIONS")
    export_name = "sms-restrictions"
    order = ("country_id",)
    columns = (
        Column("country", _("Country"), _with_flag),
        Column("alpha", _("Alphanumeric Sender ID"), "get_alphanumeric_sender_id_display"),
        Column("numeric", _("Numeric sender"), "get_numeric_sender_display"),
        Column("two_way", _("Two-way SMS"), "get_two_way_sms_display"),
        Column("codes", _("Short codes"), "get_short_code_available_display"),
        Column("quiet_hours", _("Quiet hours")),
        Column("other_content_restrictions", _("Other restrictions")),
        Column("applied", _("Applied when sending"), lambda row: applied(row.country)),
        Column("source", _("Source")),
        Column("checked_on", _("Checked"), kind=DAY),
    )

    def get_queryset(self) -> QuerySet[SmsRestriction]:
        """Return every country of which something is known."""
        rows = SmsRestriction.objects.select_related("country")
        return rows.prefetch_related("country__sms_hours", "country__sms_content_rules")


class NumberRestrictions(Reference):
    """What each country sells and asks for."""

    title = _("NUMBER RESTRICTIONS")
    export_name = "number-restrictions"
    order = ("country_id", "id")
    columns = (
        Column("country", _("Country"), _with_flag),
        Column("number_type", _("Number type"), "get_number_type_display"),
        Column("voice", _("Voice calls"), lambda row: _("Yes") if row.voice else _("No")),
        Column("sms", _("SMS"), lambda row: _("Yes") if row.sms else _("No")),
        Column("address", _("Address"), "get_address_requirement_display"),
        Column(
            "rent", _("Monthly rental"), lambda row: amount(row.monthly_rental, row.currency)
        ),
        Column("source", _("Source")),
        Column("checked_on", _("Checked"), kind=DAY),
    )

    def get_queryset(self) -> QuerySet[RateCard]:
        """Return every type that is sold somewhere."""
        return RateCard.objects.select_related("country")


class KeywordTest(MemberRequiredMixin, FormPage):
    """Type an incoming text and a short code, see who would get it."""

    act = Act.READ
    section = "tools"
    title = _("Keyword test")
    intro = _("Nothing is sent. The answer is what an incoming message would meet just now.")
    back_url = reverse_lazy("console:tools")
    back_label = _("Tools")
    template_name = "numbers/keyword/test.html"
    form_class = TryForm
    submit_label = _("Try it")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Offer the organization's codes and the shared default codes."""
        rows = ShortCode.objects.usable_for_keywords(acting(self.request).organization_id)
        codes = list(rows.select_related("country").order_by("code"))
        return super().get_form_kwargs() | {"codes": codes}

    def form_valid(self, form: forms.BaseForm) -> HttpResponse:
        """Say what the text means."""
        values = form.cleaned_data
        member = acting(self.request)
        code = ShortCode.objects.select_related("country").get(pk=values["code"])
        tried = try_text(member=member, text=values["text"], code=code)
        context = self.get_context_data(
            form=form,
            tried=True,
            code=code,
            match=tried.match,
            is_own=tried.is_own,
            receiver=tried.receiver,
            uses=tried.uses,
            own_word=tried.own_word,
            is_hidden=tried.is_hidden,
        )
        return self.render_to_response(context)

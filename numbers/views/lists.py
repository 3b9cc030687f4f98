"""The numbers screen: every kind in one list, with history behind the status."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.choices import BaseChoiceIterator
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.console import paging
from imiconnect.console.addresses import address, address_of, addresses_of
from imiconnect.console.columns import CODE, FIGURE, STATE, TIME, Column, choice
from imiconnect.console.drawing import LongSelect
from imiconnect.console.export import csv_response
from imiconnect.console.lists import Button, Empty, FilterForm, ListPage
from imiconnect.console.markup import escaped
from imiconnect.console.templatetags.console import status_badge
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import Country, Number
from imiconnect.numbers.money import money
from imiconnect.numbers.ports import answers
from imiconnect.numbers.words import shown

CHUNK = 2000
_ANY, _KEY = uuid.UUID(int=0), "{id}"
#: What the list hangs on its rows: the services that use each number.
USES = "uses"
KINDS = (
    ("", _("All")),
    (Kind.SHORT_CODE, _("Short Code")),
    (Kind.PHONE_NUMBER, _("Phone Number")),
    (Kind.SENDER_ID, _("Sender ID")),
    (Kind.KEYWORD, _("Keyword")),
)


class _Countries(BaseChoiceIterator):
    """The countries, read once; in a plain list Django looks for groups of choices."""

    def __init__(self) -> None:
        countries = Country.objects.values_list("iso2", "name")
        self._pairs = [("", str(_("All countries"))), *countries]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._pairs)


class NumberFilters(FilterForm):
    """What the list can be narrowed by; the kind is a row of links above it."""

    kind = forms.ChoiceField(choices=KINDS, widget=forms.HiddenInput)
    search = forms.CharField(label=_("Search"), max_length=64)
    country = forms.ChoiceField(label=_("Country"), widget=LongSelect)
    state = forms.ChoiceField(
        label=_("Status"), choices=[("", _("All states")), *State.choices]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Read the countries, once."""
        super().__init__(*args, **kwargs)
        field = self.fields["country"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = _Countries()


def uses_text(number: Number) -> str:
    """Return the names of the services that use a number."""
    return ", ".join(use.name for use in getattr(number, USES, []))


def _badge(number: Number) -> SafeString:
    """Draw the status; a click on it fetches and shows the history of the order."""
    pattern = _pattern_of_badge(number.state, get_language())
    return SafeString(pattern.replace(_KEY, str(number.id)))


@lru_cache(maxsize=64)
def _pattern_of_badge(state: str, language: str | None) -> str:
    """Return the badge of a state, with ``_KEY`` in place of the id of the number."""
    show, title, wait = map(escaped, (_("Show the history"), _("History"), _("Loading")))
    url = address_of("numbers:history", _ANY).replace(str(_ANY), _KEY)
    return (
        f'<button type="button" class="badge-button" popovertarget="history-{_KEY}">'
        f'{status_badge(state)}<span class="visually-hidden"> {show}</span></button>'
        f'<div popover id="history-{_KEY}" class="history-pop" role="dialog"'
        f' aria-label="{title}" hx-get="{escaped(url)}" hx-trigger="toggle once"'
        f' hx-target="this" hx-swap="innerHTML"><p role="status">{wait}</p></div>'
    )


class NumberList(MemberRequiredMixin, ListPage):
    """Numbers of the organization, newest first; the same queries however many there are."""

    act = Act.READ
    template_name = "numbers/list.html"
    section = "numbers"
    title = _("Numbers")
    export_name = "numbers"
    filter_form = NumberFilters
    columns = (
        Column("value", _("Number"), shown, CODE),
        Column("kind", _("Kind"), choice("kind", Kind)),
        Column("country", _("Country"), "country.name"),
        Column("state", _("Status"), "state", STATE, draw=_badge),
        Column("uses", _("Services"), uses_text),
        Column("monthly_cost", _("Monthly cost"), money, FIGURE),
        Column("created_at", _("Requested"), "created_at", TIME),
    )

    @property
    def may_add(self) -> bool:
        """Whether this person sees GET NUMBERS."""
        return acting(self.request).can(Act.MANAGE_NUMBERS)

    @property
    def empty(self) -> Empty:  # type: ignore[override]  # depends on the role
        """Say what numbers are for."""
        text = _("Numbers send and receive SMS and calls through your services.")
        button = Button(_("PHONE NUMBER"), address("numbers:phone")) if self.may_add else None
        return Empty(_("No numbers yet"), text, button, "phone")

    def get_queryset(self) -> QuerySet[Number]:
        """Return what the columns need in one query."""
        rows = Number.objects.visible_to(acting(self.request))
        # Without what search reads, thirty short texts a row that no column shows.
        found: QuerySet[Number] = rows.select_related("country", "short_code").only(
            "kind", "value", "state", "monthly_cost", "currency", "created_at",
            "country__name", "short_code__code",
        )  # fmt: skip
        return found

    def filtered(self, queryset: Any, values: dict[str, Any]) -> QuerySet[Number]:
        """Narrow by kind, country, state and text."""
        for name in ("kind", "country", "state"):
            if values.get(name):
                queryset = queryset.filter(**{name: values[name]})
        found: QuerySet[Number] = queryset.matching(values.get("search") or "")
        return found

    def kinds(self) -> Sequence[Button]:
        """Return the five filters."""
        current = self.request.GET.get("kind", "")
        base = address("numbers:list")
        return [
            Button(label, f"{base}?kind={slug}" if slug else base, current=slug == current)
            for slug, label in KINDS
        ]

    def manage_url(self, row: Number) -> str:
        """Return the address of the manage page."""
        return self._address(row.id)

    @cached_property
    def _address(self) -> Callable[[uuid.UUID], str]:
        return addresses_of("numbers:manage")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the menu of GET NUMBERS."""
        return super().get_context_data(**kwargs) | {"may_add": self.may_add}

    def _page(self, filters: FilterForm | None) -> paging.Page[Any]:
        page = super()._page(filters)
        self._with_uses(page.rows)
        return page

    def _with_uses(self, rows: Sequence[Number]) -> None:
        uses = answers.uses(rows, acting(self.request))
        for row in rows:
            setattr(row, USES, uses.get(row.pk, []))

    def _csv(self) -> StreamingHttpResponse:
        rows = self._rows(self._filters()).order_by(*self._order())
        return csv_response(self.export_name, self.columns, self._chunks(rows.iterator(CHUNK)))

    def _chunks(self, rows: Iterable[Number]) -> Iterator[Number]:
        remaining = iter(rows)
        while chunk := list(islice(remaining, CHUNK)):
            self._with_uses(chunk)
            yield from chunk

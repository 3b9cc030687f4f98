"""The list page that every list of the console extends; see ``ListPage``."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError
from django.db.models import Model, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from imiconnect.console import once, paging
from imiconnect.console.addresses import query_of
from imiconnect.console.columns import Column, Row, head_of, in_language, row_of
from imiconnect.console.export import csv_response
from imiconnect.console.forms import PageMixin
from imiconnect.console.words import Words

log = logging.getLogger(__name__)
MAX_SELECTED = 500


@dataclass(frozen=True)
class Button:
    """A link drawn as a button, or one kind of a list; ``current`` marks the open kind."""

    label: Words
    url: str
    icon: str = ""
    current: bool = False


@dataclass(frozen=True)
class BulkAct:
    """What can be done with selected rows; ``run`` calls a service and adds a toast."""

    slug: str
    label: Words
    run: Callable[[HttpRequest, QuerySet[Any]], None]
    danger: bool = False


@dataclass(frozen=True)
class Empty:
    """What an empty list says: its purpose and at most one button."""

    title: Words
    text: Words
    button: Button | None = None
    icon: str = "inbox"


class FilterForm(forms.Form):
    """A form of filters, sent by GET; its fields are optional and drawn in one row."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False


class ListPage(PageMixin, TemplateView):
    """A list: declared columns, filters in the address, keyset paging, bulk acts, CSV.

    A subclass gives ``columns`` (the first one is the name), ``order`` (last field unique),
    ``get_queryset`` (from ``visible_to``), and where it has them ``filter_form``,
    ``filtered``, ``bulk_acts``, ``primary``, ``kinds``, ``empty``, ``manage_url``.
    """

    template_name = "console/list.html"
    columns: ClassVar[Sequence[Column]] = ()
    order: tuple[str, ...] = ("-id",)
    page_size = 50
    filter_form: type[FilterForm] | None = None
    export_name = ""
    #: The columns of the CSV file, where it tells more than the table.
    export_columns: ClassVar[Sequence[Column]] = ()
    #: Topics of ``console.live`` and the states whose badges change in place.
    live_topics: Sequence[str] = ()
    live_states: Sequence[str] = ()
    caption: Words = ""
    empty: Empty = Empty(_("Nothing here yet"), "")

    def get_queryset(self) -> QuerySet[Any]:
        """Return every row that this person may see, with what the columns need."""
        raise AttributeError(f"{type(self).__name__} needs get_queryset")

    def filtered(self, queryset: QuerySet[Any], values: dict[str, Any]) -> QuerySet[Any]:
        """Narrow the rows by the cleaned values of the filter form."""
        return queryset

    def primary(self) -> Button | None:
        """Return the page's one primary button, or None where the person may not add."""
        return None

    def kinds(self) -> Sequence[Button]:
        """Return links between kinds of the list."""
        return ()

    def bulk_acts(self) -> Sequence[BulkAct]:
        """Return what this person may do with selected rows."""
        return ()

    def manage_url(self, row: Any) -> str:
        """Return the address of the row's page; an empty one draws no MANAGE button."""
        return ""

    def row_id(self, row: Model) -> str:
        """Return the element id of a row, stable over updates."""
        return f"row-{row.pk}"

    def get(  # type: ignore[override]  # a file is streamed
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Draw the page, or send the filtered rows as a file for ``?format=csv``."""
        if request.GET.get("format") == "csv" and self.export_name:
            return self._csv()
        if "live" in request.GET and self.live_topics:
            return self._live(request.GET["live"])
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Run a bulk act on the selected rows and come back to the same list."""
        act = next((a for a in self.bulk_acts() if a.slug == request.POST.get("act")), None)
        if act is None:
            raise PermissionDenied
        return once.guarded(request, lambda: self._run(act))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the table, or why there is none, to the context."""
        context = super().get_context_data(**kwargs)
        filters = self._filters()
        used = self._used(filters)
        context |= {
            "filters": filters,
            "filters_used": used,
            "filters_open": self._used(filters, visible=True),
            "primary": self.primary(),
            "kinds": tuple(self.kinds()),
            "bulk_acts": self._acts,
            "head": head_of(self._columns, self._sort(), self._sorted_by),
            "sort": self._sort(),
            "caption": self.caption or self.title,
            "exportable": bool(self.export_name),
        }
        try:
            page = self._page(filters)
        except DatabaseError:
            log.exception("The list %s could not be read", type(self).__name__)
            return context | {"failed": True, "rows": []}
        context |= {"page": page, "rows": self._drawn(page.rows)}
        if not page.rows:
            context["empty"] = self.empty
        if self.live_topics and not page.newer and not self._sort():
            context |= {
                "live_topics": " ".join(self.live_topics),
                "live_states": self.live_states,
                "top_cursor": paging.newer_than(page, self._order()),
            }
        return context

    def _filters(self) -> FilterForm | None:
        return self.filter_form(self.request.GET) if self.filter_form else None

    def _used(self, filters: FilterForm | None, *, visible: bool = False) -> bool:
        """Tell whether a filter is set; a hidden one is a kind that the page names itself."""
        fields = filters or ()
        return any(
            self.request.GET.get(field.name)
            for field in fields
            if not (visible and field.is_hidden)
        )

    def _rows(self, filters: FilterForm | None) -> QuerySet[Any]:
        queryset = self.get_queryset()
        if filters is None:
            return queryset
        filters.is_valid()
        return self.filtered(queryset, filters.cleaned_data)

    def _sort(self) -> str:
        asked = self.request.GET.get("sort", "")
        known = {column.sort for column in self.columns if column.sort}
        return asked if asked.lstrip("-") in known else ""

    def _order(self) -> tuple[str, ...]:
        sort = self._sort()
        if not sort or sort.lstrip("-") == self.order[-1].lstrip("-"):
            return (sort,) if sort else self.order
        unique = self.order[-1].lstrip("-")
        return sort, f"-{unique}" if sort.startswith("-") else unique

    def _page(self, filters: FilterForm | None) -> paging.Page[Any]:
        cursor = self.request.GET.get("cursor", "")
        return paging.page_of(self._rows(filters), self._order(), self.page_size, cursor)

    def _live(self, cursor: str) -> HttpResponse:
        """Answer rows newer than the page's first one; "top" asks for the first page."""
        cursor = "" if cursor == "top" else cursor
        order = self._order()
        page = paging.page_of(self._rows(self._filters()), order, self.page_size, cursor)
        context = {
            "page": page,
            "rows": self._drawn(page.rows),
            "top_cursor": paging.newer_than(page, order) or cursor,
        }
        return render(self.request, "includes/live_rows.html", context)

    @cached_property
    def _acts(self) -> Sequence[BulkAct]:
        return self.bulk_acts()

    @property
    def _columns(self) -> tuple[Column, ...]:
        return in_language(tuple(self.columns), get_language())

    def _sorted_by(self, sort: str) -> str:
        return query_of(self.request, sort=sort, cursor="")

    def _drawn(self, rows: Sequence[Any]) -> list[Row]:
        columns, may_pick = self._columns, bool(self._acts)
        return [
            row_of(
                columns,
                row,
                id=self.row_id(row),
                manage_url=self.manage_url(row),
                may_pick=may_pick,
            )
            for row in rows
        ]

    def _csv(self) -> StreamingHttpResponse:
        rows = self._rows(self._filters()).order_by(*self._order())
        columns = self.export_columns or self.columns
        return csv_response(self.export_name, columns, rows.iterator(chunk_size=2000))

    def _run(self, act: BulkAct) -> HttpResponse:
        ids = self.request.POST.getlist("ids")[:MAX_SELECTED]
        try:
            rows = self.get_queryset().filter(pk__in=ids)
        except (ValidationError, ValueError):
            raise Http404 from None  # no keys at all
        if ids:
            act.run(self.request, rows)
        return HttpResponseRedirect(self.request.get_full_path())

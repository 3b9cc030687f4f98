"""Offline requests: asking for what is not offered, and reading support's answers."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.console.columns import FIGURE, STATE, TIME, Column
from imiconnect.console.forms import FormPage
from imiconnect.console.lists import Button, Empty, ListPage
from imiconnect.console.markup import escaped
from imiconnect.console.states import State, register_state
from imiconnect.console.templatetags.console import status_badge
from imiconnect.console.toasts import toast
from imiconnect.numbers.forms.requests import OfflineForm
from imiconnect.numbers.kinds import NumberType
from imiconnect.numbers.models import OfflineRequest
from imiconnect.numbers.services import offline

register_state("answered", State(_("Answered"), "green", "circle-check"))


class OfflinePage(MemberRequiredMixin, FormPage):
    """One form: country, type, how many, details."""

    act = Act.MANAGE_NUMBERS
    section = "numbers"
    title = _("Offline request")
    intro = _(
        "For numbers that cannot be bought here. Tell support what you need; the answer comes "
        "by mail and to the list of offline requests."
    )
    form_class = OfflineForm
    submit_label = _("Submit")
    back_url = reverse_lazy("numbers:list")
    back_label = _("Numbers")

    def get_initial(self) -> dict[str, Any]:
        """Take country, or its name, and type from the address."""
        given = {
            name: self.request.GET[name][:80]
            for name in ("country", "country_name", "number_type")
            if name in self.request.GET
        }
        return super().get_initial() | given

    def form_valid(self, form: forms.BaseForm) -> HttpResponse:
        """Write the request."""
        values = dict(form.cleaned_data)
        country = values.pop("country")
        values["country_name"] = country.name if country else values["country_name"]
        request = offline.place_request(member=acting(self.request), **values)
        toast(self.request, _("The request %s was sent to support") % request)
        return HttpResponseRedirect(reverse("numbers:requests"))


def _type(row: OfflineRequest) -> str:
    known = dict(NumberType.choices)
    return str(known.get(row.number_type, _("Any type")))


def _with_link(row: OfflineRequest) -> SafeString:
    """Draw the status; behind that of what waits stands the way to withdraw it."""
    badge = status_badge(row.state)
    if row.state != OfflineRequest.State.OPEN:
        return badge
    url = escaped(reverse("numbers:withdraw-offline", args=[row.pk]))
    word, name = escaped(_("Withdraw")), escaped(str(row))
    return SafeString(
        f'{badge} <a href="{url}">{word}<span class="visually-hidden"> {name}</span></a>'
    )


_ASKED = (
    Column("reference", _("Reference"), str),
    Column("country_name", _("Country")),
    Column("number_type", _("Type"), _type),
    Column("quantity", _("How many"), "quantity", FIGURE),
    Column("details", _("Details")),
)
_ANSWERED = (
    Column("answer", _("Answer")),
    Column("created_at", _("Requested"), "created_at", TIME),
)
_STATE = Column("state", _("Status"), "state", STATE)
_STATE_WITH_LINK = Column("state", _("Status"), "state", STATE, draw=_with_link)


class RequestList(MemberRequiredMixin, ListPage):
    """What was asked, and what support answered."""

    act = Act.READ
    section = "numbers"
    title = _("Offline requests")
    back_url = reverse_lazy("numbers:list")
    back_label = _("Numbers")
    empty = Empty(
        _("No offline requests"),
        _("Numbers of countries that are not offered are asked for here."),
        icon="world",
    )

    @property
    def columns(self) -> Sequence[Column]:  # type: ignore[override]  # depends on the role
        """Return the columns; who may ask may also withdraw."""
        may = acting(self.request).can(Act.MANAGE_NUMBERS)
        return (*_ASKED, _STATE_WITH_LINK if may else _STATE, *_ANSWERED)

    def get_queryset(self) -> QuerySet[OfflineRequest]:
        """Return the organization's requests."""
        found: QuerySet[OfflineRequest] = OfflineRequest.objects.visible_to(
            acting(self.request)
        )
        return found

    def primary(self) -> Button | None:
        """Offer to ask, to those who may."""
        if not acting(self.request).can(Act.MANAGE_NUMBERS):
            return None
        return Button(_("New offline request"), reverse("numbers:offline"), "plus")

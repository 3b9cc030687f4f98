"""The SMS and the Voice tab of a service: the numbers that it uses."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.toasts import toast
from imiconnect.manage import ActView, Card
from imiconnect.numbers.models import Number
from imiconnect.numbers.words import shown
from imiconnect.sharing import number_allocations, services
from imiconnect.sharing.allocations import holders_of
from imiconnect.sharing.forms import AllocateNumberForm
from imiconnect.sharing.models import NumberAllocation, Service
from imiconnect.sharing.views.acts import BackMixin
from imiconnect.sharing.views.base import ServiceMixin, ServiceTab, page_of

#: How many numbers the page lists and offers; the search narrows both.
MOST = 50
Channel = NumberAllocation.Channel


def _arguments(page: Any) -> dict[str, Any]:
    """Return what can be mapped and to whom."""
    teams, people = holders_of(page.object)
    numbers = number_allocations.mappable(page.object, page.tab)
    for_all = page.object.number_allocations.filter(
        channel=page.tab, team__isnull=True, user__isnull=True
    )
    free = numbers.exclude(pk__in=for_all.values("number"))
    offered = free.matching(page.search).select_related("country", "short_code")
    return {
        "numbers": numbers,
        "offered": offered.order_by("-id")[:MOST],
        "teams": teams.select_related("group").order_by("group__name", "name"),
        "people": people.select_related("user").order_by("user__name", "pk"),
    }


def _map(page: Any, values: dict[str, Any]) -> None:
    services.allocate_number(service=page.object, channel=page.tab, **values)
    toast(page.request, _("The number is mapped to the service."))


class Numbers(ServiceTab):
    """The numbers of a service on one telecom channel."""

    template_name = "sharing/numbers.html"
    cards = (Card("number", AllocateNumberForm, Act.ALLOCATE, _map, arguments=_arguments),)

    @property
    def search(self) -> str:
        """What the person looks for."""
        return str(self.request.GET.get("search", ""))[:64]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the mapped numbers."""
        rows = self.object.number_allocations.filter(channel=self.tab)
        found = rows
        if self.search:
            numbers = Number.objects.filter(organization=self.object.organization_id)
            found = rows.filter(number__in=numbers.matching(self.search).values("pk"))
        found = found.select_related("number__short_code", "team", "user").order_by("id")
        mapped = [(row, shown(row.number)) for row in found[: MOST + 1]]
        any_free = number_allocations.mappable(self.object, self.tab).exists()
        return super().get_context_data(**kwargs) | {
            "mapped": mapped[:MOST],
            "more": len(mapped) > MOST,
            "any_mapped": rows.exists(),
            "any_free": any_free,
            "search": self.search,
            "is_voice": self.tab == Channel.VOICE,
        }


class OneAllocation(ServiceMixin):
    """A page or act on one number of the service."""

    @property
    def allocation(self) -> NumberAllocation:
        """The mapped number, or 404."""
        rows = self.object.number_allocations.select_related("number__short_code", "service")
        found: NumberAllocation = get_object_or_404(rows, pk=self.kwargs["mapping_id"])
        return found


class ReceiveHere(OneAllocation, ActView):
    """Let this service get what comes in over the number."""

    act = Act.ALLOCATE

    def perform(self) -> str:
        """Choose the service."""
        allocation = self.allocation
        number_allocations.choose_inbound(allocation=allocation)
        toast(self.request, _("What comes in over the number goes to this service now."))
        return page_of(self.object, allocation.channel)


class UnmapNumber(OneAllocation, BackMixin, ConfirmPage):
    """Taking a number away from a service."""

    act = Act.ALLOCATE
    title = _("Remove the number from the service")
    act_label = _("Remove the number")
    keep_label = _("Keep the number")

    @property
    def tab(self) -> str:  # type: ignore[override]  # the channel says which tab
        """The tab that the page leads back to."""
        return self.allocation.channel

    def get_object_name(self) -> str:
        """Return the number."""
        return shown(self.allocation.number)

    def consequences(self) -> list[Any]:
        """Say what stops."""
        allocation = self.allocation
        said = [_("The service no longer sends from this number.")]
        if _is_last(allocation):
            said.append(_("It is live and has no other number and no app: it cannot send."))
        if allocation.is_inbound:
            said.append(_("What comes in over it goes to another service that uses it."))
        return said

    def perform(self) -> str:
        """End the mapping."""
        allocation = self.allocation
        tab = allocation.channel
        services.deallocate_number(allocation=allocation)
        toast(self.request, _("The number is removed from the service."))
        return page_of(self.object, tab)


def _is_last(allocation: NumberAllocation) -> bool:
    service = allocation.service
    others = service.number_allocations.exclude(pk=allocation.pk)
    alone = not others.exists() and not service.allocations.usable().exists()
    return bool(service.state == Service.State.LIVE and alone)

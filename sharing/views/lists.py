"""The list of services."""

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.console.columns import FIGURE, STATE, TIME, Column
from imiconnect.console.lists import Button, Empty, ListPage
from imiconnect.sharing.forms import ServiceFilter
from imiconnect.sharing.models import NumberAllocation, Service
from imiconnect.sharing.views.base import page_of


class ServiceList(MemberRequiredMixin, ListPage):
    """The services of the person's level and below, newest first."""

    section = "services"
    title = _("Services")
    export_name = "services"
    filter_form = ServiceFilter
    columns = (
        Column("name", _("Name"), href=page_of),
        Column("description", _("Description")),
        Column("app_count", _("Apps"), kind=FIGURE),
        Column("number_count", _("Numbers"), kind=FIGURE),
        Column("owner", _("Belongs to"), lambda service: str(service.level)),
        Column("state", _("State"), kind=STATE),
        Column("created_at", _("Created"), kind=TIME),
    )

    def get_queryset(self) -> QuerySet[Any]:
        """Return the services with how many apps and numbers they use."""
        visible: QuerySet[Any] = Service.objects.visible_to(acting(self.request))
        related = visible.select_related("organization", "group", "team")
        numbers = (
            NumberAllocation.objects.filter(service=OuterRef("pk"))
            .order_by()
            .values("service")
            .annotate(used=Count("number", distinct=True))
        )
        rows: QuerySet[Any] = related.annotate(
            app_count=Count("allocations"),
            number_count=Coalesce(Subquery(numbers.values("used")), 0),
        )
        return rows

    def filtered(self, queryset: QuerySet[Any], values: dict[str, Any]) -> QuerySet[Any]:
        """Narrow by name and state."""
        if values.get("name"):
            queryset = queryset.filter(name__icontains=values["name"].strip())
        if values.get("state"):
            queryset = queryset.filter(state=values["state"])
        return queryset

    def primary(self) -> Button | None:
        """Offer a new service to those who may make one."""
        if not acting(self.request).can(Act.MANAGE_SERVICES):
            return None
        return Button(_("New service"), reverse("services:new"), "plus")

    def manage_url(self, row: Any) -> str:
        """Return the page of the service."""
        return page_of(row)

    @property
    def empty(self) -> Empty:  # type: ignore[override]  # the button depends on the role
        """Say what a service is for."""
        button = self.primary()
        text = _("A service collects channels and owns the key with which messages are sent.")
        if button is None:
            text = _("An Admin or Developer makes them.")
        return Empty(_("No services yet"), text, button, "stack-2")

"""What apps ask of services: who uses an app, and who gets its incoming messages."""

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.apps.ports import Blocker, Use
from imiconnect.sharing.allocations import choose_inbound_service
from imiconnect.sharing.models import Allocation, Service


def uses_of(app: App, member: Member) -> list[Use]:
    """Return the services that use an app, as far as the person may see them, oldest first."""
    visible = Service.objects.visible_to(member).values("pk")
    rows = Allocation.objects.filter(app=app, service__in=visible).select_related("service")
    return [
        Use(
            id=str(row.pk),
            name=row.service.name,
            url=reverse("services:manage", args=[row.service_id]),
            state=row.service.state,
            gets_incoming=row.is_inbound,
        )
        for row in rows.order_by("id")
    ]


def choose_incoming(app: App, use_id: str) -> None:
    """Let the service of an allocation get the app's incoming messages."""
    allocation = Allocation.objects.filter(app=app, pk=use_id).select_related("service").first()
    if allocation is None:
        raise ValidationError({"use": [_("The service does not use this app any more.")]})
    choose_inbound_service(app=app, allocation=allocation)


def allocations_of(app: App) -> Iterator[Blocker]:
    """Yield each service that uses an app as a reason against deleting it."""
    for row in Allocation.objects.filter(app=app).select_related("service").order_by("id"):
        url = reverse("services:channels", args=[row.service_id])
        yield Blocker(_("The service %s uses it.") % row.service.name, url)

"""What apps and numbers ask of services: who uses them, and who gets what comes in."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.apps.ports import Blocker, Use
from imiconnect.console.addresses import address_of
from imiconnect.numbers.models import Number
from imiconnect.numbers.ports import Use as NumberUse
from imiconnect.sharing.allocations import choose_inbound_service
from imiconnect.sharing.models import Allocation, NumberAllocation, Rule, Service

#: The labels; ``get_channel_display`` collects all of them for each row of a long list.
_CHANNELS = dict(NumberAllocation.Channel.choices)


def uses_of(app: App, member: Member) -> list[Use]:
    """Return the services that use an app, as far as the person may see them, oldest first."""
    visible = Service.objects.visible_to(member).values("pk")
    found = Allocation.objects.filter(app=app, service__in=visible).select_related("service")
    rows = list(found.order_by("id"))
    heard = Allocation.objects.hearing().filter(app=app).values_list("pk", flat=True)
    hearing = set(heard if rows else ())
    return [
        Use(
            id=str(row.pk),
            name=row.service.name,
            url=address_of("services:manage", row.service_id),
            state=row.service.state,
            gets_incoming=row.pk in hearing,
        )
        for row in rows
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


def rules_of(app: App) -> Iterator[Blocker]:
    """Yield each rule that names an app as a reason against deleting it."""
    named = Rule.objects.filter(Q(app=app) | Q(send_app=app)).select_related("service")
    for rule in named.order_by("id"):
        url = reverse("services:rule", args=[rule.service_id, rule.pk])
        words = {"rule": rule.name, "service": rule.service.name}
        yield Blocker(_("The rule %(rule)s of %(service)s names it.") % words, url)


def uses_of_numbers(
    numbers: Sequence[Number], member: Member | None
) -> dict[uuid.UUID, list[NumberUse]]:
    """Return the services that use each number, as far as the person may see them.

    One query for any count of numbers; without a person, as for support, all of them.
    """
    rows = NumberAllocation.objects.filter(number__in=[number.pk for number in numbers])
    if member:
        rows = rows.filter(service__in=Service.objects.visible_to(member).values("pk"))
    found: dict[uuid.UUID, dict[tuple[uuid.UUID, str], NumberUse]] = defaultdict(dict)
    wanted = rows.values_list(
        "number", "channel", "is_inbound", "service", "service__name", "service__state"
    )
    made: dict[tuple[Any, ...], NumberUse] = {}
    for number, *of_use in wanted.order_by("id"):
        told = tuple(of_use)
        use = made.get(told) or made.setdefault(told, _use_of_number(*of_use))
        channel, _is_inbound, service = told[:3]
        known = found[number].get((service, channel))
        if known is None or use.gets_incoming:
            found[number][(service, channel)] = use
    return {number: list(uses.values()) for number, uses in found.items()}


def _use_of_number(
    channel: str, is_inbound: bool, service: uuid.UUID, name: str, state: str
) -> NumberUse:
    url = address_of(f"services:{channel}", service)
    return NumberUse(f"{name} ({_CHANNELS[channel]})", url, state, is_inbound)

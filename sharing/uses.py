"""What apps and numbers ask of services: who uses them, and who gets what comes in."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Q, Subquery
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
#: Written out, since half of the time went into fifty ids as fifty parameters.
_USES_OF_NUMBERS = """
SELECT used.number_id, service.id, used.channel, used.is_inbound, service.name, service.state,
       service.organization_id, service.group_id, service.team_id
FROM sharing_numberallocation used JOIN sharing_service service ON service.id = used.service_id
WHERE used.number_id = ANY (%s) ORDER BY used.id
"""


class _Owner(NamedTuple):
    organization_id: uuid.UUID
    group_id: uuid.UUID | None
    team_id: uuid.UUID | None


def uses_of(app: App, member: Member) -> list[Use]:
    """Return the services that use an app, as far as the person may see them, oldest first."""
    visible = Service.objects.visible_to(member).values("pk")
    first = Allocation.objects.usable().filter(app=app).by_turn().values("pk")[:1]
    found = Allocation.objects.filter(app=app, service__in=visible).select_related("service")
    rows = found.annotate(hears=Q(pk=Subquery(first))).order_by("id")
    return [
        Use(
            id=str(row.pk),
            name=row.service.name,
            url=address_of("services:manage", row.service_id),
            state=row.service.state,
            gets_incoming=bool(row.hears),
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
    with connection.cursor() as cursor:
        cursor.execute(_USES_OF_NUMBERS, [[number.pk for number in numbers]])
        rows = cursor.fetchall()
    found: dict[uuid.UUID, dict[tuple[uuid.UUID, str], NumberUse]] = defaultdict(dict)
    # Most numbers of a page are used by the same few services.
    made: dict[tuple[Any, ...], NumberUse | None] = {}
    for number, *rest in rows:
        told = tuple(rest)
        if told not in made:
            made[told] = _use_of_number(member, *rest)
        use, key = made[told], told[:2]
        if use and (use.gets_incoming or key not in found[number]):
            found[number][key] = use
    return {number: list(uses.values()) for number, uses in found.items() if uses}


def _use_of_number(
    member: Member | None,
    service: uuid.UUID,
    channel: str,
    is_inbound: bool,
    name: str,
    state: str,
    *owner: Any,
) -> NumberUse | None:
    """Return a use; None where the person does not see the service."""
    if member and not member.has_at_or_below(_Owner(*owner)):
        return None
    url = address_of(f"services:{channel}", service)
    return NumberUse(f"{name} ({_CHANNELS[channel]})", url, state, is_inbound)

"""Which app a service uses on each channel, and which service gets an app's messages."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member, Team, User
from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App
from imiconnect.audit.services import record
from imiconnect.locks import locked
from imiconnect.sharing.changes import tell
from imiconnect.sharing.models import Allocation, Service

#: What each constraint of the database says; the first one found in its error is meant.
_TAKEN = {
    "allocation_one_for_all": _(
        "The service has an app on this channel already. Remove that one first."
    ),
    "allocation_one_per_team": _(
        "The team has an app on this channel in this service already."
    ),
    "allocation_one_per_user": _(
        "The person has an app on this channel in this service already."
    ),
}


@transaction.atomic
def allocate(
    *, service: Service, app: App, team: Team | None = None, user: User | None = None
) -> Allocation:
    """Let a service use an app on the app's channel: for all, or one team or person.

    The first service that uses an app gets its incoming messages until another is chosen.
    Raises ``ValidationError`` on ``app`` when the service's level may not use it or the
    channel is taken; two at the same time end the same way.
    """
    service = locked(service)
    app = locked(app)
    if not App.objects.usable_by(service.level).filter(pk=app.pk).exists():
        sentence = _("The app belongs to another level and is not shared with this one.")
        raise ValidationError({"app": [sentence]})
    check_holder(service, team, user)
    channel = registry.get(app.channel_type).channel
    first = not Allocation.objects.filter(app=app, is_inbound=True).exists()
    try:
        with transaction.atomic():
            allocation = Allocation.objects.create(
                service=service,
                app=app,
                channel=channel,
                team=team,
                user=user,
                is_inbound=first,
            )
    except IntegrityError as error:
        raise _taken(error) from None
    after = {"app": app.app_id, "channel": channel, "holder": str(team or user or "")}
    record("service.app_allocated", service, after=after)
    tell(service)
    return allocation


@transaction.atomic
def deallocate(*, allocation: Allocation) -> None:
    """Take an app away from a service.

    Incoming messages then go to the service that has used the app longest. A live service
    that is left without any app cannot send; the caller's page says so.
    """
    app = locked(allocation.app)
    current = Allocation.objects.select_related("service").filter(pk=allocation.pk).first()
    if current is None:
        return
    service = current.service
    current.delete()
    if current.is_inbound:
        heir = Allocation.objects.filter(app=app).order_by("id").first()
        if heir:
            Allocation.objects.filter(pk=heir.pk).update(is_inbound=True)
    record("service.app_deallocated", service, before={"app": app.app_id})
    tell(service)


@transaction.atomic
def choose_inbound_service(*, app: App, allocation: Allocation) -> None:
    """Let the service of ``allocation`` get the app's messages that no thread belongs to."""
    app = locked(app)
    if not Allocation.objects.filter(pk=allocation.pk, app=app).exists():
        sentence = _("The service does not use this app any more. Choose another one.")
        raise ValidationError({"allocation": [sentence]})
    if Allocation.objects.filter(pk=allocation.pk, is_inbound=True).exists():
        return
    Allocation.objects.filter(app=app, is_inbound=True).update(is_inbound=False)
    Allocation.objects.filter(pk=allocation.pk).update(is_inbound=True)
    record("app.inbound_service_chosen", app, after={"service": str(allocation.service)})
    tell(allocation.service)


def stops_sending(allocation: Allocation) -> bool:
    """Tell whether taking this app away leaves a live service with nothing to send through."""
    service = allocation.service
    others = service.allocations.usable().exclude(pk=allocation.pk)
    alone = not others.exists() and not service.number_allocations.exists()
    return bool(service.state == Service.State.LIVE and alone)


def check_holder(service: Service, team: Team | None, user: User | None) -> None:
    """Refuse a holder of another organization, and two holders at once."""
    if team and user:
        raise ValidationError({"user": [_("Choose a team or a person, not both.")]})
    teams, people = holders_of(service)
    if team and not teams.filter(pk=team.pk).exists():
        raise ValidationError({"team": [_("The team does not see this service.")]})
    if user and not people.filter(user=user).exists():
        raise ValidationError({"user": [_("The person does not see this service.")]})


def holders_of(service: Service) -> tuple[Any, Any]:
    """Return the teams and the seats to which a service can allocate.

    Teams at its level or below, and people there, above or below: a service of a team
    allocates to that team, not to its sister.
    """
    teams = Team.objects.filter(group__organization=service.organization_id)
    people = Member.objects.active().filter(organization=service.organization_id)
    if service.team_id:
        above = Q(group__isnull=True) | Q(group=service.group_id, team__isnull=True)
        return teams.filter(pk=service.team_id), people.filter(above | Q(team=service.team_id))
    if service.group_id:
        above = Q(group__isnull=True)
        return teams.filter(group=service.group_id), people.filter(
            above | Q(group=service.group_id)
        )
    return teams, people


def _taken(error: IntegrityError) -> ValidationError:
    text = str(error)
    for constraint, sentence in _TAKEN.items():
        if constraint in text:
            return ValidationError({"app": [sentence]}, code="taken")
    raise error

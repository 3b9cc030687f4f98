"""What the gateway answers to the packages below it: health, traffic, reasons, policies."""

import datetime as dt
import logging
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from imiconnect.apps import ports as of_apps
from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App
from imiconnect.apps.ports import Blocker, Health
from imiconnect.celery import app as celery
from imiconnect.identity import first_uuid7_at
from imiconnect.rtm.media.usage import storage_of
from imiconnect.rtm.models import Callback, Device, Message, OpenMessage
from imiconnect.rtm.onboarding.obstacles import obstacle_of, pin_obstacle_of
from imiconnect.rtm.push.addresses import change_audience, counted
from imiconnect.rtm.rules.planning import variables_of
from imiconnect.rtm.wordings.offers import offers_of
from imiconnect.sharing import ports as of_services
from imiconnect.sharing.models import RuleRun, Service
from imiconnect.sharing.ports import Traffic

log = logging.getLogger(__name__)
MONTH = dt.timedelta(days=30)
PUBLISH_POLICY = "rtm.publish_policy"


def bind() -> None:
    """Bind the ports of apps and services; once, in ``ready``."""
    of_apps.answers.health = health_of
    of_apps.answers.storage = storage_of
    of_apps.answers.push_devices = counted
    of_apps.answers.push_audience_changed = change_audience
    of_apps.answers.try_policy = dry_run_url
    of_apps.answers.onboarding_obstacle = obstacle_of
    of_apps.answers.pin_obstacle = pin_obstacle_of
    of_apps.answers.blockers.append(reasons_to_keep_app)
    of_apps.answers.changed.append(announce_policy)
    of_services.answers.blockers.append(reasons_to_keep_service)
    of_services.answers.traffic = traffic_of
    of_services.answers.rule_variables = lambda event: variables_of([event])[event.id]
    of_services.answers.run_url = run_url
    of_services.answers.message_templates = offers_of
    of_services.answers.tabs.append(("rtm:service-stream", _("Stream")))


def run_url(run: RuleRun) -> str:
    """Return the page of what a rule sent: its messages, or the callback."""
    if run.transid:
        return f"{reverse('rtm:messages')}?q={run.transid}"
    if run.state == RuleRun.State.DONE:
        return reverse("rtm:callback", args=[run.pk])
    return ""


def dry_run_url(app: App) -> str:
    """Return where a policy of an app is tried on a past day."""
    return reverse("rtm:dry-run", args=[app.pk])


def _recent(**values: Any) -> Any:
    """Return the messages of the last 30 days; the time is in their ids."""
    since = first_uuid7_at(timezone.now() - MONTH)
    return Message.objects.filter(pk__gte=since, **values)


def health_of(app: App) -> Health:
    """Return how many devices an app has and when it last sent and received."""
    devices = Device.objects.filter(app=app, unregistered_at__isnull=True).aggregate(
        registered=Count("pk"), connected=Count("pk", filter=Q(is_connected=True))
    )
    last = _last(app)
    return Health(
        connected_devices=devices["connected"],
        registered_devices=devices["registered"],
        last_sent_at=last.get(Message.Direction.MT),
        last_received_at=last.get(Message.Direction.MO),
    )


def _last(app: App) -> dict[int, dt.datetime]:
    """Return when the newest message of an app was made, by direction.

    The log has no index by app: the newest of its organization are looked through.
    """
    newest = _recent(organization=app.organization_id).order_by("-pk")[:10_000]
    found = Message.objects.filter(pk__in=newest.values("pk"), app=app)
    last = found.order_by().values("direction").annotate(at=Max("created_at"))
    return dict(last.values_list("direction", "at"))


def reasons_to_keep_app(app: App) -> Iterator[Blocker]:
    """Yield what of the gateway still uses an app."""
    if _recent(organization=app.organization_id, app=app).exists():
        url = reverse("rtm:messages") + f"?app={app.pk}"
        yield Blocker(_("It had messages in the last 30 days."), url)
    devices = Device.objects.filter(app=app, unregistered_at__isnull=True).count()
    if devices:
        sentence = _("%(count)s devices are registered with it.") % {"count": devices}
        yield Blocker(sentence, reverse("rtm:customers"))


def reasons_to_keep_service(service: Service) -> Iterator[Blocker]:
    """Yield what of the gateway is still under way for a service."""
    if _recent(service=service, pk__in=OpenMessage.objects.values("pk")).exists():
        url = reverse("rtm:messages") + f"?service={service.pk}"
        yield Blocker(_("Some of its messages are still under way."), url)
    if Callback.objects.filter(service=service, state=Callback.State.PENDING).exists():
        url = reverse("rtm:callbacks") + f"?service={service.pk}&state=pending"
        yield Blocker(_("Some of its callbacks are still under way."), url)


def traffic_of(service: Service) -> Traffic:
    """Return what a service has done in the last 30 days."""
    since = first_uuid7_at(timezone.now() - MONTH)
    callbacks = Callback.objects.filter(service=service, pk__gte=since).count()
    return Traffic(messages=_recent(service=service).count(), callbacks=callbacks)


def announce_policy(app: App) -> None:
    """Let a worker tell live devices to read the policy again; never raises for a broker.

    A lost announcement costs little: a device reads the policy at every start.
    """
    systems = registry.get(app.channel_type).systems(app.config)
    if not systems:
        return
    try:
        arguments = [app.app_id, [*systems, app.config.get("platform", "")]]
        celery.send_task(PUBLISH_POLICY, arguments, queue="default", retry=False)
    except (OperationalError, RedisError, OSError):
        log.warning("Devices of %s were not told of the new policy.", app.app_id)

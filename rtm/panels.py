"""What the gateway shows on the dashboard."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Func, Q, QuerySet, UUIDField
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from imiconnect.accounts.access import acting
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import Capability
from imiconnect.apps.models import App, AppHealth
from imiconnect.console import panels
from imiconnect.console.panels import Attention, Context, FirstStep, Panel
from imiconnect.console.words import Words
from imiconnect.rtm.figures import counts_of_today, midnight, per_minute
from imiconnect.rtm.models import (
    Callback,
    Channel,
    Device,
    Message,
    MessageBatch,
    OpenMessage,
)
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing.models import Service

#: Queued messages that are due for longer than this are stuck.
STUCK_AFTER = dt.timedelta(minutes=2)
_APPS_SHOWN = 8


@dataclass(frozen=True)
class Figure:
    """One number that leads to the log."""

    label: Words
    state: str
    count: int
    url: str


def messages_today(request: HttpRequest) -> Context:
    """Return the figures of today, by state, and by channel where there are several."""
    now = timezone.now()
    today = counts_of_today(acting(request), now)
    counts = today.counts
    since = f"{midnight(now):%Y-%m-%dT%H:%M}"
    by_state = [_figure(State(state), label, counts, since) for state, label in Message.STATES]
    by_channel = [
        (label, sum(n for (name, _state), n in counts.items() if name == channel),
         _log_url(channel=channel, since=since))
        for channel, label in Channel.choices
    ]  # fmt: skip
    return {
        "figures": by_state,
        "channels": [row for row in by_channel if row[1]],
        "total": sum(counts.values()),
        "as_of": today.as_of,
        "is_exact": today.as_of == now,
        "log_url": _log_url(since=since),
    }


def minutes(request: HttpRequest) -> Context:
    """Return the live chart."""
    labels = {
        Message.Direction.MT: _("To customers"),
        Message.Direction.MO: _("From customers"),
    }
    chart = per_minute(
        acting(request),
        timezone.now(),
        _("Messages per minute"),
        {int(direction): label for direction, label in labels.items()},
        reverse("rtm:per-minute"),
    )
    return {"chart": chart}


def apps_health(request: HttpRequest) -> Context | None:
    """Return the newest apps with their devices or health, or None where there is no app."""
    apps = App.objects.visible_to(acting(request)).select_related("checkup")
    apps = apps.order_by("-id")[:_APPS_SHOWN]
    rows = list(
        apps.annotate(
            registered=Count("devices", filter=Q(devices__unregistered_at=None), distinct=True),
            connected=Count("devices", filter=Q(devices__is_connected=True), distinct=True),
        )
    )
    return {"apps": [(app, *_health(app)) for app in rows]} if rows else None


def attention(request: HttpRequest) -> Iterator[Attention]:
    """Find failing callbacks, suspended services and stuck queues."""
    member = acting(request)
    now = timezone.now()
    failing = Callback.objects.visible_to(member).filter(
        state=Callback.State.FAILED, created_at__gte=now - dt.timedelta(hours=24)
    )
    if count := failing[:1000].count():
        words = ngettext(
            "{n} callback could not be delivered in the last 24 hours",
            "{n} callbacks could not be delivered in the last 24 hours",
            count,
        )
        yield Attention(words.format(n=count), reverse("rtm:callbacks"), "failed")
    for service in Service.objects.visible_to(member).filter(state=Service.State.SUSPENDED)[:5]:
        words = str(_("The service “{name}” is suspended and sends nothing")).format(
            name=service
        )
        yield Attention(words, reverse("services:manage", args=[service.pk]), "suspended")
    apps = App.objects.visible_to(member).values("pk")
    open_ones = OpenMessage.objects.filter(app_id__in=apps)
    if count := _due_before(now - STUCK_AFTER, open_ones)[:1000].count():
        words = ngettext(
            "{n} message waits to be sent for over two minutes",
            "{n} messages wait to be sent for over two minutes",
            count,
        )
        yield Attention(words.format(n=count), _log_url(state=int(State.QUEUED)), "broken")


def _due_before(moment: dt.datetime, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return those that should have been sent by a moment, alone or with their batch.

    Each has its index; in one condition PostgreSQL would read everything that is open.
    """
    ids = Func("messages", function="unnest", output_field=UUIDField())
    batches = MessageBatch.objects.filter(due_at__lt=moment).annotate(message=ids)
    alone = rows.filter(due_at__lt=moment).values("pk")
    together = rows.filter(pk__in=batches.values("message")).values("pk")
    return alone.union(together)


def register() -> None:
    """Put the gateway's cards, finders and first steps on the dashboard."""
    template = "rtm/panels/{}.html".format
    panels.register_panel(
        Panel("messages-today", _("Messages today"), template("today"), messages_today, 10, 12)
    )
    panels.register_panel(
        Panel("per-minute", _("Messages per minute"), template("minutes"), minutes, 20, 8)
    )
    panels.register_panel(Panel("apps", _("Apps"), template("apps"), apps_health, 30, 4))
    panels.register_attention(attention)
    for step in _STEPS:
        panels.register_first_step(step)


def _has_device(request: HttpRequest) -> bool:
    return bool(Device.objects.visible_to(acting(request)).exists())


def _has_message(request: HttpRequest) -> bool:
    return bool(Message.objects.visible_to(acting(request)).exists())


def _has_receipt(request: HttpRequest) -> bool:
    newest = Message.objects.visible_to(acting(request)).order_by("-id")
    states = list(newest.values_list("state", flat=True)[:1000])
    return bool({State.DELIVERED, State.READ} & set(states))


_STEPS = (
    FirstStep(
        "device",
        _("Connect a device"),
        _("Try it: a device in your browser."),
        "rtm:device",
        _has_device,
        30,
    ),
    FirstStep(
        "message",
        _("Send a message"),
        _("From the console, to the device you have connected."),
        "rtm:send",
        _has_message,
        40,
    ),
    FirstStep(
        "receipt",
        _("See the receipts come back"),
        _("Delivered and Read appear in the log by themselves."),
        "rtm:messages",
        _has_receipt,
        50,
    ),
)


def _figure(
    state: State, label: Words, counts: dict[tuple[str, int], int], since: str
) -> Figure:
    count = sum(n for (_channel, number), n in counts.items() if number == state)
    return Figure(label, state.name.lower(), count, _log_url(state=int(state), since=since))


def _health(app: App) -> tuple[str, str]:
    if app.state == App.State.OFF:
        return "off", str(_("Turned off"))
    kind = registry.by_slug().get(app.channel_type)
    checkup = getattr(app, "checkup", None)
    if checkup and checkup.state == AppHealth.State.BROKEN:
        return "broken", checkup.problem
    if kind and not kind.can(Capability.DEVICES):
        return checkup.state if checkup else "active", str(kind.name)
    if not app.registered:  # type: ignore[attr-defined]  # annotated
        return "active", str(_("No device registered yet"))
    words = str(_("{connected} of {registered} devices connected"))
    return "active", words.format(connected=app.connected, registered=app.registered)  # type: ignore[attr-defined]  # annotated


def _log_url(**filters: object) -> str:
    return f"{reverse('rtm:messages')}?{urlencode(filters)}"

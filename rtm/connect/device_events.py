"""Events that devices report: kept as the app's policy says, the newest also on the device.

Names of events and their data are those of facts/imiconnect.md, section 19. The name of the
battery event is not documented; what a device calls anything that begins with "battery" is
taken for it. Every other name is an event of the app itself.
"""

import contextlib
import logging
import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DataError, transaction
from django.utils import timezone

from imiconnect.apps.attributes import kept, merged
from imiconnect.apps.policy import policy_of
from imiconnect.rtm.connect.registration import (
    Profile,
    event_of,
    news_of_event,
    update_profile,
)
from imiconnect.rtm.models import Device, DeviceEvent
from imiconnect.rtm.push.addresses import BadAddress
from imiconnect.rtm.rules.sources import note_devices

log = logging.getLogger(__name__)

Kind = DeviceEvent.Kind
_KINDS = {
    "location": Kind.LOCATION,
    "network": Kind.NETWORK,
    "timezone": Kind.TIMEZONE,
    "roaming": Kind.ROAMING,
    "battery": Kind.BATTERY,
}
#: Under which the battery's charge is known, in percent, whatever the device calls it.
BATTERY = "battery"
_BATTERY_NAMES = ("battery", "batterylevel", "level")
MAX_NAME = 100
#: The documented ``event`` of an update that tells of no event.
_NO_EVENT = ("", "profileupdate", "register")


def kind_of(event: str) -> Kind:
    """Return the kind of an event by its name, such as ``LOCATIONCHANGE``."""
    small = event.lower().replace("_", "").replace(" ", "")
    return next((kind for word, kind in _KINDS.items() if small.startswith(word)), Kind.CUSTOM)


#: An app, a user ID and a device ID.
Place = tuple[uuid.UUID, str, str]


@dataclass(frozen=True)
class Report:
    """What a device says of itself, by REST or by MQTT; without ``event`` it is attributes."""

    app: uuid.UUID
    user_id: str
    device_id: str
    event: str
    data: dict[str, Any]

    @property
    def place(self) -> Place:
        """Which device says it."""
        return self.app, self.user_id, self.device_id


def is_event(name: str) -> bool:
    """Tell whether an update has an event, rather than attributes alone."""
    return name.lower() not in _NO_EVENT


def report_event(*, device: Device, event: str, data: dict[str, Any]) -> DeviceEvent | None:
    """Write an event of a device; None when the app's policy keeps no such events.

    The attributes that it tells of become the device's newest, except those of an event of
    the app itself, which are no attributes.
    """
    report = Report(device.app_id, device.user_id, device.device_id, event, data)
    return next(iter(report_events([report])), None)


@transaction.atomic
def report_events(reports: Sequence[Report]) -> list[DeviceEvent]:
    """Write events of devices, in their order; return those that the policies keep.

    A few statements whatever their number. What unknown devices say is left out.
    """
    if not reports:
        return []
    devices = _locked({report.place for report in reports})
    written: list[tuple[DeviceEvent, Device, dict[str, Any]]] = []
    for report in reports:
        if device := devices.get(report.place):
            before = device.attributes
            if event := _applied(device, report):
                written.append((event, device, before))
    changed = sorted(devices.values(), key=lambda device: device.pk)
    Device.objects.bulk_update(changed, ["last_seen_at", "attributes"])
    DeviceEvent.objects.bulk_create(event for event, _device, _before in written)
    note_devices(news_of_event(*item) for item in written)
    return [event for event, _device, _before in written]


def report_all(reports: Sequence[Report]) -> None:
    """Write what devices said on their uplink; what PostgreSQL cannot keep is left out.

    That of one device must not hold up what all others said, which is in the same batch.
    """
    if not reports:
        return
    try:
        _report(reports)
    except DataError:
        for report in reports:
            try:
                _report([report])
            except DataError as error:
                log.warning("A report of %s: %s", "/".join(map(str, report.place)), error)


@transaction.atomic
def _report(reports: Sequence[Report]) -> None:
    """Write events together, and attributes one by one."""
    report_events([report for report in reports if is_event(report.event)])
    for report in reports:
        device = None if is_event(report.event) else _locked({report.place}).get(report.place)
        if device is None:
            continue
        told = dict(report.data)
        push_id = told.pop("pushId", "")
        profile = Profile(
            push_id=push_id if isinstance(push_id, str) else "", attributes=told or None
        )
        # A token that no push service has is nothing to stop the others for.
        with contextlib.suppress(BadAddress), transaction.atomic():
            update_profile(device=device, profile=profile)


def _locked(
    places: set[tuple[uuid.UUID, str, str]],
) -> dict[tuple[uuid.UUID, str, str], Device]:
    apps, users, names = (list(column) for column in zip(*places, strict=True))
    rows = (
        Device.objects.filter(
            app__in=apps, user_id__in=users, device_id__in=names, unregistered_at__isnull=True
        )
        .select_related("app")
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    found = {(row.app_id, row.user_id, row.device_id): row for row in rows}
    return {place: row for place, row in found.items() if place in places}


def _applied(device: Device, report: Report) -> DeviceEvent | None:
    """Merge what a report tells into a device; return the event, if the policy keeps it."""
    kind = kind_of(report.event)
    enabled = policy_of(device.app).device_attributes
    device.last_seen_at = timezone.now()
    if kind.value not in enabled:
        return None
    known = kept(report.data, enabled)
    if kind == Kind.BATTERY:
        known |= _charge(report.data)
    if kind != Kind.CUSTOM:
        newest = {name: value for name, value in known.items() if not name.startswith("old")}
        device.attributes = merged(device.attributes, newest)
    return event_of(device, kind, report.event[:MAX_NAME], known)


def _charge(data: dict[str, Any]) -> dict[str, Any]:
    """Return the charge in percent as a number, if the data tells one."""
    told = {name.lower(): value for name, value in data.items()}
    found = next((told[name] for name in _BATTERY_NAMES if name in told), None)
    with contextlib.suppress(ValueError):
        charge = float(str(found).rstrip("% "))
        return {BATTERY: charge} if math.isfinite(charge) else {}
    return {}

"""Events that devices report: kept as the app's policy says, the newest also on the device.

Names of events and their data are those of facts/imiconnect.md, section 19. The name of the
battery event is not documented; what a device calls anything that begins with "battery" is
taken for it. Every other name is an event of the app itself.
"""

import contextlib
from typing import Any

from django.db import transaction
from django.utils import timezone

from imiconnect.apps.attributes import kept
from imiconnect.apps.policy import policy_of
from imiconnect.rtm.connect.registration import log_event
from imiconnect.rtm.models import Device, DeviceEvent

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


def kind_of(event: str) -> Kind:
    """Return the kind of an event by its name, such as ``LOCATIONCHANGE``."""
    small = event.lower().replace("_", "").replace(" ", "")
    return next((kind for word, kind in _KINDS.items() if small.startswith(word)), Kind.CUSTOM)


@transaction.atomic
def report_event(*, device: Device, event: str, data: dict[str, Any]) -> DeviceEvent | None:
    """Write an event of a device; None when the app's policy keeps no such events.

    The attributes that it tells of become the device's newest, except those of an event of
    the app itself, which are no attributes.
    """
    kind = kind_of(event)
    enabled = policy_of(device.app).device_attributes
    device = Device.objects.select_for_update(of=("self",)).get(pk=device.pk)
    device.last_seen_at = timezone.now()
    if kind.value not in enabled:
        device.save(update_fields=["last_seen_at"])
        return None
    known, before = kept(data, enabled), device.attributes
    if kind == Kind.BATTERY:
        known |= _charge(data)
    if kind != Kind.CUSTOM:
        newest = {name: value for name, value in known.items() if not name.startswith("old")}
        device.attributes = {**device.attributes, **newest}
    device.save(update_fields=["last_seen_at", "attributes"])
    return log_event(device, kind, event[:MAX_NAME], known, before)


def _charge(data: dict[str, Any]) -> dict[str, Any]:
    """Return the charge in percent as a number, if the data tells one."""
    told = {name.lower(): value for name, value in data.items()}
    found = next((told[name] for name in _BATTERY_NAMES if name in told), None)
    with contextlib.suppress(ValueError):
        return {BATTERY: float(str(found).rstrip("% "))}
    return {}

"""What a device may tell of itself, and what of it an app keeps (facts/imiconnect.md, 19).

Names that are not listed are the app's own and are always kept: whoever writes the app chose
to send them.
"""

from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words

#: How much is known of one device, in names and in bytes of JSON: it invents names as it likes.
MAX_NAMES, MAX_BYTES = 100, 32 * 1024
#: What identifies a device or a subscriber for life: kept by nobody who did not ask for it.
PERSONAL = ("imei", "imsi", "serialnumber")
#: Attribute by what a person reads. One word may stand for several names, see ``_GROUPS``.
DEVICE_ATTRIBUTES: dict[str, Words] = {
    "os": _("Operating system and version"),
    "model": _("Make and model"),
    "useragent": _("Browser"),
    "language": _("Language"),
    "resolution": _("Screen resolution"),
    "timezone": _("Time zone"),
    "network": _("Network operator"),
    "roaming": _("Roaming"),
    "battery": _("Battery"),
    "location": _("Location"),
    "memory": _("Memory"),
    "radio": _("NFC and Bluetooth"),
    "custom": _("Events of your own"),
    "imei": _("Hardware number (IMEI)"),
    "imsi": _("Subscriber number (IMSI)"),
    "serialnumber": _("Serial number"),
}
#: All but what names a person's device for life, and where that person is.
DEFAULT = tuple(name for name in DEVICE_ATTRIBUTES if name not in (*PERSONAL, "location"))
#: Documented names, in small letters, by the word of the list that decides over them.
_GROUPS: dict[str, str] = {
    "osversion": "os",
    "make": "model",
    "teleco": "network",
    "mcc": "network",
    "mnc": "network",
    "networktype": "network",
    "oldlocation": "location",
    "batterylevel": "battery",
    "charging": "battery",
    "internalmemory": "memory",
    "externalmemory": "memory",
    "ram": "memory",
    "nfc": "radio",
    "bluetooth": "radio",
}


def attribute_of(name: str) -> str:
    """Return the word of the list that decides over a name; empty for a name of the app's."""
    small = name.lower()
    word = _GROUPS.get(small, small)
    return word if word in DEVICE_ATTRIBUTES else ""


def kept(told: dict[str, Any], enabled: tuple[str, ...]) -> dict[str, Any]:
    """Return the part of what a device told that an app with this policy keeps."""
    return {
        name: value
        for name, value in told.items()
        if not (word := attribute_of(name)) or word in enabled
    }


def merged(known: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of a device once it has told more.

    What would be over its share, ``MAX_NAMES`` names and ``MAX_BYTES`` of JSON, is left out.
    """
    result = dict(known)
    used = _size(known)
    for name, value in told.items():
        before = {name: result[name]} if name in result else {}
        grown = used - _size(before) + _size({name: value})
        is_over = grown > MAX_BYTES and grown > used
        if is_over or not (before or len(result) < MAX_NAMES):
            continue
        result[name], used = value, grown
    return result


def _size(attributes: dict[str, Any]) -> int:
    """Return the bytes of attributes as JSON, without the braces."""
    return len(msgspec.json.encode(attributes)) - 1 if attributes else 0

"""Names on the broker: topics, client ids and how foreign ids become parts of them.

=========================================  ===================================================
``<appId>/<userId>``                       downlink: messages and events for one user
``<appId>/Updates/<os>``                   downlink: "read the policy again"
``up/<shard>/<appId>/<userId>/<deviceId>``  uplink of one device: messages (MO) and receipts
=========================================  ===================================================

The shard lets several uplink listeners share the devices on a broker without shared
subscriptions. Names on the broker are the ids themselves but for a space and ``%``, which are
percent-encoded: a NATS broker refuses a topic with a space (facts/mqtt.md, section 5). A dot
needs nothing in a topic. In a client id NATS refuses dots too, so there they are encoded.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote
from zlib import crc32

#: How many parts the uplink is split into; a listener reads some of them or all.
SHARDS = 16
MAX_NAME = 128
UPLINK = "up"
UPDATES = "Updates"
#: What ``<os>`` may be besides the platform that a device has registered with.
UPDATE_TARGETS = (
    "android", "ios", "web", "chrome", "firefox", "safari", "edge", "opera",
    "windows", "macos", "linux",
)  # fmt: skip

_FORBIDDEN = frozenset("/+#*>")
#: Categories of Unicode that have no place in a name: controls, surrogates, line separators.
_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TOPIC_ESCAPES = {ord("%"): "%25", ord(" "): "%20"}
_CLIENT_ESCAPES = _TOPIC_ESCAPES | {ord("."): "%2E"}
_NATS_ESCAPES = {ord("/"): ".", ord("."): "//"}


class Source(NamedTuple):
    """Whose uplink a topic is."""

    app_id: str
    user_id: str
    device_id: str


def name_problem(name: str) -> str | None:
    """Return what is wrong with a user id or device id, as a part of a sentence, or None.

    ``/ + # * >`` are separators and wildcards of MQTT and NATS, so a name with one of them
    could reach another device's topic.
    """
    if not name:
        return "is empty"
    if len(name) > MAX_NAME:
        return f"is longer than {MAX_NAME} characters"
    if name != name.strip():
        return "begins or ends with a space"
    if _FORBIDDEN.intersection(name):
        return "has one of the characters / + # * >"
    if any(unicodedata.category(character) in _CONTROLS for character in name):
        return "has a control character"
    return None


def shard_of(app_id: str, user_id: str) -> int:
    """Return the shard (0 to ``SHARDS`` - 1) of a user's devices; stable over time."""
    return crc32(f"{app_id}/{user_id}".encode()) % SHARDS


def downlink(app_id: str, user_id: str) -> str:
    """Return the topic on which the broker has a user's messages and events."""
    return f"{app_id}/{_level(user_id)}"


def updates(app_id: str, target: str) -> str:
    """Return the topic that tells devices of one kind of a changed policy."""
    return f"{app_id}/{UPDATES}/{_level(target)}"


def uplink(app_id: str, user_id: str, device_id: str) -> str:
    """Return the topic to which one device publishes."""
    shard = shard_of(app_id, user_id)
    return f"{UPLINK}/{shard}/{app_id}/{_level(user_id)}/{_level(device_id)}"


def uplink_filters(shards: Iterable[int] | None = None) -> list[str]:
    """Return the filters that read the uplink of all shards, or of those named."""
    if shards is None:
        return [f"{UPLINK}/+/+/+/+"]
    return [f"{UPLINK}/{shard}/+/+/+" for shard in shards]


@lru_cache(maxsize=10_000)
def parse_uplink(topic: str) -> Source | None:
    """Return whose uplink ``topic`` is; None when it is none, or has the wrong shard."""
    levels = topic.split("/")
    if len(levels) != 5 or levels[0] != UPLINK:
        return None
    source = Source(levels[2], unquote(levels[3]), unquote(levels[4]))
    return source if uplink(*source) == topic else None


def broker_client_id(app_id: str, user_id: str, device_id: str) -> str:
    """Return the client id that every broker accepts for a device."""
    return f"{app_id}/{_client_part(user_id)}/{_client_part(device_id)}"


def nats_subject(topic: str) -> str:
    """Return the subject that a NATS server uses for a topic of this module.

    Levels become tokens and a dot becomes ``//`` (docs.nats.io, MQTT, "topics").
    """
    return topic.translate(_NATS_ESCAPES)


def _level(name: str) -> str:
    return name.translate(_TOPIC_ESCAPES)


def _client_part(name: str) -> str:
    return name.translate(_CLIENT_ESCAPES)

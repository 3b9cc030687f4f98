"""Who may connect, and on which topics: the one decision, asked for on every path.

A device names itself by its client id ``<appId>/<userId>/<deviceId>``, optionally followed by
``/at_<accessToken>``, and by the user name ``<appId>/<userId>`` (facts/imiconnect.md, 18.2).
It proves itself with its access token, as password or in the client id, or with the app's
client key where the app's policy allows it. ``load.py`` finds the facts; this module is pure.
"""

import datetime as dt
import hmac
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from imiconnect.rtm.protocol import topics
from imiconnect.rtm.protocol.frames import ConnectCode, Will
from imiconnect.rtm.protocol.relay import Names
from imiconnect.vault import digest

TOKEN_PREFIX = "at_"  # noqa: S105 - it marks a token, it is none


class Refusal(Enum):
    """Why a device may not connect, with the MQTT code that it gets."""

    CLIENT_ID = ("client id is not appId/userId/deviceId", ConnectCode.CLIENT_ID_REFUSED)
    USERNAME = ("user name is not appId/userId", ConnectCode.BAD_CREDENTIALS)
    UNKNOWN = ("no such device, or a wrong password", ConnectCode.BAD_CREDENTIALS)
    EXPIRED = ("access token has expired", ConnectCode.NOT_AUTHORIZED)
    UNREGISTERED = ("device is unregistered", ConnectCode.NOT_AUTHORIZED)
    APP_OFF = ("app is off", ConnectCode.NOT_AUTHORIZED)
    ORIGIN = ("the page's origin is not allowed", ConnectCode.NOT_AUTHORIZED)
    WILL = ("the will is for a foreign topic", ConnectCode.NOT_AUTHORIZED)

    def __init__(self, reason: str, code: ConnectCode) -> None:
        """Split the value into what it means."""
        self.reason = reason
        self.code = code


class Name(NamedTuple):
    """One device of one app."""

    app_id: str
    user_id: str
    device_id: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What a client says in CONNECT.

    ``names`` are the readings of its client id, best first: as it stands, and with percent
    signs decoded, as a client writes it for a broker that refuses dots and spaces.
    """

    names: tuple[Name, ...]
    password: str = field(repr=False)
    token: str = field(default="", repr=False)
    origin: str = ""
    will: Will | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stored about a device that a claim names."""

    device: uuid.UUID
    app: uuid.UUID
    name: Name
    platform: str
    token_digest: str | None
    token_expires_at: dt.datetime | None
    #: Also one whose registration another one has ended.
    is_unregistered: bool
    app_is_active: bool
    #: Whether the password is a valid client key of the app, and the app allows that.
    client_key_fits: bool
    origin_is_allowed: bool
    now: dt.datetime
    #: The number of this session; a later one is greater, whichever server gives it.
    epoch: int


@dataclass(frozen=True, slots=True)
class Grant:
    """What a device may do."""

    device: uuid.UUID
    app: uuid.UUID
    name: Name
    epoch: int
    names: Names

    @property
    def broker_client_id(self) -> str:
        """The client id that every broker accepts."""
        return topics.broker_client_id(*self.name)


def read_claim(
    client_id: str, username: str, password: str, *, origin: str = "", will: Will | None = None
) -> Claim | Refusal:
    """Return what a client claims, or why that cannot be anybody."""
    names, token = read_client_id(client_id)
    if not names:
        return Refusal.CLIENT_ID
    named = tuple(name for name in names if username in _usernames(name))
    if not named:
        return Refusal.USERNAME
    return Claim(named, password, token, origin, will)


def read_client_id(client_id: str) -> tuple[list[Name], str]:
    """Return the readings of a client id, best first, and the access token in it."""
    app_id, _, rest = client_id.partition("/")
    levels = rest.split("/")
    token = ""
    if len(levels) == 3 and levels[2].startswith(TOKEN_PREFIX):
        token = levels.pop().removeprefix(TOKEN_PREFIX)
    if len(levels) != 2 or not app_id:
        return [], ""
    names = [Name(app_id, *levels), Name(app_id, unquote(levels[0]), unquote(levels[1]))]
    return [name for name in dict.fromkeys(names) if _is_sound(name)], token


def decide(claim: Claim, known: Iterable[Facts]) -> Grant | Refusal:
    """Return what the client may do, or why it may not connect.

    ``known`` are the devices that ``claim.names`` name. Nothing is told of a device before
    its password is proved, so that ids cannot be found out by trying.
    """
    by_name = {facts.name: facts for facts in known}
    for name in claim.names:
        facts = by_name.get(name)
        if facts is not None and _is_proved(claim, facts):
            return _standing(claim, facts)
    return Refusal.UNKNOWN


def names_of(name: Name, platform: str = "") -> Names:
    """Return the topics of a device, by each name that it may use for them."""
    app_id, user_id, device_id = name
    downlink, uplink = topics.downlink(app_id, user_id), topics.uplink(*name)
    own = {f"{app_id}/{user_id}": downlink, downlink: downlink}
    if platform and platform not in topics.UPDATE_TARGETS and not topics.name_problem(platform):
        own |= _updates(app_id, platform)
    plain = f"{topics.UPLINK}/{topics.shard_of(app_id, user_id)}/{app_id}/{user_id}/{device_id}"
    return Names(own, _updates_of(app_id), {plain: uplink, uplink: uplink})


@lru_cache(maxsize=4096)
def _updates_of(app_id: str) -> dict[str, str]:
    return {
        name: topic
        for target in topics.UPDATE_TARGETS
        for name, topic in _updates(app_id, target).items()
    }


def _updates(app_id: str, target: str) -> dict[str, str]:
    topic = topics.updates(app_id, target)
    return {f"{app_id}/{topics.UPDATES}/{target}": topic, topic: topic}


def _is_sound(name: Name) -> bool:
    return not any(topics.name_problem(part) for part in name)


def _usernames(name: Name) -> set[str]:
    return {f"{name.app_id}/{name.user_id}", topics.downlink(name.app_id, name.user_id)} | {
        topics.broker_client_id(*name).rpartition("/")[0]
    }


def _is_proved(claim: Claim, facts: Facts) -> bool:
    """Tell whether the claim holds a secret of the device; a wrong token counts, too."""
    if claim.token:
        return _is_token(claim.token, facts)
    return _is_token(claim.password, facts) or facts.client_key_fits


def _is_token(secret: str, facts: Facts) -> bool:
    stored = facts.token_digest
    return bool(secret and stored) and hmac.compare_digest(digest(secret), stored or "")


def _standing(claim: Claim, facts: Facts) -> Grant | Refusal:
    with_token = _is_token(claim.token or claim.password, facts)
    expires_at = facts.token_expires_at
    if not facts.app_is_active:
        return Refusal.APP_OFF
    if facts.is_unregistered:
        return Refusal.UNREGISTERED
    if with_token and expires_at is not None and expires_at <= facts.now:
        return Refusal.EXPIRED
    if not facts.origin_is_allowed:
        return Refusal.ORIGIN
    names = names_of(facts.name, facts.platform)
    if claim.will is not None and claim.will.topic not in names.publish:
        return Refusal.WILL
    return Grant(facts.device, facts.app, facts.name, facts.epoch, names)

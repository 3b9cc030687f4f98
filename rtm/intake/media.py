"""The media that messages can take, as ``deliverychannel`` names them; RTM is one of them.

Each package that sends on a medium registers it in ``RtmConfig.ready``; intake and processors
know none by name.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imiconnect.rtm.intake.answers import Refusal, invalid, missing
from imiconnect.rtm.intake.pool import Connection
from imiconnect.rtm.lanes import MT
from imiconnect.rtm.protocol.envelopes import Incoming, incoming

if TYPE_CHECKING:
    from imiconnect.rtm.intake.accept import Accepted

#: The per-channel objects of OTT providers are documented below this one as well.
_OTT_OBJECT = "OTT-Messaging"

#: Gives each accepted order its lines; returns the orders that it refuses after all.
Fill = Callable[[Connection, "dict[int, Accepted]"], Awaitable[dict[int, Refusal]]]


@dataclass(frozen=True)
class Medium:
    """One way to a customer.

    ``channel`` is the value of ``Message.channel``; ``names`` are the words of
    ``deliverychannel`` and of the key in ``channels``, the preferred one first; ``id_types``
    the keys that a destination may have. ``content(value, where)`` returns the payload in
    the per-channel object and ``address(kind, id, where)`` one identifier as it is kept; both
    raise ``Refusal``. ``fill`` makes one line for each message. Without ``needs_app`` an
    order names no app; its messages have none. ``incoming`` writes the notification of an
    incoming message.
    """

    channel: str
    names: tuple[str, ...]
    id_types: tuple[str, ...]
    content: Callable[[Any, str], dict[str, Any]]
    address: Callable[[str, str, str], str]
    fill: Fill
    needs_app: bool = True
    #: Whether messages wait longer than a day only with the app's Server Side Inbox.
    needs_inbox: bool = False
    lane: str = MT
    incoming: Callable[[Incoming], str] = incoming
    #: Whether ``incoming`` reads the profile of who has written.
    needs_profile: bool = False

    def payload(self, channels: dict[str, Any]) -> dict[str, Any]:
        """Return the payload in ``channels``; raises ``Refusal``."""
        found = self.object_in(channels)
        if found is None:
            raise missing(f"channels.{self.names[0]}")
        where, value = found
        return self.content(value, where)

    def object_in(self, channels: dict[str, Any]) -> tuple[str, Any] | None:
        """Return where in ``channels`` the object of this medium is, and the object."""
        nested = channels.get(_OTT_OBJECT)
        for where, found in (("channels", channels), (f"channels.{_OTT_OBJECT}", nested)):
            for name in self.names:
                if isinstance(found, dict) and name in found:
                    return f"{where}.{name}", found[name]
        return None


_by_name: dict[str, Medium] = {}
_by_channel: dict[str, Medium] = {}


def register(medium: Medium) -> None:
    """Accept messages on a medium from now on."""
    _by_channel[medium.channel] = medium
    for name in medium.names:
        _by_name[name] = medium


def named(word: str) -> Medium:
    """Return the medium that ``deliverychannel`` names; raises ``Refusal`` 7004."""
    medium = _by_name.get(word)
    if medium is None:
        known = ", ".join(found.names[0] for found in _by_channel.values())
        raise invalid(f"deliverychannel is not one that messages are sent on; use {known}.")
    return medium


def serving(channel: str) -> Medium | None:
    """Return the medium of a message's channel, None for one that is not installed."""
    return _by_channel.get(channel)

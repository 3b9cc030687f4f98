"""What apps need to know of the packages above them; bound in those packages' ``ready()``."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Q

if TYPE_CHECKING:
    from django.http import HttpRequest

    from imiconnect.accounts.models import Member
    from imiconnect.apps.channel_types.events import Event
    from imiconnect.apps.models import App
    from imiconnect.console.words import Words

#: The condition, on apps, of being shared with a person's level. Bound by ``sharing``.
shared_with: Callable[["Member"], Q] = lambda member: Q(pk__in=[])  # noqa: E731
#: The condition, on apps, that a level (organization, group or team) may use them in its
#: services: its own, and those shared with it. Bound by ``sharing``.
usable_by: Callable[[Any], Q] = lambda level: Q(pk__in=[])  # noqa: E731


class NoRoom(ValueError):
    """A file is not kept because its app keeps as much as its policy allows."""


@dataclass(frozen=True)
class Blocker:
    """Why an app cannot be deleted: a sentence, and where to remove the reason."""

    text: "Words"
    url: str = ""


@dataclass(frozen=True)
class Use:
    """A service that uses an app: its name, address and state."""

    id: str
    name: str
    url: str
    state: str
    gets_incoming: bool = False


@dataclass(frozen=True)
class Health:
    """What the gateway knows of an app; times are aware, None when there was nothing yet."""

    connected_devices: int = 0
    registered_devices: int = 0
    last_sent_at: dt.datetime | None = None
    last_received_at: dt.datetime | None = None


@dataclass(frozen=True)
class Storage:
    """How many bytes of files an app keeps, previews with them, and how many it may."""

    kept: int = 0
    most: int = 0
    #: What all apps of the person's level and below keep.
    together: int = 0
    #: When a file was last refused for want of room.
    refused_at: dt.datetime | None = None

    @property
    def left(self) -> int:
        """How many bytes more the app may keep; none where its policy was lowered since."""
        return max(self.most - self.kept, 0)


@dataclass(frozen=True)
class PushDevices:
    """How many devices of a platform take push, and how many a push service has given up."""

    live: int = 0
    dead: int = 0


@dataclass
class Answers:
    """The functions that packages above have bound."""

    #: Each returns the reasons against deleting an app. Added by ``sharing`` and ``rtm``.
    blockers: list[Callable[["App"], Iterable[Blocker]]] = field(default_factory=list)
    #: Each returns what goes with an app that is deleted, for the record of its end.
    goes_with: list[Callable[["App"], dict[str, Any]]] = field(default_factory=list)
    #: Each is called after the commit of a change that devices must hear of: policy, state
    #: or keys. ``rtm`` publishes "re-read the policy" to ``<appId>/Updates/<os>``.
    changed: list[Callable[["App"], None]] = field(default_factory=list)
    #: Each takes the events that a provider has told of an app, inside the transaction that
    #: marks them as told; the same event may come again. ``rtm`` logs messages and receipts.
    take_events: list[Callable[["App", list["Event"]], None]] = field(default_factory=list)
    #: Keep a file that a customer (an address) has sent, of a type, and return its address;
    #: raises ``ValueError`` for one that is not taken, ``NoRoom`` for want of room. Bound by
    #: ``rtm``.
    keep_file: Callable[["App", str, bytes, str], str] = lambda app, address, data, kind: ""
    #: Return the services that use an app, as far as the person may see them.
    uses: Callable[["App", "Member"], list[Use]] = lambda app, member: []
    #: Let the service behind a ``Use`` get the app's incoming messages.
    choose_incoming: Callable[["App", str], None] = lambda app, use_id: None
    health: Callable[["App"], Health] = lambda app: Health()
    #: Return what an app keeps in files, as a person of some level is told. Bound by ``rtm``.
    storage: Callable[["App", "Member"], Storage] = lambda app, member: Storage()
    #: Return the devices that take push by platform; dead ones of the last days alone.
    push_devices: Callable[["App"], dict[str, PushDevices]] = lambda app: {}
    #: Hear that a platform of an app is pushed to for another audience than before, or for
    #: none: what push services have said of its addresses is of the past. Bound by ``rtm``.
    push_audience_changed: Callable[["App", str], None] = lambda app, platform: None
    #: Return the section of the MANAGE page that says and changes with whom it is shared.
    sharing: Callable[["HttpRequest", "App", "Member"], str] = lambda request, app, member: ""
    #: Return why customers who go on board of an app get no password. Bound by ``rtm``.
    onboarding_obstacle: Callable[["App"], Blocker | None] = lambda app: None
    #: Return why users of an app get no one-time PIN. Bound by ``rtm``.
    pin_obstacle: Callable[["App"], Blocker | None] = lambda app: None
    #: Return the address of a page that tries a policy on a past day; empty without one.
    try_policy: Callable[["App"], str] = lambda app: ""


answers = Answers()

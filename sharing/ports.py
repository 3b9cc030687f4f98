"""What services need to know of the package above them; bound in its ``ready()``."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from imiconnect.apps.ports import Blocker
from imiconnect.console.words import Words

if TYPE_CHECKING:
    from imiconnect.sharing.models import Service


@dataclass(frozen=True)
class Traffic:
    """What a service has done in the last 30 days."""

    messages: int = 0
    callbacks: int = 0


@dataclass
class Answers:
    """The functions that packages above have bound."""

    #: Each returns the reasons against deleting a service.
    blockers: list[Callable[["Service"], Iterable[Blocker]]] = field(default_factory=list)
    #: Each is called after the commit of a change of keys, state or allocations.
    changed: list[Callable[["Service"], None]] = field(default_factory=list)
    #: Tabs of a service's page beyond its own: the name of the address, and the label.
    tabs: list[tuple[str, Words]] = field(default_factory=list)
    traffic: Callable[["Service"], Traffic] = lambda service: Traffic()


answers = Answers()

"""What services need to know of the package above them; bound in its ``ready()``."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from imiconnect.apps.ports import Blocker
from imiconnect.console.words import Words

if TYPE_CHECKING:
    from imiconnect.sharing.models import RuleRun, Service
    from imiconnect.sharing.rules.events import Event


@dataclass(frozen=True)
class Traffic:
    """What a service has done in the last 30 days."""

    messages: int = 0
    callbacks: int = 0


@dataclass(frozen=True)
class TemplateOffer:
    """A message template that a service may send; ``url`` is its page."""

    id: uuid.UUID
    name: str
    channel: str
    parameters: tuple[str, ...]
    url: str


@dataclass
class Answers:
    """The functions that packages above have bound."""

    #: Each returns the reasons against deleting a service.
    blockers: list[Callable[["Service"], Iterable[Blocker]]] = field(default_factory=list)
    #: Each is called after the commit of a change of keys, state or allocations.
    changed: list[Callable[["Service"], None]] = field(default_factory=list)
    #: Tabs of a service's page beyond its own: the name of the address, and the label.
    tabs: list[tuple[str, Words]] = field(default_factory=list)
    #: What an event tells, with the profile of its customer.
    rule_variables: Callable[["Event"], dict[str, Any]] = lambda event: event.variables()
    #: The page on which an action of a rule is followed, empty when there is none.
    run_url: Callable[["RuleRun"], str] = lambda run: ""
    #: The message templates that a service may send, by name; with an id, that one alone.
    message_templates: Callable[["Service", uuid.UUID | None], list[TemplateOffer]] = (
        lambda service, key: []
    )
    traffic: Callable[["Service"], Traffic] = lambda service: Traffic()


answers = Answers()

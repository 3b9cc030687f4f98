"""What numbers need to know of the packages above; bound in those packages' ``ready()``."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imiconnect.accounts.models import Member
    from imiconnect.console.words import Words
    from imiconnect.numbers.carriers.messaging import Event, IncomingCall
    from imiconnect.numbers.carriers.voice import Action
    from imiconnect.numbers.models import Number


@dataclass(frozen=True)
class Use:
    """A service that uses a number: its name, address and state."""

    name: str
    url: str
    state: str
    gets_incoming: bool = False


@dataclass(frozen=True)
class Blocker:
    """Why a number cannot be released: a sentence, and where to remove the reason."""

    text: "Words"
    url: str = ""


@dataclass(frozen=True)
class Traffic:
    """What went over a number in the last 30 days."""

    sent: int = 0
    received: int = 0
    calls: int = 0

    @property
    def total(self) -> int:
        """Everything together."""
        return self.sent + self.received + self.calls


@dataclass
class Answers:
    """The functions that packages above have bound."""

    #: Services by number, for a whole page of numbers in a constant number of queries. The
    #: member is None for support.
    uses: Callable[[Sequence["Number"], "Member | None"], dict[uuid.UUID, list[Use]]] = (
        lambda numbers, member: {}
    )
    #: Each returns the reasons against releasing a number.
    blockers: list[Callable[["Number"], Iterable[Blocker]]] = field(default_factory=list)
    traffic: Callable[["Number"], Traffic] = lambda number: Traffic()
    #: Each is called after the commit of a change of state, URL or reserved keyword.
    changed: list[Callable[["Number"], None]] = field(default_factory=list)
    #: The organization's own opt-out, opt-in or help word that a text begins with, and what
    #: it does in words; None for an ordinary text.
    own_word: Callable[[str, uuid.UUID], "tuple[str, Words] | None"] = (
        lambda text, organization: None
    )
    #: What a carrier told, with the key of the account; has committed when it returns. Unbound
    #: it drops what it is given: nobody sent anything and no number has a service.
    carried: Callable[[str, Sequence["Event"]], None] = lambda account, events: None
    #: What a caller hears next, given the key of the account and that of a recording that has
    #: just been made; nothing: the call ends.
    went_on: Callable[[str, str], Sequence["Action"]] = lambda account, key: ()
    #: What somebody hears who calls a number, given the key of the account; nothing: rejected.
    called: Callable[[str, "IncomingCall"], Sequence["Action"]] = lambda account, call: ()


answers = Answers()


def uses_of(number: "Number", member: "Member | None") -> list[Use]:
    """Return the services that use one number."""
    return answers.uses([number], member).get(number.pk, [])

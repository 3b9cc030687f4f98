"""A conversation at a double as the customer's screen shows it: ``sandbox/talk.html``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from imiconnect.console.words import Words


@dataclass(frozen=True)
class Press:
    """A button in a message: its words, and what pressing it posts to the double's page."""

    label: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Bubble:
    """One message, ``is_customer`` from the customer's hands, else from the business.

    A file has ``image``, an address that the page can show, or ``name``. ``state`` says
    what has become of the message.
    """

    text: str
    is_customer: bool
    files: Sequence[Mapping[str, Any]] = ()
    link: str = ""
    presses: Sequence[Press] = field(default_factory=list)
    state: Words = ""

"""What levels need of the packages above them; bound in their ``ready()``."""

from collections.abc import Callable
from dataclasses import dataclass, field

from imiconnect.accounts.models import Group, Organization, Team

Level = Organization | Group | Team


@dataclass
class Answers:
    """The functions that packages above have bound."""

    #: Each is called before what hangs on the first level moves to the second one, to unite
    #: rows of which a level can have one only; may raise ``ValidationError``.
    merging: list[Callable[[Level, Level], None]] = field(default_factory=list)


answers = Answers()

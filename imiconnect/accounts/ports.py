"""What levels need of the packages above them; bound in their ``ready()``."""

from collections.abc import Callable
from dataclasses import dataclass, field

from imiconnect.accounts.models import Group, Organization, Team
from imiconnect.console.words import Words

Level = Organization | Group | Team
Part = Group | Team


@dataclass
class Answers:
    """The functions that packages above have bound."""

    #: Each is called before what hangs on the first level moves to the second one, to unite
    #: rows of which a level can have one only; may raise ``ValidationError``.
    merging: list[Callable[[Level, Level], None]] = field(default_factory=list)
    #: Each returns sentences on what a merge of the first level into the second would change,
    #: beyond what moves.
    merge_changes: list[Callable[[Part, Part], list[Words]]] = field(default_factory=list)


answers = Answers()

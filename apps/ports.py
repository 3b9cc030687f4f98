"""What apps need to know of the packages above them; bound in those packages' ``ready()``."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db.models import Q

if TYPE_CHECKING:
    from imiconnect.accounts.models import Member

#: The condition, on apps, of being shared with a person's level. Bound by ``sharing``.
shared_with: Callable[["Member"], Q] = lambda member: Q(pk__in=[])  # noqa: E731
#: The condition, on apps, that a level (organization, group or team) may use them in its
#: services: its own, and those shared with it. Bound by ``sharing``.
usable_by: Callable[[object], Q] = lambda level: Q(pk__in=[])  # noqa: E731

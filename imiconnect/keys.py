"""Keys that replace one another: the old one may keep working for a while beside the new.

The rows (``ClientKey``, ``ServiceKey``) have ``secret``, ``digest`` and ``expires_at``; the
one whose ``expires_at`` is empty is the current one, by a constraint of the database.
"""

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.vault import digest, new_key


class Overlap(models.IntegerChoices):
    """How long an old key keeps working, in seconds."""

    NOW = 0, _("Stop now")
    HOUR = 3600, _("1 hour")
    DAY = 86_400, _("24 hours")
    WEEK = 604_800, _("7 days")


def in_force() -> Q:
    """Return the condition, on rows of keys, of being valid at this moment."""
    return Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())


def issue(keys: Any) -> Any:
    """Add the first current key to ``keys``, the related manager of its owner."""
    secret = new_key()
    return keys.create(secret=secret, digest=digest(secret))


def replace(keys: Any, *, keep: Overlap) -> Any:
    """Make a new current key; ``keep`` says how long the one before it stays valid.

    "Stop now" ends every earlier key, those of an earlier overlap too. The caller holds the
    row of the owner locked, so that two replacements follow one another.
    """
    now = timezone.now()
    if keep == Overlap.NOW:
        keys.filter(in_force()).update(expires_at=now)
    else:
        ends = now + dt.timedelta(seconds=int(keep))
        keys.filter(expires_at__isnull=True).update(expires_at=ends)
    return issue(keys)


#: A secret of this many characters keeps enough to itself when eight are shown.
_LONG = 24


def masked(secret: str) -> str:
    """Return what a page shows of a secret: of a long one the first and last four letters."""
    if len(secret) < _LONG:
        return "…" if secret else ""
    return f"{secret[:4]}…{secret[-4:]}"

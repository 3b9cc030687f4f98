"""Keys of rows: public, unguessable, and in the order of their making."""

import datetime as dt
import re
import uuid

from django.db import models
from uuid_utils.compat import uuid7

__all__ = ["Identified", "end_of", "first_uuid7_at", "reference_of", "uuid7"]
#: How many of a key's last digits people are told; they are random.
_TOLD = 12
_REFERENCE = re.compile(r"\s*[a-z]-([0-9a-f]{12})\s*", re.IGNORECASE)


class Identified(models.Model):
    """A row whose key is a UUIDv7 made by the application (RFC 9562, section 5.7)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


def first_uuid7_at(moment: dt.datetime) -> uuid.UUID:
    """Return the smallest UUIDv7 that a row made at ``moment`` (aware) can have.

    It bounds a range of ids by time: partitions and time filters are ranges of ids.
    """
    milliseconds = int(moment.timestamp() * 1000)
    return uuid.UUID(int=(milliseconds << 80) | (7 << 76) | (0b10 << 62))


def reference_of(letter: str, key: uuid.UUID) -> str:
    """Return how people name a row to one another: a letter and the end of its key."""
    return f"{letter}-{str(key)[-_TOLD:].upper()}"


def end_of(reference: str) -> str:
    """Return the end of the key that a reference tells, as keys are written; else nothing."""
    told = _REFERENCE.fullmatch(reference)
    return told[1].lower() if told else ""

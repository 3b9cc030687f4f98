"""Keys of rows: public, unguessable, and in the order of their making."""

import datetime as dt
import uuid

from django.db import models
from uuid_utils.compat import uuid7

__all__ = ["Identified", "first_uuid7_at", "uuid7"]


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

"""The hash chain over the record: one per organization, verified link by link.

Entries are written by the changes themselves, in any order of commit, so a task chains them
afterwards, once they are committed. Nothing is chained twice and nothing is left out.
"""

import datetime as dt
import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from imiconnect.audit.models import AuditEntry, AuditLink

#: The chain of entries that belong to no organization, such as sign-ins that failed.
NOBODYS = uuid.UUID(int=0)
BATCH = 1000
#: Any number that no other advisory lock of the platform uses.
_LOCK = 0x4155444954
_SAID = ("actor_name", "action", "object_type", "object_id", "object_name", "before", "after")


@dataclass(frozen=True)
class Broken:
    """The first link of a chain that does not hold, and what is wrong with it."""

    organization_id: uuid.UUID
    number: int
    entry_id: uuid.UUID
    fault: str


def digest_of(previous: str, number: int, entry: AuditEntry) -> str:
    """Return the digest of an entry's link after the link ``previous`` (empty for the first).

    Everything counts that the entry says. The person's key does not: it goes when the person
    is deleted, the name stays.
    """
    said: dict[str, Any] = {name: getattr(entry, name) for name in _SAID}
    said |= {
        "id": str(entry.pk),
        "organization": str(entry.organization_id or NOBODYS),
        "address": entry.address,
        "at": entry.created_at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
    }
    text = json.dumps([previous, number, said], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def extend(*, limit: int = BATCH) -> int:
    """Chain up to ``limit`` committed entries, the oldest first; return how many.

    One run at a time: another one waits for the lock and then finds the rest.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    entries = list(AuditEntry.objects.filter(is_chained=False).order_by("id")[:limit])
    by_chain: dict[uuid.UUID, list[AuditEntry]] = defaultdict(list)
    for entry in entries:
        by_chain[entry.organization_id or NOBODYS].append(entry)
    links = []
    for organization_id, own in by_chain.items():
        last = AuditLink.objects.filter(organization_id=organization_id).order_by("-number")[:1]
        number, previous = next(((link.number, link.digest) for link in last), (0, ""))
        for entry in own:
            number += 1
            previous = digest_of(previous, number, entry)
            links.append(
                AuditLink(
                    entry_id=entry.pk,
                    organization_id=organization_id,
                    number=number,
                    digest=previous,
                )
            )
    AuditLink.objects.bulk_create(links)
    AuditEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(is_chained=True)
    return len(entries)


def chains() -> list[uuid.UUID]:
    """Return the organizations that have a chain, also those that lost all of its links."""
    linked = AuditLink.objects.values_list("organization_id", flat=True).distinct()
    marked = AuditEntry.objects.filter(is_chained=True)
    named = marked.values_list("organization_id", flat=True).distinct().order_by()
    return sorted({*linked.order_by(), *(key or NOBODYS for key in named)})


def head_of(organization_id: uuid.UUID) -> AuditLink | None:
    """Return the last link: noted elsewhere, it also shows when the end is cut off."""
    return AuditLink.objects.filter(organization_id=organization_id).order_by("number").last()


def first_broken(organization_id: uuid.UUID) -> Broken | None:
    """Walk a chain from its first link; return the first one that does not hold."""
    expected, previous = 1, ""
    for link, entry in _walk(organization_id):
        fault = ""
        if link.number != expected:
            fault = f"link {expected} is missing"
        elif entry is None:
            fault = "its entry was removed"
        elif link.digest != digest_of(previous, link.number, entry):
            fault = "its entry, or a link before it, was changed"
        if fault:
            return Broken(organization_id, expected, link.entry_id, fault)
        expected, previous = expected + 1, link.digest
    return _without_link(organization_id, expected)


def _walk(organization_id: uuid.UUID) -> Iterator[tuple[AuditLink, AuditEntry | None]]:
    number = 0
    while True:
        rows = AuditLink.objects.filter(organization_id=organization_id, number__gt=number)
        links = list(rows.order_by("number")[:BATCH])
        if not links:
            return
        entries = AuditEntry.objects.in_bulk([link.entry_id for link in links])
        for link in links:
            yield link, entries.get(link.entry_id)
        number = links[-1].number


def _without_link(organization_id: uuid.UUID, number: int) -> Broken | None:
    """Return the oldest entry that was chained and has no link any more."""
    named = None if organization_id == NOBODYS else organization_id
    marked = AuditEntry.objects.filter(organization_id=named, is_chained=True)
    links = AuditLink.objects.filter(organization_id=organization_id).values("entry_id")
    lost = marked.exclude(pk__in=links).order_by("id").first()
    return Broken(organization_id, number, lost.pk, "its link was removed") if lost else None

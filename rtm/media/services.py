"""Writes of files: stored under names of our making, and deleted when they are old."""

import contextlib
import datetime as dt
import uuid
from collections.abc import Sequence

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from imiconnect.apps.mailing import tell_storage_full
from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.identity import uuid7
from imiconnect.rtm.media import usage
from imiconnect.rtm.media.parsing import Full, Parsed, parse
from imiconnect.rtm.media.unknown import FOLDER
from imiconnect.rtm.models import MediaFile

FULL = "The app keeps as many files as its policy allows. Older ones are deleted by and by."
_AT_ONCE = 500


def store(
    *, app: App, user_id: str, data: bytes, content_type: str, preview: bool
) -> MediaFile:
    """Store a file that a user has uploaded; raises ``parsing.Refused``."""
    parsed = parse(data, content_type, with_preview=preview)
    return keep(app=app, user_id=user_id, data=data, parsed=parsed)


def keep(*, app: App, user_id: str, data: bytes, parsed: Parsed) -> MediaFile:
    """Store a file of a user that ``parse`` has read; raises ``parsing.Full``.

    A crash between storage and commit leaves a file for ``unknown.delete_unknown``.
    """
    most = policy_of(app).media_megabytes * usage.MEGABYTE
    whole = len(data) + len(parsed.preview)
    if not usage.has_room(app.pk, whole, most):
        raise _full(app)
    key = uuid7()
    row = MediaFile(
        id=key,
        app=app,
        user_id=user_id,
        content_type=parsed.content_type,
        size=len(data),
        path=default_storage.save(f"{FOLDER}/{app.pk}/{key}", ContentFile(data)),
        has_preview=bool(parsed.preview),
        preview_size=len(parsed.preview),
    )
    if parsed.preview:
        default_storage.save(f"{row.path}-preview", ContentFile(parsed.preview))
    with transaction.atomic():
        if usage.take(app.pk, whole, most):
            row.save(force_insert=True)
            return row
    _unlink(row)
    raise _full(app)


def _full(app: App) -> Full:
    usage.note_refusal(app.pk, timezone.now())
    return Full(FULL)


def tell_of_refusals(now: dt.datetime) -> int:
    """Mail the people of apps that had no room for a file, once a day; return how many."""
    apps = App.objects.in_bulk(usage.claim_refusals(now))
    for app in apps.values():
        tell_storage_full(app, policy_of(app).media_megabytes)
    return len(apps)


def delete_old(now: dt.datetime) -> int:
    """Delete files that are older than the policy of their app keeps them; return how many."""
    with_files = MediaFile.objects.order_by().values("app").distinct()
    total = 0
    for app in App.objects.filter(pk__in=with_files).only("pk", "policy").order_by("pk"):
        before = now - dt.timedelta(days=policy_of(app).media_days)
        total += _delete(MediaFile.objects.filter(app=app, created_at__lt=before))
        _measure_previews(app)
        usage.recount(app.pk)
    return total


def _measure_previews(app: App) -> None:
    """Write down the sizes of some previews that were made before their sizes were kept."""
    rows = MediaFile.objects.filter(app=app, has_preview=True, preview_size=0)
    for row in rows.order_by("pk")[:_AT_ONCE]:
        size = 0
        with contextlib.suppress(OSError):
            size = default_storage.size(f"{row.path}-preview")
        MediaFile.objects.filter(pk=row.pk).update(preview_size=size, has_preview=size > 0)


def delete_of(*, app_id: uuid.UUID, user_id: str) -> int:
    """Delete all files of a user; return how many there were."""
    return _delete(MediaFile.objects.filter(app=app_id, user_id=user_id))


def discard(rows: Sequence[MediaFile]) -> None:
    """Delete files and their rows."""
    for row in rows:
        _unlink(row)
    usage.forget(rows)


def _delete(files: "QuerySet[MediaFile]") -> int:
    """Delete files before their rows, so that none stays behind that nobody knows."""
    total = 0
    while rows := list(files.order_by("created_at")[:_AT_ONCE]):
        discard(rows)
        total += len(rows)
    return total


def _unlink(row: MediaFile) -> None:
    default_storage.delete(row.path)
    if row.has_preview:
        default_storage.delete(f"{row.path}-preview")

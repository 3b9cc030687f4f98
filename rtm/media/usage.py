"""How much every app keeps in files, counted with each one, so that no two pass a quota."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable

from django.db import transaction
from django.db.models import F, Max, Q, Sum

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.apps.ports import Storage
from imiconnect.rtm.models import MediaFile, MediaUsage
from imiconnect.rtm.sql import cursor

#: Bytes of what a policy calls a megabyte.
MEGABYTE = 1_000_000

_TAKE = """
INSERT INTO rtm_mediausage AS u (app_id, bytes) SELECT %b, %b WHERE %b <= %b
ON CONFLICT (app_id) DO UPDATE SET bytes = u.bytes + excluded.bytes
  WHERE u.bytes + excluded.bytes <= %b
RETURNING bytes
"""
_LESS = "UPDATE rtm_mediausage SET bytes = greatest(bytes - %b, 0) WHERE app_id = %b"
_FORGET = """
DELETE FROM rtm_mediafile WHERE id = ANY(%b) RETURNING app_id, size + preview_size
"""
_REFUSE = """
INSERT INTO rtm_mediausage AS u (app_id, bytes, refused_at) VALUES (%b, 0, %b)
ON CONFLICT (app_id) DO UPDATE SET refused_at = excluded.refused_at
  WHERE u.refused_at IS NULL OR u.refused_at < excluded.refused_at - interval '1 minute'
"""
#: The people of an app hear of it once in this time.
TELL_EVERY = dt.timedelta(days=1)


def has_room(app_id: uuid.UUID, size: int, most: int) -> bool:
    """Tell whether an app could keep ``size`` bytes more now, which promises nothing."""
    kept = MediaUsage.objects.filter(app=app_id).values_list("bytes", flat=True).first()
    return (kept or 0) + size <= most


def take(app_id: uuid.UUID, size: int, most: int) -> bool:
    """Count ``size`` bytes more of an app, unless that were over ``most``.

    Call it in the transaction that adds the file's row: others wait for its end.
    """
    with cursor() as own:
        own.execute(_TAKE, [app_id, size, size, most, most])
        return own.fetchone() is not None


def storage_of(app: App, member: Member) -> Storage:
    """Return what an app keeps, and what all apps of a person's level do; one query."""
    own = App.objects.at_or_below(member).order_by().values("pk")
    mine = Q(app=app)
    row = MediaUsage.objects.filter(mine | Q(app__in=own)).aggregate(
        kept=Sum("bytes", filter=mine),
        together=Sum("bytes", filter=Q(app__in=own)),
        refused_at=Max("refused_at", filter=mine),
    )
    return Storage(
        kept=row["kept"] or 0,
        most=policy_of(app).media_megabytes * MEGABYTE,
        together=row["together"] or 0,
        refused_at=row["refused_at"],
    )


def kept_in_all() -> float:
    """Return how many bytes of files are kept for all apps."""
    return float(MediaUsage.objects.aggregate(bytes=Sum("bytes"))["bytes"] or 0)


def apps_without_room(now: dt.datetime) -> float:
    """Return how many apps have refused a file for want of room in the last day."""
    since = now - dt.timedelta(days=1)
    return float(MediaUsage.objects.filter(refused_at__gt=since).count())


@transaction.atomic
def forget(files: Iterable[MediaFile]) -> None:
    """Delete rows of files, whose bytes count no more; of two who do, one counts."""
    with cursor() as own:
        own.execute(_FORGET, [[row.pk for row in files]])
        gone: Counter[uuid.UUID] = Counter()
        for app_id, size in own.fetchall():
            gone[app_id] += size
        for app_id in sorted(gone):
            own.execute(_LESS, [gone[app_id], app_id])


@transaction.atomic
def recount(app_id: uuid.UUID) -> None:
    """Count an app's files anew, as long as none comes or goes."""
    usage, _made = MediaUsage.objects.get_or_create(app_id=app_id)
    locked = MediaUsage.objects.select_for_update().get(pk=usage.pk)
    files = MediaFile.objects.filter(app=app_id).order_by()
    locked.bytes = files.aggregate(bytes=Sum(F("size") + F("preview_size")))["bytes"] or 0
    locked.save(update_fields=["bytes"])


def note_refusal(app_id: uuid.UUID, now: dt.datetime) -> None:
    """Write down that an app had no room for a file; nobody waits for it to be told."""
    with cursor() as own:
        own.execute(_REFUSE, [app_id, now])


def claim_refusals(now: dt.datetime) -> list[uuid.UUID]:
    """Return the apps whose people are to be told of a refusal; each is returned once a day."""
    is_news = Q(told_at=None) | Q(refused_at__gt=F("told_at"), told_at__lte=now - TELL_EVERY)
    due = MediaUsage.objects.filter(is_news, refused_at__isnull=False)
    return [
        row.app_id for row in due.order_by("pk") if due.filter(pk=row.pk).update(told_at=now)
    ]

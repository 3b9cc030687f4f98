"""Files that no row knows: a crash came before the commit, or their app is gone."""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator

from django.core.files.storage import default_storage

from imiconnect.identity import first_uuid7_at
from imiconnect.rtm.models import MediaFile

FOLDER = "rtm"
#: What is younger may be waiting for its commit.
PATIENCE = dt.timedelta(days=1)
_AT_ONCE = 500


def delete_unknown(now: dt.datetime) -> int:
    """Delete stored files and previews that are of no row; return how many.

    The name of a file is the id of its row, which says when it was made.
    """
    total = 0
    for folder in _folders():
        _folders_in, names = default_storage.listdir(folder)
        old = list(_old(names, first_uuid7_at(now - PATIENCE)))
        for start in range(0, len(old), _AT_ONCE):
            part = old[start : start + _AT_ONCE]
            keys = {key for key, _name in part}
            known = set(MediaFile.objects.filter(pk__in=keys).values_list("pk", flat=True))
            lost = [name for key, name in part if key not in known]
            for name in lost:
                default_storage.delete(f"{folder}/{name}")
            total += len(lost)
    return total


def _folders() -> list[str]:
    if not default_storage.exists(FOLDER):
        return []
    names, _files = default_storage.listdir(FOLDER)
    return [f"{FOLDER}/{name}" for name in sorted(names)]


def _old(names: Iterable[str], before: uuid.UUID) -> Iterator[tuple[uuid.UUID, str]]:
    """Yield the keys and names of files that are older; what is not named by a key stays."""
    for name in names:
        try:
            key = uuid.UUID(name.removesuffix("-preview"))
        except ValueError:
            continue
        if key < before:
            yield key, name
